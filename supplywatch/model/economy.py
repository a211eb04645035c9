"""Economies as trade names them, and the one table of their codes and names that columns are written against."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from supplywatch.model.value import Frozen

Codes = Literal["numeric", "alpha2", "alpha3"]
_TABLE = Path(__file__).with_name("economies.tsv")


class Economy(Frozen):
    """A reporting or partner economy, with the publisher's own code beside the ISO one."""

    code: str = Field(description="the publisher's code, e.g. Comtrade '156' or BGS 'CN'")
    iso3: str | None = Field(default=None, description="ISO 3166 alpha-3; None for areas that have none")
    name: str

    @property
    def key(self) -> str:
        """The ISO code where there is one, else the publisher's own."""
        return self.iso3 or self.code


class Row(NamedTuple):
    """One row of the table."""

    alpha2: str
    numeric: str
    name: str

    def code(self, codes: Codes) -> str | None:
        """Return the code of one kind; the alpha-3 one is the key of the table and ``None`` here."""
        return None if codes == "alpha3" else self.alpha2 if codes == "alpha2" else self.numeric


@cache
def table() -> Mapping[str, Row]:
    """Return the economies by alpha-3 code.

    Stored records leave out what stands here, so a row is never changed or taken away, only added: a country that takes another name
    keeps this one, and publishers' new name is written beside its code.
    """
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return {alpha3: Row(*rest) for alpha3, *rest in (line.split("\t") for line in lines)}


@cache
def economy(iso3: str, codes: Codes) -> Economy | None:
    """Return an economy as the table has it, with its code of one kind; ``None`` for a code that the table does not know.

    >>> economy("KOR", "numeric")
    Economy(code='410', iso3='KOR', name='Korea, Republic of')
    """
    row = table().get(iso3)
    return None if row is None else Economy(code=row.code(codes) or iso3, iso3=iso3, name=row.name)
