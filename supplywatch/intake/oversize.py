"""Records that no topic would take: one of them must not keep the rest of its file, nor the files after it, from being judged.

A record of figures or an act is left out. An entry of a list keeps its place, cut to what finds the party again: were it left out, the
next comparison would call it removed, and nobody would be screened against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from supplywatch.model.list_entry import RawValue
from supplywatch.model.records import ListEntry, Record
from supplywatch.runtime.sizes import MAX_MESSAGE_BYTES

MAX_RECORD_BYTES = MAX_MESSAGE_BYTES - 256 * 1024
"""What a record may measure as JSON; the rest is for what a comparison adds to an entry, for key and headers."""
FIELD = "entry"
_TEXT, _MEMBERS = 500, 200


@dataclass(frozen=True)
class Oversized:
    """One that was put aside: which, and how large it is."""

    name: str
    size_bytes: int
    kept: str

    def sentence(self, source_id: str) -> str:
        """Say which, how large, the limit, and what to do."""
        return (
            f"{source_id}: {self.name!r} measures {self.size_bytes} bytes, the limit of a record is {MAX_RECORD_BYTES}: "
            f"put aside, {self.kept}; "
            "read it at its publisher's page, and tell the publisher"
        )


def fitting(item: Record | ListEntry) -> tuple[Record | ListEntry | None, Oversized | None]:
    """Return what of a record can be offered, and what is to be said when that is not all."""
    text = item.model_dump_json()
    # Characters are counted first: encoding every record to count its bytes would cost as much again.
    size = len(text) if 4 * len(text) <= MAX_RECORD_BYTES else len(text.encode())
    if size <= MAX_RECORD_BYTES:
        return item, None
    if not isinstance(item, ListEntry):
        return None, Oversized(_short(f"{item.series} in {item.observed}"), size, "the rest of the file is judged")
    said = Oversized(_short(f"{item.list_code} {item.key} {item.name}"), size, "the party is listed and screened by shortened fields")
    return _shortened(item, size), said


def _shortened(entry: ListEntry, size: int) -> ListEntry:
    # The note stands where values that could not be read stand: on the entry, and in the counts of every release.
    note = RawValue(field=FIELD, text=f"{size} bytes, over the limit of {MAX_RECORD_BYTES}: shortened")
    cut = _cut(entry.model_dump(mode="json", exclude={"raw"}))
    return ListEntry.model_validate(cut).model_copy(update={"raw": (note,)})


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_TEXT]
    if isinstance(value, list):
        return [_cut(one) for one in value[:_MEMBERS]]
    return {name: _cut(one) for name, one in value.items()} if isinstance(value, dict) else value


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."
