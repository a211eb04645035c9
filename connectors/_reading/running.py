"""Names in running text: aliases in quotation marks, several companies in one cell, words before a name that are not part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors._reading.parties import clean
from supplywatch.model.list_entry import RelationKind
from supplywatch.model.records import Alias, Relation

_MARKS = "'\"\u2018\u2019\u201c\u201d"
_QUOTED = re.compile(
    rf"(?P<kind>[afn])\.?k\.?a\.?,? [{_MARKS}](?P<name>.+?)[{_MARKS}](?=\.?\s*(?:$|[;)\]]|\.\s|,\s*[afn]\.?k\.?a))", re.IGNORECASE
)
"""A quotation ends where the piece does: names hold apostrophes (ABU MUS'AB, O'HARE'S TRADING)."""
_NUMBERED = re.compile(r"[|;\n]|(?:^|(?<=\s))\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})\)(?=\s|[A-Z])")
_LABEL = re.compile(r"(?P<kind>[afn])\.k\.a\.,?:? +(?=\S)", re.IGNORECASE)
_ROLES = (
    r"(?:owner\w*|manage\w+|operat\w+|charterer|ISM|DOC|parent|subsidiary|shareholder|holder|holding company|commercial|"
    r"technical|registered|beneficial|current\w*|previous\w*|former\w*|since|until|from|per ?cent|\d+ ?%)"
)
_ROLE = re.compile(
    rf"(?<!\s)\s*+\((?=[^()]*+\)\s*+$)[^()]*(?<!\w){_ROLES}(?!\w)[^()]*\)\s*$|"
    r"^(?:(?:current|registered|beneficial|commercial|technical|ship|group|ISM) )*(?:owner|manager|operator|charterer)s?(?:\(s\))? ?: ?",
    re.IGNORECASE,
)
"""A role stands in brackets behind a company's name, or with a colon before it."""


def quoted_aliases(text: str) -> Iterator[Alias]:
    """Yield the aliases that stand in quotation marks, read to the mark that ends them.

    >>> [(a.text, a.kind) for a in quoted_aliases("a.k.a. 'ABU MUS'AB'; f.k.a. ''ABD, Nour'.")]
    [("ABU MUS'AB", 'weak'), ("'ABD, Nour", 'former')]
    """
    for found in _QUOTED.finditer(text):
        name = found["name"].strip()
        if len(name) > 2 and name[0] == name[-1] and name[0] in _MARKS:
            name = name[1:-1]  # set between two pairs: ''FOOPIE''
        yield Alias(text=name, kind="former" if found["kind"].lower() == "f" else "weak")


def labelled_alias(text: str) -> Alias:
    """Return an alias without the abbreviation before it, which says what kind it is.

    >>> labelled_alias("f.k.a., TNK Trade Limited"), labelled_alias("Super Trade").kind
    (Alias(text='TNK Trade Limited', kind='former', language=None), 'strong')
    """
    found = _LABEL.match(text)
    if found is None:
        return Alias(text=text)
    return Alias(text=text[found.end() :], kind="former" if found["kind"].lower() == "f" else "strong")


def several(text: str | None) -> list[str]:
    """Return the names in a cell: parted by semicolons, bars and lines, or numbered.

    >>> several("(1) Rowan Retail LLC (2) Spruce Foods LLC"), several("Alder Ltd (registered owner); Brixo FZE")
    (['Rowan Retail LLC', 'Spruce Foods LLC'], ['Alder Ltd (registered owner)', 'Brixo FZE'])
    """
    return [name for piece in _NUMBERED.split(text or "") if (name := (clean(piece) or "").strip(" ,;"))]


def related(kind: RelationKind, label: str, cell: str) -> Iterator[Relation]:
    """Yield a relation for each company in a cell; its role stays in the words.

    >>> [(r.name, r.text) for r in related("owned_by", "Owner", "Alder Ltd (registered owner); Brixo FZE")]
    [('Alder Ltd', 'Owner: Alder Ltd (registered owner)'), ('Brixo FZE', 'Owner: Brixo FZE')]
    """
    for piece in several(cell):
        name = _ROLE.sub("", _ROLE.sub("", piece)).strip(" ,;") if _ROLE.search(piece) else piece
        yield Relation(kind=kind, name=name or piece, text=f"{label}: {piece}")
