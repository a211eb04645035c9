"""A cell of the Entity List as law texts write it: name, other names after dashes, addresses, in one run of words.

The regulation gives no fields. A name ends at the first comma that is not followed by a legal form or by a part of the same body
("…, Institute of Hygiene, No. 27 …"); lines that begin with a dash are further names; what follows is addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors._reading.parties import unique
from supplywatch.model.records import Alias, Relation
from supplywatch.reading.countries import known_country

_DASH = re.compile(r"^\s*[—–-]\s*")
_RUN = re.compile(r"(?<=[:;])\s*(?=—)|(?<=\band)\s+(?=—)")
"""Between further names that stand in one line."""
_ALSO = re.compile(
    r"(?:,|(?<!\s))\s*+\(?\b(?:(?P<former>f\.?k\.?a\.?|formerly known as)|a\.?k\.?a\.?|also known as)[,:]?\s+", re.IGNORECASE
)
_FOLLOWING = re.compile(r"(?:the )?following\b[^:]*:\s*", re.IGNORECASE)
_END = re.compile(r"(?:[;,.]|(?<!\s))\s*+\b(?:and|or)\s*+$|[;,]\s*+$", re.IGNORECASE)
_LAST_DOT = re.compile(r"(?<!\b[A-Z])(?<!\b(?:Co|Lt))(?<!\b(?:Ltd|Inc|Cie|Bhd|Pte|Pvt|Est|Gen|Soc))(?<!\bCorp)\.$")
_LEGAL = re.compile(
    r"(?:co|company|corp|corporation|inc|incorporated|limited|ltda?|llc|llp|lp|plc|pty|pte|pvt|sdn|bhd|gmbh|ag|kg|ohg|s\.?a|s\.?l|s\.?r\.?l|"
    r"s\.?r\.?o|s\.?p\.?a|sas|sarl|b\.?v|n\.?v|a\.?s|a\.?ş|d\.?o\.?o|jsc|ojsc|cjsc|pjsc|ooo|oao|zao|pao|ao|fze?|fzc|fzco|fz-llc|dmcc|est|"
    r"mmc|k\.?k|oy|ab|c\.?a|lda|spa|mchj|l\.?l\.?c|l\.?t\.?d|m\.?b\.?h|e\.?k|s\.?c|jr|sr|i{2,3})\b(?!-)(?:[^\d,(]|\([^)]*\))*",
    re.IGNORECASE,
)
_SUB_UNIT = re.compile(
    r"\b(?:institutes?|institution|department|division|bureau|laborator(?:y|ies)|academy|faculty|college|school|factory|branch|"
    r"subsidiary|corporation|company|directorate|agency|design|university|chemistry|physics|mechanics)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:road|rd|street|st|avenue|ave|district|dist|building|bldg|floor|room|box|province|city|park|zone|lane|blvd|boulevard|highway|tower|"
    r"village|block|sector|plaza|town|county|square|area|campus)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?:[;,]|(?<!\s))\s*+(?:and )?\b(?P<words>any successors?\b(?:.{0,80}?\bthereof\b|[^,.;(]{0,80}))", re.IGNORECASE)
_SUBORDINATE = re.compile(r"(?P<parent>.+?)(?:[,;.]|(?<!\s))\s++subordinate institu(?:tion|te|ion)s?\s?[:-]\s*(?P<name>.*)", re.IGNORECASE)
_OF = re.compile(r"\((?:a |one )?(?:subordinate institut(?:e|ion)|subsidiary) of (?P<name>[^)]+)\)", re.IGNORECASE)
_SEE = re.compile(r"\(\s*see (?:also )?(?:alternate )?address(?:es)? under [^)]*\)\.?", re.IGNORECASE)
_BETWEEN = re.compile(r";\s*(?:and\s+)?|,\s+and\s+(?=\S)")


@dataclass(frozen=True)
class Cell:
    """What one cell says."""

    name: str
    aliases: tuple[Alias, ...]
    addresses: tuple[str, ...]
    relations: tuple[Relation, ...]
    remark: str | None
    """That further addresses stand under another country."""


def read_cell(lines: Sequence[str]) -> Cell | None:
    """Return what the lines of a cell say, ``None`` where there is no name in them.

    >>> cell = read_cell(["Synthetic Co., Ltd., a.k.a., the following two aliases:", "—SOC; and", "—Optics.", "1 Example Road, Wuhan."])
    >>> cell.name, [alias.text for alias in cell.aliases], cell.addresses
    ('Synthetic Co., Ltd.', ['SOC', 'Optics'], ('1 Example Road, Wuhan',))
    >>> read_cell(["Abdul Example, 501, 5th Floor, Kabul; and Flat 24, Kabul."]).addresses
    ('501, 5th Floor, Kabul', 'Flat 24, Kabul')
    """
    remark = _SEE.search(" ".join(lines))
    first, *rest = [piece.strip() for line in lines for piece in _RUN.split(_SEE.sub("", line))]
    clause = _CLAUSE.search(first)
    first = first if clause is None else first[: clause.start()] + first[clause.end() :]
    if rest and (parent := _SUBORDINATE.fullmatch(first)) is not None and not parent["name"]:
        first, rest = f"{first} {rest[0]}", rest[1:]
    parent = _SUBORDINATE.fullmatch(first)
    name, inline, address = _split(first if parent is None else parent["name"])
    if not name:  # a unit without a name of its own
        parent, (name, inline, address) = None, _split(first)
    if not name:
        return None
    former = (found := _ALSO.search(first)) is not None and found["former"] is not None
    also = [*inline, *(_named(_DASH.sub("", line)) for line in rest if _DASH.match(line))]
    places = " ".join(filter(None, (address, *(line for line in rest if not _DASH.match(line) and not line.endswith(":")))))
    return Cell(
        name=name,
        aliases=unique(Alias(text=text, kind="former" if former else "strong") for text in also if text and text != name),
        addresses=unique(said for part in _BETWEEN.split(places) if (said := part.strip(" .,;"))),
        relations=tuple(_relations(name, None if clause is None else clause["words"], None if parent is None else parent["parent"])),
        remark=None if remark is None else remark[0],
    )


def _relations(name: str, clause: str | None, parent: str | None) -> Iterator[Relation]:
    if clause is not None:
        yield Relation(kind="successor_clause", text=clause)
    if parent is not None:
        yield Relation(kind="subsidiary_of", name=parent, text=f"subordinate institution of {parent}")
    for of in _OF.finditer(name):
        yield Relation(kind="subsidiary_of", name=of["name"], text=of[0])


def _split(line: str) -> tuple[str, list[str], str]:
    """Return the name, the further names that stand in the same line, and what of the address does."""
    found = _ALSO.search(line)
    if found is None:
        return _until_address(line)
    name, said = line[: found.start()].strip(" ,;("), line[found.end() :]
    if "(" in found[0] and ")" in said:
        inside, _, after = said.partition(")")
        return name, [_named(inside)], after.strip(" ,;")
    listed = _FOLLOWING.match(said)
    if listed is not None:
        return name, [_named(text) for text in said[listed.end() :].split(";") if text.strip()], ""
    other, _, address = _until_address(said)
    return name, [other], address


def _until_address(line: str) -> tuple[str, list[str], str]:
    parts = [part.strip() for part in line.split(",")]
    taken = 1
    while taken < len(parts) and _belongs(parts, taken):
        taken += 1
    name, after = ", ".join(parts[:taken]), parts[taken:]
    head, semicolon, tail = name.partition("; ")
    if semicolon:
        name, after = head, [tail, *after]
    return _named(name), [], ", ".join(after)


def _belongs(parts: Sequence[str], number: int) -> bool:
    """Tell whether the words after a comma still name the party: a legal form, or a unit of the body named before."""
    part = parts[number]
    if known_country(part.rstrip(".")):
        return False
    if _LEGAL.fullmatch(part):
        return True
    if number + 1 == len(parts) or _PLACE.search(part) or any(character.isdigit() for character in part):
        return False
    return bool(_SUB_UNIT.search(part) and _SUB_UNIT.search(parts[number - 1]))


def _named(text: str) -> str:
    return _LAST_DOT.sub("", _END.sub("", text.strip())).strip()
