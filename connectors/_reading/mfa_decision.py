"""A decision of China's Ministry of Foreign Affairs on countermeasures, from the text of its page.

Its order says since when and by what law, the paragraphs what is done to companies and what to persons, the annex (反制清单) who they are.
A page without that heading, such as a spokesman's answer, is no decision, whatever it quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from connectors._reading.mofcom_notice import page_lines, until_day
from connectors._reading.parties import CHINESE_PLACES
from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.model.source import Part
from supplywatch.reading.countries import written_country

Verb = Literal["add", "suspend", "resume", "end"]
_VERBS: tuple[tuple[Verb, str], ...] = (("suspend", "暂停|中止"), ("resume", "恢复"), ("end", "停止|取消|终止|解除|撤销"))
_CHANGE = "变更|调整"
_ANY = "|".join((*(words for _, words in _VERBS), _CHANGE))
_TITLE = re.compile(rf"(?:(?:中华人民共和国)?外交部)?关于(?:对|{_ANY}).{{0,200}}反制措施.{{0,20}}的(?:决定|公告)")
_ANSWER = re.compile(r"发言人.{0,60}(?:答记者问|答问|应询|谈话|表示|宣布)|答记者问$")
_ORDER = re.compile(r"外交部令\s*第\s*(\d{1,3})\s*号")
_DAY = re.compile(r"(20\d\d)年(\d{1,2})月(\d{1,2})日")
_FROM = re.compile(rf"自\s*{_DAY.pattern}\s*起")
_IN_FORCE = re.compile(rf"本(?:决定|公告)\s*{_FROM.pattern}")
_LAW = re.compile(r"依据(?P<law>《.+?)(?:的?有关)?规定")
_NUMERAL = "[一二三四五六七八九十百]{1,4}"
_PARAGRAPH = re.compile(rf"(?P<number>{_NUMERAL})、(?P<text>.+)")
_ITEM = re.compile(rf"\((?P<number>{_NUMERAL})\)(?P<text>.+)")
_GROUP = re.compile(r"对.*?等(?P<count>\d{1,3})(?P<counter>[家名个])(?P<whom>[^,:]*)[,:](?P<measures>.*)")
_PERSON = re.compile(r"个人|人员|名$|负责人")
_PARTY = re.compile(r"(?P<chinese>[^()]+)\((?P<latin>[^()]+(?:\([^()]*\)[^()]*)*)\)?(?:,(?P<sex>[男女]))?(?:,(?P<post>.+))?")
_POST = re.compile(
    r"(?P<post>.+(?:主席|所长|主任|行政官|执行官|总裁|董事长|主管|负责人|总监|会长|院长|秘书长|议员|部长|创始人|司令|代表|经理|顾问|研究员))(?P<name>.{2,30})"
)


@dataclass(frozen=True)
class Target:
    """Somebody of the annex; ``section`` is the heading above, empty in an annex without any."""

    chinese: str
    latin: str | None
    is_person: bool
    section: str
    post: str | None


@dataclass(frozen=True)
class Decision:
    """One decision, read."""

    number: str
    title: str
    verb: Verb
    published: date
    effective: date
    until: date | None
    law: str | None
    orders: tuple[str, ...]
    """Earlier orders that it changes."""
    targets: tuple[Target, ...]
    measures: tuple[str, ...]
    measures_of_persons: tuple[str, ...]
    nation: str | None
    url: str | None


def read_decision(part: Part) -> Decision | None:
    """Return what a page decides, ``None`` for one that is no decision on countermeasures.

    Raises
    ------
    Quarantine
        A decision gives no day or no measures, or names another number of parties than it counts.
    """
    lines = page_lines(part)
    titled = _titled(lines)
    if titled is None:
        return None
    title = lines[titled].replace(" ", "")
    body, annex = _parts([line for line in lines if line.replace(" ", "") != title])
    text = "\n".join(body)
    verb = _verb(title, part.name)
    effective = _effective(text, part.name)
    published = _published(body) or effective
    order, quoted = _orders(lines, title)
    targets, groups = tuple(_targets(annex, part.name)), [found for line in _paragraphs(body) if (found := _GROUP.match(line))]
    _check(targets, groups, f"{part.name}: {title[:60]}")
    law = _LAW.search(text)
    measures = [_measures(body, groups, persons=persons) for persons in (False, True)]
    if verb == "add":
        _complete(targets, measures, title, part.name)
    return Decision(
        number=order or f"外交部决定{published.isoformat()} {title}",
        title=title,
        verb=verb,
        published=published,
        effective=effective,
        until=_until(text, effective) if verb == "suspend" else None,
        law=law["law"] if law else None,
        orders=quoted,
        targets=targets,
        measures=measures[0],
        measures_of_persons=measures[1],
        nation=_nation(title),
        url=next((line for line in lines[:titled] if line.startswith("https://") and " " not in line), None),
    )


def _effective(text: str, name: str) -> date:
    found = _day(_IN_FORCE.search(text) or _FROM.search(text))
    if found is None:
        raise SourceChanged("effective", None, f"{name}[0]", "a day as 自YYYY年M月D日起")
    return found


def _titled(lines: list[str]) -> int | None:
    """Return which line is the title of a decision; none where a spokesman's answer stands before it: that one only quotes."""
    found = next((n for n, line in enumerate(lines) if _TITLE.fullmatch(line.replace(" ", ""))), None)
    return None if found is None or any(_ANSWER.search(line) for line in lines[:found]) else found


def _nation(title: str) -> str | None:
    return next((written_country(place) for place in CHINESE_PLACES if f"对{place}" in title), None)


def _verb(title: str, name: str) -> Verb:
    """Return what a title does; a word in the name of a party is none: it stands first, or right before the measures.

    >>> _verb("关于对停止战争联盟采取反制措施的决定", ""), _verb("关于停止对甲公司采取反制措施的决定", "")
    ('add', 'end')
    """
    found = re.search(rf"关于(?P<first>{_ANY})|(?P<last>{_ANY})(?:执行|实施|采取|有关|相关)*反制措施", title)
    said = (found["first"] or found["last"]) if found else None
    if said is not None and said in _CHANGE.split("|"):
        raise SourceChanged(
            "title", title[:80], f"{name}[0]", "measures that are taken, suspended, resumed or ended; changed ones are not read"
        )
    return next((verb for verb, words in _VERBS if said in words.split("|")), "add")


def _until(text: str, effective: date) -> date | None:
    """Return the day on which the sentences about the suspension end it."""
    told = (until_day(sentence, effective) for sentence in re.split(r"[。;\n]", text) if re.search("暂停|中止", sentence))
    return next((day for day in told if day is not None), None)


def _complete(targets: Sequence[Target], measures: Sequence[tuple[str, ...]], title: str, name: str) -> None:
    """Refuse a decision that names nobody, or does nothing to some of those it names."""
    if not targets:
        raise SourceChanged("annex", title[:80], f"{name}[0]", "numbered names below 反制清单, on the page and not in a file of its own")
    if not all(measures[target.is_person] for target in targets):
        raise SourceChanged("measures", title[:80], f"{name}[0]", "paragraphs that say what is done to those of the annex")


def _parts(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what is decided, and the lines of the annex below its heading."""
    start = next((n for n, line in enumerate(lines) if line.replace(" ", "") == "反制清单"), len(lines))
    return list(lines[:start]), list(lines[start + 1 :])


def _orders(lines: Sequence[str], title: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the number of the order itself, which stands before what it decides, and those it quotes.

    Orders are numbered on from year to year: the number alone tells them apart.
    """
    decided = next((n for n, line in enumerate(lines) if "依据" in line or "决定如下" in line or "现决定" in line), len(lines))
    head = "\n".join(line for line in lines[:decided] if line.replace(" ", "") != title)
    own = _ORDER.search(head)
    number = f"外交部令第{int(own[1])}号" if own else None
    quoted = dict.fromkeys(f"外交部令第{int(found[1])}号" for found in _ORDER.finditer("\n".join(lines)))
    return number, tuple(each for each in quoted if each != number)


def _published(body: Sequence[str]) -> date | None:
    """Return the day below the ministry's name, else the first one of a line that says it was made public."""
    alone = [found for line in body if (found := _DAY.fullmatch(line.strip("() ")))]
    public = [found for line in body if "公布" in line and (found := _DAY.search(line))]
    return next(map(_day, alone[-1:] or public[:1]), None)


def _day(found: re.Match[str] | None) -> date | None:
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _paragraphs(body: Sequence[str]) -> list[str]:
    return [found["text"] for line in body if (found := _PARAGRAPH.fullmatch(line))]


def _measures(body: Sequence[str], groups: Sequence[re.Match[str]], *, persons: bool) -> tuple[str, ...]:
    """Return what is done to persons or to companies: that of their own paragraph, else of all paragraphs."""
    if not groups:
        return tuple(text.rstrip("。;") for text in _paragraphs(body))
    found: list[str] = []
    inside = False
    for line in body:
        if (paragraph := _PARAGRAPH.fullmatch(line)) and (group := _GROUP.match(paragraph["text"])):
            inside = _is_of_persons(group) is persons
            found += [group["measures"]] if inside else []
        elif re.match(r"本(?:决定|公告)", line):
            break
        elif inside:
            item = _ITEM.fullmatch(line)
            found.append(item["text"] if item else line)
    return tuple(each for text in found for each in re.split(r"[。;]", text) if each.strip())


def _is_of_persons(group: re.Match[str]) -> bool:
    return group["counter"] == "名" or _PERSON.search(group["whom"]) is not None


def _targets(annex: Sequence[str], name: str) -> Iterator[Target]:
    """Yield the parties of the annex: its numbered lines, or those below numbered headings. A number left out is a line lost."""
    sectioned = any(_ITEM.fullmatch(line) for line in annex)
    section, count = "", 0
    for line in annex:
        heading, item = _PARAGRAPH.fullmatch(line), _ITEM.fullmatch(line)
        if sectioned and heading is not None:
            section, count = heading["text"], 0
        elif (found := item or heading) is not None:
            count += 1
            if found["number"] != _numeral(count):
                raise Quarantine("truncated", f"{name}[{line[:60]}]: number {found['number']} where {_numeral(count)} is due")
            yield _target(found["text"], section)


def _numeral(number: int) -> str:
    """Return a number below 100 in Chinese.

    >>> _numeral(7), _numeral(10), _numeral(12), _numeral(20), _numeral(31)
    ('七', '十', '十二', '二十', '三十一')
    """
    tens, ones = divmod(number, 10)
    digits = " 一二三四五六七八九"
    return f"{digits[tens] if tens > 1 else ''}{'十' if tens else ''}{digits[ones] if ones else ''}"


def _target(text: str, section: str) -> Target:
    found = _PARTY.fullmatch(text)
    if found is None:
        return Target(text.strip(), None, _PERSON.search(section) is not None, section, None)
    chinese, post = found["chinese"].strip(), found["post"]
    is_person = found["sex"] is not None or _PERSON.search(section) is not None
    # Order no. 1 has the post before the name: 里根基金会首席行政官乔安妮·德雷克.
    if is_person and post is None and (before := _POST.fullmatch(chinese)):
        chinese, post = before["name"], before["post"]
    return Target(chinese, found["latin"].strip(), is_person, section, post)


def _check(targets: Sequence[Target], groups: Sequence[re.Match[str]], name: str) -> None:
    for persons in (False, True):
        said = [int(group["count"]) for group in groups if _is_of_persons(group) is persons]
        named = sum(target.is_person is persons for target in targets)
        if said and sum(said) != named:
            raise Quarantine("truncated", f"{name}: names {named} of {sum(said)} {'persons' if persons else 'companies'}")
