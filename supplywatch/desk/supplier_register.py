"""The supplier register: rows checked one by one, kept in the ledger as records, judged again every day.

A file is taken as a whole or not at all: half a register would raise alarms about backups that exist, or hide that they do not.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from supplywatch.config import config_dir, read_yaml
from supplywatch.errors import BadRequest
from supplywatch.judging.engine import Engine, Verdict
from supplywatch.ledger import book
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import Items
from supplywatch.model.records import Provenance, SupplierRegister
from supplywatch.model.site import Site

SOURCE = "supplier_register"
MAX_BYTES, MAX_ROWS, MAX_VALID_DAYS = 10_000_000, 50_000, 1830


class Row(BaseModel):
    """One row of a register file, as people write it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    item: str = Field(min_length=1)
    name: str = Field(min_length=1, max_length=200)
    operator: str | None = Field(default=None, max_length=200)
    country: str = Field(pattern=r"^[A-Z]{3}$")
    role: Literal["primary", "backup"]
    verified_on: date
    valid_days: int = Field(gt=0, le=MAX_VALID_DAYS)
    evidence: str = Field(min_length=1, max_length=500)

    def site(self) -> Site:
        """Return the site the row describes."""
        until = self.verified_on + timedelta(days=self.valid_days)
        return Site(**self.model_dump(exclude={"item", "valid_days"}), valid_until=until)


@dataclass(frozen=True)
class Reading:
    """What a file says: the records it makes, and the rows that were refused with the reason."""

    records: tuple[SupplierRegister, ...]
    refused: tuple[str, ...]
    rows: int


def read_register(path: Path | None, items: Items, now: datetime) -> Reading:
    """Read a register file, row by row.

    Parameters
    ----------
    path
        CSV or NDJSON; ``None`` for ``config/suppliers.yaml``.

    Raises
    ------
    BadRequest
        The file cannot be read at all.
    """
    body, given = _rows(path)
    rows = list(given)
    sites: dict[str, list[Site]] = defaultdict(list)
    refused, known = [], {item.id for item in items.items}
    for where, raw in rows:
        try:
            row = Row.model_validate(raw)
            if (fault := _fault(row, known, sites.get(row.item, ()), now)) is not None:
                refused.append(f"{where}: {fault}")
            else:
                sites[row.item].append(row.site())
        except ValidationError as error:
            first = error.errors()[0]
            refused.append(f"{where}: {'.'.join(map(str, first['loc'])) or 'row'}: {first['msg']}")
    sha256 = hashlib.sha256(body).hexdigest()
    name = path.name if path is not None else "config/suppliers.yaml"
    records = tuple(_record(item, tuple(found), now, sha256, name) for item, found in sorted(sites.items()))
    return Reading(records, tuple(refused), len(rows))


def _fault(row: Row, known: set[str], others: Sequence[Site], now: datetime) -> str | None:
    if row.item not in known:
        return f"item {row.item!r} is not watched; see config/items.yaml"
    if row.verified_on > now.date():
        return f"verified_on {row.verified_on} lies ahead"
    if any(site.name.casefold() == row.name.casefold() for site in others):
        return f"{row.name!r} stands there twice for {row.item}"
    return None


def _record(item: str, sites: tuple[Site, ...], now: datetime, sha256: str, name: str) -> SupplierRegister:
    origin = Provenance(source=SOURCE, vintage=f"{now:%Y-%m-%dT%H:%M:%SZ}", payload_sha256=sha256, position=name)
    return SupplierRegister(observed=now.date().isoformat(), fetched=now, provenance=origin, item=item, sites=sites)


def _rows(path: Path | None) -> tuple[bytes, Iterator[tuple[str, Any]]]:
    if path is None:
        given = read_yaml("suppliers.yaml")
        sites = given.get("sites") if isinstance(given, dict) else None
        if not isinstance(sites, list):
            raise BadRequest("config/suppliers.yaml: needs a list 'sites'")
        body = (config_dir() / "suppliers.yaml").read_bytes()
        return body, ((f"site {n}", raw) for n, raw in enumerate(sites, start=1))
    try:
        body = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
        text = body.decode("utf-8-sig")
    except OSError as error:
        raise BadRequest(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadRequest(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    if not text.strip():
        raise BadRequest(f"{path}: empty, or larger than {MAX_BYTES // 1_000_000} MB")
    found = list(_csv(text) if path.suffix.lower() == ".csv" else _ndjson(text))
    if len(found) > MAX_ROWS:
        raise BadRequest(f"{path}: {len(found)} rows, more than {MAX_ROWS}")
    return body, iter(found)


def _csv(text: str) -> Iterator[tuple[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="(more cells than columns)")
    try:
        for raw in reader:
            yield f"line {reader.line_num}", {name: value for name, value in raw.items() if value != ""}
    except csv.Error as error:
        raise BadRequest(f"line {reader.line_num}: {error}; write plain CSV with a header") from error


def _ndjson(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except ValueError as error:
                raise BadRequest(f"line {number}: not JSON ({error}); a register file is .csv or one JSON object a line") from error


def latest(ledger: Ledger) -> list[SupplierRegister]:
    """Return the register of every item as it was last taken."""
    with ledger.read() as connection:
        taken = [SupplierRegister.model_validate_json(body) for body in book.observations(connection, SOURCE)]
    found = {record.item: record for record in sorted(taken, key=lambda record: record.fetched)}
    return [found[item] for item in sorted(found)]


def due(ledger: Ledger, now: datetime) -> list[SupplierRegister]:
    """Return the register as of a day, of every item that was not judged on it yet: what ran out since must be told."""
    now, today = now.astimezone(UTC), now.astimezone(UTC).date().isoformat()
    old = [record for record in latest(ledger) if record.observed < today]
    return [record.model_copy(update={"observed": today, "fetched": max(now, record.fetched)}) for record in old]


def check(engine: Engine, now: datetime) -> Verdict:
    """Judge the register as of a day, at once; a second check of the same day changes nothing."""
    again = due(engine.ledger, now)
    return engine.judge(again) if again else Verdict()
