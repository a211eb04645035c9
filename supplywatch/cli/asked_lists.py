"""The lists that a command screens against: those of the ledger, or a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from supplywatch.cli.common import open_ledger
from supplywatch.errors import BadRequest, BadSetting
from supplywatch.runtime.output import say

if TYPE_CHECKING:
    from supplywatch.ledger.book import Ledger
    from supplywatch.matching.kept import KeptLists
    from supplywatch.screening.matcher import Matcher


def lists_matcher(table: Path | None, ledger: str | None) -> Matcher:
    """Return what asks the lists of the ledger, or of a table."""
    from supplywatch.screening.index import Index
    from supplywatch.screening.listed import version_of
    from supplywatch.screening.matcher import Matcher
    from supplywatch.screening.tables import read_lists

    if table is None:
        kept = kept_lists(open_ledger(ledger, upgrade=False))
        if kept.version:
            return Matcher(kept.index, data_version=kept.version)
    elif parties := list(read_lists(table)):
        return Matcher(Index.build(parties), data_version=version_of(parties))
    raise no_list(table)


def no_list(table: Path | None) -> BadRequest:
    """Return what is said where no list is."""
    return BadRequest(
        f"{table or 'the ledger'} holds no list; poll one with `supplywatch pull csl` (or run `supplywatch up`), "
        "or give a table with --lists"
    )


def kept_lists(ledger: Ledger) -> KeptLists:
    """Return the names on the lists of a ledger, kept beside it where that is possible."""
    from supplywatch.matching.kept import KeptLists, folder_of
    from supplywatch.settings import load_settings

    folder = folder_of(ledger.url, load_settings().data_dir)
    try:
        return KeptLists.open(ledger, folder)
    except BadSetting as error:
        say(f"{error}; this answer takes longer", err=True)
        return KeptLists.open(ledger, None)
