"""A notice of China's Ministry of Commerce, from the text of its page: number, days, what it does to which list, and whom it names.

Three kinds of page say something of a list: a notice whose heading is its number (商务部公告2025年第1号), one of the working mechanism
whose number stands apart (【发布文号】), and a spokesman's answer, which has no number: it suspends or ends what it quotes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Literal

from connectors._reading.mofcom_names import Named, counted, inline, nation_of, numbered, split_outside
from connectors._reading.read import decode
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part

Verb = Literal["add", "remove", "suspend", "resume", "end", "measure"]
LISTS: Mapping[str, str] = {"出口管制管控名单": "CN-ECL", "不可靠实体清单": "CN-UEL", "关注名单": "CN-ATT"}
_VERBS: tuple[tuple[Verb, re.Pattern[str]], ...] = (
    ("remove", re.compile(r"移出|移除")),
    ("suspend", re.compile(r"暂停|中止(?!与)")),
    ("resume", re.compile(r"恢复(?:实施|执行|对|有关|相关|上述)?")),
    ("end", re.compile(r"(?<!立即)(?:停止|取消)(?=[^。;]{0,80}(?:措施|公告|名单|清单|实体))")),
    ("add", re.compile(r"列入|增列")),
)
_DOES = re.compile("|".join(f"(?:{words.pattern})" for verb, words in _VERBS if verb != "add"))
_NUMBER = re.compile(
    r"(?P<body>商务部(?:公告)?|不可靠实体清单工作机制(?:公告)?|公告)[〔\[(]?(?P<year>20\d\d)[〕\])]?年?第?(?P<number>\d{1,3})号"
    r"(?P<more>(?:(?:、|和|及|与)第?\d{1,3}号)*)"
)
_TITLED = re.compile(r"(?:商务部公告|不可靠实体清单工作机制(?:公告)?)[〔\[(]?20\d\d[〕\])]?年?第?\d{1,3}号")
_HEADED = re.compile(r"不可靠实体清单工作机制关于.{4,200}的(?:公告|决定)")
_ANSWER = re.compile(r"(?:发言人|负责人).{0,80}(?:答记者问|答问|应询|谈话|发表谈话)")
_LABELLED = re.compile(r"【(?P<label>[^】]{2,12})】\s*:?(?P<said>.*)")
_DAY = re.compile(r"(20\d\d)\s*[年-]\s*(\d{1,2})\s*[月-]\s*(\d{1,2})\s*日?")
_FROM = re.compile(r"自\s*(20\d\d)年(\d{1,2})月(\d{1,2})日[^起。]{0,12}起")
_UNTIL = re.compile(r"(?:至|到)\s*(20\d\d)年(\d{1,2})月(\d{1,2})日")
_SPAN = re.compile(
    r"(?:期限|为期|暂停|措施|公告)为?\s*(?:(?<!\d)(\d{1,3})|([一二两三]))\s*(天|日|个月|年)(?!\d|\s*第)|"
    r"(?:(?<!\d)(\d{1,3})|([一二两三]))\s*(?:(天|日|个月|年)内|(天|个月))"
)
"""Days of the month are no spans: a number of days stands before "内", or after a word for a span."""
_DATED = re.compile(r"(?<![\d年])(\d{1,2})月(\d{1,2})日(?:发布的?)?公告")
_PAST = re.compile(r"于\s*20\d\d年\d{1,2}月\d{1,2}日[^。;]{0,60}将[^。;]*?列入")
_MEASURES = re.compile(r"采取[^。]{0,30}措施|处理措施")
_INQUIRY = re.compile(r"启动[^。]{0,40}调查")
_COMMA = re.compile(",")
_SENTENCE = re.compile(r"[。;]|\n(?=[一二三四五六七八九十]+、)")
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3}
_SKIPPED = frozenset({"script", "style", "noscript"})
_BREAKS = frozenset("p div br tr td li ul ol table h1 h2 h3 h4 h5 title section".split())
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])")
_TAG = re.compile(r"<(?:!DOCTYPE|html|head|body|p|div|br|h\d)\b", re.IGNORECASE)
_ART = re.compile(r"/art/\d{4}/art_[0-9a-f]{32}\.html")


@dataclass(frozen=True)
class Act:
    """What one sentence does: to which lists, to the entries of which notices (or of notices of which days), since and until when."""

    verb: Verb
    lists: tuple[str, ...]
    notices: tuple[str, ...]
    until: date | None
    effective: date
    days: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Notice:
    """One notice, read; a spokesman's answer has no number of its own and is told apart by its day and title."""

    number: str
    title: str
    published: date
    effective: date
    acts: tuple[Act, ...]
    parties: tuple[Named, ...]
    nation: str | None
    url: str | None


@dataclass(frozen=True)
class _Head:
    """Where the text of a page starts, and what stands above it."""

    start: int
    title: str
    number: str
    answer: bool = False


def read_notice(part: Part) -> Notice | None:
    """Return what a page says, ``None`` for one that is no notice on a list.

    Raises
    ------
    Quarantine
        A notice names another number of parties than it counts, gives no day, or does what nobody has looked at.
    """
    lines = page_lines(part)
    head = _head(lines)
    if head is None or not any(name in line for name in LISTS for line in lines[head.start - 1 :]):
        return None
    rest = lines[head.start :]
    cut = len(rest) if head.answer else next((n for n, line in enumerate(rest) if re.match(r"附件|附\s*:", line)), len(rest))
    body, annex = "\n".join(_body(rest[:cut], answer=head.answer)), rest[cut:]
    published = _published(lines if head.answer else lines[head.start - 1 :], part.name)
    starts = _FROM.search(body)
    effective = (_date(starts) if starts else None) or published
    acts = tuple(_acts(head, body, effective))
    if not acts:
        return None
    quoted = head.answer and all(act.notices or act.days for act in acts)
    parties = () if quoted else tuple(numbered(annex)) or inline(body, head.title)
    _check(acts, parties, head.title, part.name)
    number = head.number or f"商务部新闻发言人{published.isoformat()} {head.title}"
    nation = nation_of(f"{head.title} {body} {' '.join(annex[:3])}")
    return Notice(number, head.title, published, effective, acts, parties, nation, part.request.url if part.request else None)


def page_lines(part: Part) -> list[str]:
    """Return the text of a page, or of one saved as text, a line for each block, each as :func:`plain_line` has it."""
    text = decode(part, "utf-8")
    if not _TAG.search(text):
        return [line for each in text.split("\n") if (line := plain_line(each))]
    reader = _Lines()
    try:
        reader.feed(text)
        reader.close()
    except AssertionError as error:  # how the library refuses a declaration that is none
        raise Quarantine("wrong_file", f"{part.name}: no HTML ({error})") from error
    return [line for each in "".join(reader.pieces).split("\n") if (line := plain_line(each))]


def plain_line(text: str) -> str:
    """Return a line with full-width signs as ASCII, no blanks between characters, nothing unseen."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return _HAN_GAP.sub("", " ".join(plain.split()))


def notice_number(text: str) -> str:
    """Return the number of a notice in one spelling.

    >>> notice_number("不可靠实体清单工作机制公告〔2025〕4号"), notice_number("商务部公告 2025年第21号 公布…")
    ('不可靠实体清单工作机制公告〔2025〕4号', '商务部公告2025年第21号')
    """
    return next(iter(_numbers(text)), "")


def _numbers(text: str) -> Iterator[str]:
    """Yield the notices a text names, each in one spelling: 〔2025〕5号和6号 are two."""
    for found in _NUMBER.finditer(re.sub(r"\s+", "", text)):
        mechanism = "工作机制" in found["body"] or (found["body"] == "公告" and "不可靠实体" in text and "商务部公告" not in text)
        for number in (found["number"], *re.findall(r"\d{1,3}", found["more"])):
            yield (
                f"不可靠实体清单工作机制公告〔{found['year']}〕{int(number)}号"
                if mechanism
                else f"商务部公告{found['year']}年第{int(number)}号"
            )


def _head(lines: Sequence[str]) -> _Head | None:
    """Return the heading of a page: what only quotes a number, as a spokesman does, has none."""
    labels = {found["label"]: found["said"] for line in lines if (found := _LABELLED.match(line))}
    for n, line in enumerate(lines):
        bare = line.replace(" ", "")
        if _ANSWER.search(line):
            return _Head(n + 1, line, "", answer=True)
        if _HEADED.match(line):
            below = next(
                (
                    number
                    for text in lines[n : n + 6]
                    if re.match(r"20\d\d年第?\d+号$", text.replace(" ", ""))
                    for number in _numbers("不可靠实体清单工作机制" + text)
                ),
                "",
            )
            return _Head(n + 1, line, notice_number(labels.get("发布文号", "")) or below or notice_number(line))
        if _TITLED.match(bare):
            alone = _TITLED.fullmatch(bare) is not None
            further = lines[n + 1] if alone and n + 1 < len(lines) else ""
            return _Head(n + 1 + bool(further), f"{line} {further}".strip(), notice_number(line))
        if _LABELLED.match(line) and n and (number := notice_number(labels.get("发布文号", ""))):
            return _Head(n, lines[n - 1], number)
    return None


def _body(lines: Sequence[str], *, answer: bool) -> list[str]:
    """Return the lines that say what is done: no labels, no letterhead, and of an answer not the question."""
    if answer:
        start = next((n for n, line in enumerate(lines) if line.startswith("答")), 0)
        return list(lines[start:])
    head = re.compile(r"【|(?:不可靠实体清单工作机制|公告|20\d\d年第?\d+号)$")
    return [line for line in lines if not head.match(line.replace(" ", ""))]


def _acts(head: _Head, body: str, effective: date) -> list[Act]:
    """Return what is done, a clause each; verbs the title does not have only describe procedures."""
    told = [verb for verb, words in _VERBS if words.search(head.title)]
    if head.answer:
        told = [verb for verb, _ in _VERBS if verb != "add"]
    elif "add" not in told and (_INQUIRY.search(head.title) or _MEASURES.search(head.title)):
        if _INQUIRY.search(head.title):
            return []
        return [Act("measure", _lists(head.title), (), None, effective)]
    found: list[Act] = []
    for clause in _clauses(body if head.answer else f"{head.title}。{body}"):
        notices = tuple(dict.fromkeys(number for number in _numbers(clause) if number != head.number))
        days = () if notices else tuple((int(month), int(day)) for month, day in _DATED.findall(clause))
        lists = _lists(clause)
        verb = next((verb for verb, words in _VERBS if words.search(clause) and (not told or verb in told)), None)
        if verb == "add" and lists and not _PAST.search(clause) and not any(act.verb == "add" for act in found):
            found.append(Act(verb, lists[:1], (), None, effective))
        elif verb not in (None, "add") and (lists or notices or days):
            since = _date(starts) if (starts := _FROM.search(clause)) else None
            until = until_day(clause, since or effective) if verb == "suspend" else None
            found.append(Act(verb, lists, notices, until, since or effective, days))
    named_by_notice = [act for act in found if act.verb == "add" or act.notices or act.days]
    # An answer that quotes no notice only talks, but for one whose title takes a party off.
    return named_by_notice or ([] if head.answer and "移出" not in head.title else found[-1:])


def _lists(text: str) -> tuple[str, ...]:
    return tuple(code for name, code in LISTS.items() if name in text)


def _clauses(text: str) -> Iterator[str]:
    """Yield sentences; one that suspends one notice and ends another is taken apart at the comma between."""
    for sentence in _SENTENCE.split(text):
        held = ""
        for clause in split_outside(_COMMA, sentence):
            if held and _DOES.search(held) and _DOES.search(clause) and (any(_numbers(held)) or _DATED.search(held)):
                yield held
                held = clause
            else:
                held = f"{held},{clause}" if held else clause
        yield held


def until_day(sentence: str, effective: date) -> date | None:
    """Return the day on which a sentence says a suspension ends: a date, or a span from the day it begins."""
    found = _UNTIL.search(sentence)
    if found is not None:
        return _date(found)
    span = _SPAN.search(re.sub(r"\([^()]*\)", "", sentence))
    if span is None:
        return None
    number, unit = (text for text in span.groups() if text)
    count = _DIGITS[number] if number in _DIGITS else int(number)
    if unit == "年":
        return date(effective.year + count, effective.month, min(effective.day, 28) if effective.month == 2 else effective.day)
    return effective + timedelta(days=count * (30 if unit == "个月" else 1))


def _published(lines: Sequence[str], name: str) -> date:
    """Return the day of a notice: that of its label or the line that holds nothing else, else the first day it gives."""
    labelled = [
        found for line in lines if (said := _LABELLED.match(line)) and "日期" in said["label"] and (found := _DAY.search(said["said"]))
    ]
    alone = [found for line in lines if (found := _DAY.fullmatch(line.strip("() ")))]
    first = labelled[:1] or alone[-1:] or [found for line in lines if (found := _DAY.search(line))][:1]
    day = _date(first[0]) if first else None
    if day is None:
        raise SourceChanged("published", None, f"{name}[0]", "a day as YYYY年M月D日")
    return day


def _date(found: re.Match[str]) -> date | None:
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _check(acts: Sequence[Act], parties: Sequence[Named], title: str, name: str) -> None:
    said = counted(title)
    if any(act.verb in ("add", "remove") for act in acts):
        if not parties:
            raise SourceChanged("annex", title[:80], f"{name}[0]", "numbered names after 附件, on the page and not in a PDF")
        if said is not None and len(acts) == 1 and said != len(parties):
            raise Quarantine("truncated", f"{name}: {title[:80]}: names {len(parties)} of {said}")
    for act in acts:
        if act.verb not in ("add", "remove") and not act.notices and not act.days and not parties:
            raise SourceChanged("notice", title[:80], f"{name}[0]", f"the notices or the parties to {act.verb}")


@dataclass
class _Lines(HTMLParser):
    """Text of a page; scripts, styles and links to other notices left out."""

    pieces: list[str] = field(default_factory=list)
    skipped: int = 0
    linked: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag in _SKIPPED
        if tag == "a":
            self.linked = any(name == "href" and _ART.search(value or "") for name, value in attrs)
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.skipped = max(0, self.skipped - (tag in _SKIPPED))
        if tag == "a":
            self.linked = False
        if tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.skipped and not self.linked:
            self.pieces.append(data.replace("\n", " "))
