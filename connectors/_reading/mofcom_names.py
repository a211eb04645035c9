"""Whom a notice of China's Ministry of Commerce names: numbered below "附件", or all in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors._reading.parties import CHINESE_PLACES
from supplywatch.reading.countries import written_country

_NUMERALS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_COUNT = re.compile(r"(?P<digits>\d{1,3})\s*(?:家|个(?!月))|(?P<word>[一两二三四五六七八九十]{1,3})家")
_ITEM = re.compile(r"(\d{1,3})\s*[.、]\s*(?P<text>\D.*)")
_INLINE = re.compile(r"将(?P<names>[^。;将]{1,4000}?)(?P<more>等(?:\s*\d+\s*[家个])?[^。;、将]{0,14}?)?(?:列入|移出)")
_MODIFIER = re.compile(r"^(?:参与|从事|涉及|涉嫌|长期|多次|对)[^、()]{0,40}?的")
"""What stands before a name and says why: 参与对台湾地区军售的."""
_SEPARATOR = re.compile(r"(、|和|以及|及(?!其)|与)")
BRANCHES = re.compile(r"及其(?:全部|所有)?(?:分支机构|子公司|附属机构|下属机构)[^(]*")
_WHOLE = re.compile(
    r"(?:公司|集团|企业|中心|研究所|研究院|实验室|大学|学院|基金会|协会|联盟|会社|组织|委员会|工厂|学会|智库|银行|机构|局|厂|社|所|[A-Za-z0-9.)])$"
)
"""How a name ends. A piece that ends otherwise is the first half of one: 波音防务、空间与安全集团."""


@dataclass(frozen=True)
class Named:
    """A party as a notice names it; its country where the words before the name say it."""

    chinese: str
    latin: str | None
    address: str | None = None
    nation: str | None = None


def split_outside(separator: re.Pattern[str], text: str) -> list[str]:
    """Split a text where a separator stands outside brackets; a look ahead from every separator would read the text again and again.

    >>> split_outside(re.compile("、"), "a、b(c、d)、e")
    ['a', 'b(c、d)', 'e']
    """
    parts = re.split(r"([()])", text)
    out = [""]
    for chunk, bracket in zip(parts[::2], [*parts[1::2], ""], strict=True):
        first, *rest = [chunk] if bracket == ")" else separator.split(chunk)
        out[-1] += first
        out += rest
        out[-1] += bracket
    return out


def counted(text: str) -> int | None:
    """Return how many parties a text says there are, in figures or in words.

    >>> counted("公布将28家美国实体列入"), counted("上述两家实体"), counted("等十二家"), counted("3个月")
    (28, 2, 12, None)
    """
    found = _COUNT.search(text)
    if found is None:
        return None
    if found["digits"]:
        return int(found["digits"])
    tens, ten, ones = found["word"].rpartition("十")
    return (_NUMERALS.get(tens, 1) * 10 if ten else 0) + (_NUMERALS[ones] if ones else 0)


def nation_of(text: str) -> str | None:
    """Return the country whose parties a text counts: 28家美国实体."""
    return next((written_country(place) for place in CHINESE_PLACES if re.search(rf"[\d一两二三四五六七八九十]\s*家{place}", text)), None)


def numbered(annex: Sequence[str]) -> Iterator[Named]:
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


def inline(body: str, title: str) -> tuple[Named, ...]:
    """Return the parties of a sentence that names them all; nobody where it names one "and others".

    >>> [one.chinese for one in inline("决定将参与对台湾地区军售的波音防务、空间与安全集团(Boeing)、某公司列入不可靠实体清单", "")]
    ['波音防务、空间与安全集团', '某公司']
    >>> inline("决定将莱多斯公司等15家美国实体列入出口管制管控名单(见附件)", "将15家美国实体列入")
    ()
    """
    found = next((one for one in _INLINE.finditer(body) if not _COUNT.match(one["names"].strip())), None)
    if found is None:
        return ()
    said = counted(found["more"] or "") or counted(title) or counted((re.search(r"上述[^,。]{1,6}家", body) or [""])[0])
    pieces = split_outside(_SEPARATOR, _MODIFIER.sub("", found["names"].strip()))
    names = _joined(pieces)
    if said is not None and len(names) != said and (len(pieces) + 1) // 2 == said:
        names = pieces[::2]
    if found["more"] is not None and len(names) != said:
        return ()
    return tuple(_inline_name(name, title) for name in names)


def _joined(pieces: Sequence[str]) -> list[str]:
    """Return names from pieces and the separators between them; a piece that is no whole name goes on over its separator."""
    names = [pieces[0]]
    for separator, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if _WHOLE.search(BRANCHES.sub("", names[-1]).strip()):
            names.append(piece)
        else:
            names[-1] += separator + piece
    return [name for name in names if name.strip()]


def _inline_name(text: str, title: str) -> Named:
    """Return a name of a sentence; a country before it is no part of it where the title leaves it out."""
    found = named(_MODIFIER.sub("", text.strip()))
    place = next((place for place in CHINESE_PLACES if found.chinese.startswith(place)), None)
    if place is None:
        return found
    bare = found.chinese.removeprefix(place)
    kept = bare if len(bare) > 2 and found.chinese not in title and bare in title else found.chinese
    return Named(kept, found.latin, None, written_country(place))


def named(text: str) -> Named:
    """Return the two names in "中文名(Latin name)".

    >>> named("太脱拉卡车公司(TATRA TRUCKS a.s.)")
    Named(chinese='太脱拉卡车公司', latin='TATRA TRUCKS a.s.', address=None, nation=None)
    """
    text = text.strip(" ,;。、")
    chinese, bracket, rest = text.partition("(")
    latin = rest.rstrip(" )") + (")" if rest.count("(") > rest.rstrip(" )").count(")") else "")
    return Named(chinese.strip(), latin.strip() or None) if bracket and chinese.strip() else Named(text, None)
