"""Lists and queries as tables: one row a line, separated by tabs, nothing quoted, no header; gzip by the name's end."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO, cast

from supplywatch.errors import BadRequest
from supplywatch.model.name_match import Name, Party

_KINDS = {
    "ORG": "organisation",
    "ORGANISATION": "organisation",
    "ORGANIZATION": "organisation",
    "ENTITY": "organisation",
    "PER": "person",
    "PERSON": "person",
    "OBJ": "vessel",
    "VESSEL": "vessel",
    "AIRCRAFT": "aircraft",
}
_LIST_COLUMNS, _QUERY_COLUMNS = 5, 2


def read_lists(path: Path) -> Iterator[Party]:
    """Yield the parties of a table: id, kind, country, list, name; rows of one id, and parts between ``|``, are names of one party.

    Raises
    ------
    BadRequest
        Says the line and what is wrong with it.
    """
    parties: dict[str, Party] = {}
    for number, cells in _rows(path):
        if len(cells) != _LIST_COLUMNS:
            raise BadRequest(f"{path}, line {number}: {len(cells)} columns; write id, kind, country, list and name, separated by tabs")
        party_id, kind, country, list_code, names = cells
        texts = [text for text in map(str.strip, names.split("|")) if text]
        if not party_id or not texts:
            raise BadRequest(f"{path}, line {number}: {'the id' if not party_id else 'the name'} is empty")
        known = parties.get(party_id)
        more = tuple(Name(text, "strong" if known or at else "primary") for at, text in enumerate(texts))
        countries = _countries(country)
        if known is None:
            parties[party_id] = Party(party_id, more, None, countries, _KINDS.get(kind.upper(), "unknown"), (), list_code)
        else:
            joined = tuple(dict.fromkeys((*known.countries, *countries)))
            parties[party_id] = Party(party_id, (*known.names, *more), None, joined, known.kind, (), known.list_code)
    yield from parties.values()


def read_queries(path: Path) -> Iterator[Party]:
    """Yield what is asked: id, name; further columns are not read.

    Raises
    ------
    BadRequest
        Says the line and what is wrong with it.
    """
    for number, cells in _rows(path):
        if len(cells) < _QUERY_COLUMNS or not cells[0]:
            raise BadRequest(f"{path}, line {number}: write an id and a name, separated by a tab")
        yield Party(cells[0], (Name(cells[1]),))


def _countries(text: str) -> tuple[str, ...]:
    """Return the ISO codes in a cell; a country by its name says nothing here."""
    return tuple(part for part in text.upper().split(";") if len(part) == 2 and part.isalpha())


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else nullcontext(raw) as opened:
            lines = io.TextIOWrapper(cast(IO[bytes], opened), encoding="utf-8", newline="\n")
            for number, line in enumerate(lines, start=1):
                text = line.rstrip("\r\n")
                if number == 1:
                    text = text.removeprefix("\ufeff")
                if text:
                    yield number, text.split("\t")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{path}, after line {number}: not UTF-8 ({error.reason}); convert the file") from error
    except (OSError, EOFError) as error:
        raise BadRequest(f"{path}, after line {number}: cannot be read ({error})") from error
