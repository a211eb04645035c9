"""A notice of China's Ministry of Commerce, from the text of its page: number, days, what it does to which list, and whom it names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Literal

from connectors._reading.parties import CHINESE_PLACES
from connectors._reading.read import decode
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part
from supplywatch.reading.countries import written_country

Verb = Literal["add", "remove", "suspend", "resume", "end"]
LISTS: Mapping[str, str] = {"出口管制管控名单": "CN-ECL", "不可靠实体清单": "CN-UEL", "关注名单": "CN-ATT"}
_VERBS: tuple[tuple[Verb, re.Pattern[str]], ...] = (
    ("remove", re.compile(r"移出|移除")),
    ("suspend", re.compile(r"暂停|中止")),
    ("resume", re.compile(r"恢复(?:实施|执行|对|有关|相关|上述)?")),
    ("end", re.compile(r"(?<!立即)(?:停止|取消)(?=[^。;]{0,80}(?:措施|公告|名单|清单|实体))")),
    ("add", re.compile(r"列入|增列")),
)
_NUMBER = re.compile(
    r"(?P<body>商务部(?:公告)?|不可靠实体清单工作机制(?:公告)?|(?:公告)?)\s*[〔\[(]?\s*(?P<year>20\d\d)\s*[〕\])]?\s*年?\s*第?\s*(?P<number>\d{1,3})\s*号"
)
_TITLED = re.compile(r"(?:商务部公告|不可靠实体清单工作机制(?:公告)?)\s*[〔\[(]?\s*20\d\d\s*[〕\])]?\s*年?\s*第?\s*\d{1,3}\s*号")
_DAY = re.compile(r"(20\d\d)\s*[年-]\s*(\d{1,2})\s*[月-]\s*(\d{1,2})\s*日?")
_FROM = re.compile(r"自\s*(20\d\d)年(\d{1,2})月(\d{1,2})日[^起。]{0,12}起")
_UNTIL = re.compile(r"(?:至|到)\s*(20\d\d)年(\d{1,2})月(\d{1,2})日")
_SPAN = re.compile(
    r"(?:期限|为期|暂停)为?\s*(?:(?<!\d)(\d{1,3})|([一二三两]))\s*(天|日|个月|年)|"
    r"(?:(?<!\d)(\d{1,3})|([一二三两]))\s*(?:(天|日|个月|年)内|(天|个月))"
)
"""Days of the month are no spans: a number of days stands before "内", or after a word for a span."""
_COUNT = re.compile(r"(\d{1,3})\s*(?:家|个)")
_ITEM = re.compile(r"(\d{1,3})\s*[.、]\s*(?P<text>\D.*)")
_INLINE = re.compile(r"将(?P<names>[^。;将]{1,4000}?)(?P<more>等(?:\s*\d+\s*[家个])?[^。;、将]{0,14}?)?(?:列入|移出)")
_SENTENCE = re.compile(r"[。;]|\n(?=[一二三四五六七八九十]+、)")
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3}
_SKIPPED = frozenset({"script", "style", "noscript"})
_BREAKS = frozenset("p div br tr td li ul ol table h1 h2 h3 h4 h5 title section".split())


@dataclass(frozen=True)
class Named:
    """A party as a notice names it."""

    chinese: str
    latin: str | None
    address: str | None = None


@dataclass(frozen=True)
class Act:
    """What one sentence does: to which lists, to the entries of which notices, until when."""

    verb: Verb
    lists: tuple[str, ...]
    notices: tuple[str, ...]
    until: date | None


@dataclass(frozen=True)
class Notice:
    """One notice, read."""

    number: str
    title: str
    published: date
    effective: date
    acts: tuple[Act, ...]
    parties: tuple[Named, ...]
    nation: str | None
    url: str | None


def read_notice(part: Part) -> Notice | None:
    """Return what a page says, ``None`` for one that is no notice on a list.

    Raises
    ------
    Quarantine
        A notice names another number of parties than it counts, gives no day, or does what nobody has looked at.
    """
    lines = page_lines(part)
    place = next((n for n, line in enumerate(lines) if _TITLED.search(line)), None)
    if place is None or not any(name in line for name in LISTS for line in lines[place:]):
        return None
    title = " ".join(lines[place : place + (2 if _TITLED.fullmatch(lines[place]) else 1)])
    own = notice_number(title)
    cut = next((n for n, line in enumerate(lines) if n > place and re.match(r"附件|附\s*:", line)), len(lines))
    body, annex = "\n".join(lines[place + 1 : cut]), lines[cut:]
    published = _published(lines[place:], part.name)
    starts = _FROM.search(body)
    effective = _date(starts) if starts else published
    acts = tuple(_acts(title, body, own, effective or published))
    if not acts:
        return None
    parties = tuple(_items(annex)) or tuple(_inline(body))
    _check(acts, parties, title, part.name)
    nation = next((written_country(word) for word in CHINESE_PLACES if re.search(rf"\d+\s*家{word}", title + body)), None)
    return Notice(own, title, published, effective or published, acts, parties, nation, part.request.url if part.request else None)


def page_lines(part: Part) -> list[str]:
    """Return the text of a page, a line for each block; full-width signs as their ASCII ones."""
    reader = _Lines()
    text = decode(part, "utf-8")
    try:
        reader.feed(text)
        reader.close()
    except AssertionError as error:  # how the library refuses a declaration that is none
        raise Quarantine("wrong_file", f"{part.name}: no HTML ({error})") from error
    return [line for text in unicodedata.normalize("NFKC", "".join(reader.pieces)).split("\n") if (line := " ".join(text.split()))]


def notice_number(text: str) -> str:
    """Return the number of a notice in one spelling.

    >>> notice_number("不可靠实体清单工作机制公告〔2025〕4号"), notice_number("商务部公告 2025年第21号 公布…")
    ('不可靠实体清单工作机制公告〔2025〕4号', '商务部公告2025年第21号')
    """
    found = _NUMBER.search(text)
    return "" if found is None else _spelt(found)


def _spelt(found: re.Match[str]) -> str:
    if "工作机制" in found["body"]:
        return f"不可靠实体清单工作机制公告〔{found['year']}〕{int(found['number'])}号"
    return f"商务部公告{found['year']}年第{int(found['number'])}号"


def _acts(title: str, body: str, own: str, effective: date) -> list[Act]:
    """Return what is done, a sentence each; verbs the title does not have only describe procedures."""
    told = [verb for verb, words in _VERBS if words.search(title)]
    found: list[Act] = []
    for sentence in [title, *_SENTENCE.split(body)]:
        notices = tuple(dict.fromkeys(number for said in _NUMBER.finditer(sentence) if (number := _spelt(said)) != own))
        lists = tuple(code for name, code in LISTS.items() if name in sentence)
        verb = next((verb for verb, words in _VERBS if words.search(sentence) and (not told or verb in told)), None)
        if verb == "add" and lists and not any(act.verb == "add" for act in found):
            found.append(Act(verb, lists[:1], (), None))
        elif verb not in (None, "add") and (lists or notices):
            found.append(Act(verb, lists, notices, _until(sentence, effective) if verb == "suspend" else None))
    named_by_notice = [act for act in found if act.verb == "add" or act.notices]
    return named_by_notice or found[-1:]


def _until(sentence: str, effective: date) -> date | None:
    found = _UNTIL.search(sentence)
    if found is not None:
        return _date(found)
    span = _SPAN.search(sentence)
    if span is None:
        return None
    number, unit = (text for text in span.groups() if text)
    count = _DIGITS[number] if number in _DIGITS else int(number)
    if unit == "年":
        return date(effective.year + count, effective.month, min(effective.day, 28) if effective.month == 2 else effective.day)
    return effective + timedelta(days=count * (30 if unit == "个月" else 1))


def _published(lines: Sequence[str], name: str) -> date:
    """Return the day of a notice: the line that holds nothing else, else the first day it gives."""
    alone = [found for line in lines if (found := _DAY.fullmatch(line.strip("() ")))]
    first = alone[-1:] or [found for line in lines if (found := _DAY.search(line))][:1]
    day = _date(first[0]) if first else None
    if day is None:
        raise SourceChanged("published", None, f"{name}[0]", "a day as YYYY年M月D日")
    return day


def _date(found: re.Match[str]) -> date | None:
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _items(annex: Sequence[str]) -> Iterator[Named]:
    """Yield the numbered parties below "附件", each with the address that follows it; numbering that starts again does not matter."""
    current: Named | None = None
    for line in annex:
        item = _ITEM.fullmatch(line)
        if item is not None:
            if current is not None:
                yield current
            current = named(item["text"])
        elif current is not None and current.address is None and (at := re.match(r"(?:地\s*址|Address)\s*:\s*(.+)", line)):
            current = Named(current.chinese, current.latin, at[1])
    if current is not None:
        yield current


def _inline(body: str) -> Iterator[Named]:
    """Yield the parties of a sentence that names them all."""
    found = next((one for one in _INLINE.finditer(body) if not _COUNT.match(one["names"].strip())), None)
    if found is not None and not found["more"]:
        for text in re.split(r"、|和(?=[^()]*(?:\(|$))", found["names"]):
            if text.strip():
                yield named(text)


def named(text: str) -> Named:
    """Return the two names in "中文名(Latin name)".

    >>> named("太脱拉卡车公司(TATRA TRUCKS a.s.)")
    Named(chinese='太脱拉卡车公司', latin='TATRA TRUCKS a.s.', address=None)
    """
    text = text.strip(" ,;。、")
    chinese, bracket, rest = text.partition("(")
    latin = rest.rstrip(" )") + (")" if rest.count("(") > rest.rstrip(" )").count(")") else "")
    return Named(chinese.strip(), latin.strip() or None) if bracket and chinese.strip() else Named(text, None)


def _check(acts: Sequence[Act], parties: Sequence[Named], title: str, name: str) -> None:
    counted = _COUNT.search(title)
    if any(act.verb in ("add", "remove") for act in acts):
        if not parties:
            raise SourceChanged("annex", title[:80], f"{name}[0]", "numbered names after 附件, on the page and not in a PDF")
        if counted is not None and len(acts) == 1 and int(counted[1]) != len(parties):
            raise Quarantine("truncated", f"{name}: {title[:80]}: names {len(parties)} of {counted[1]}")
    for act in acts:
        if act.verb not in ("add", "remove") and not act.notices and not parties:
            raise SourceChanged("notice", title[:80], f"{name}[0]", f"the notices or the parties to {act.verb}")


@dataclass
class _Lines(HTMLParser):
    """Text of a page; scripts and styles left out."""

    pieces: list[str] = field(default_factory=list)
    skipped: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.skipped += tag in _SKIPPED
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.skipped = max(0, self.skipped - (tag in _SKIPPED))
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.pieces.append(data.replace("\n", " "))
