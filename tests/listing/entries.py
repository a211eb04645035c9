"""Entries of a list, for comparisons of snapshots."""

from datetime import date, timedelta
from typing import Any

from supplywatch.listing.same_entry import content_key
from supplywatch.model.records import ListEntry

SEEN = date(2022, 12, 20)
DAY = timedelta(days=1)


def entry(
    name: str = "Yangtze Memory Technologies Co., Ltd.",
    code: str = "EL",
    key: str | None = None,
    countries: tuple[str, ...] = ("CN",),
    **fields: Any,
) -> ListEntry:
    content = content_key(code, name, countries)
    given: dict[str, Any] = {"list_name": "Entity List", "party_kind": "organisation", "effective": date(2022, 12, 16), **fields}
    return ListEntry(list_code=code, key=key or content, content_key=content, name=name, countries=countries, **given)
