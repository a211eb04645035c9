"""Good answers of every source, and what can become of them on the way."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from faults import straits

from supplywatch.registry import sources
from supplywatch.source import Source

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CASES: dict[str, Source] = {**sources(), "straits": straits.SOURCE}
"""Every connector, and a toy."""


def good(source_id: str) -> bytes:
    """Return a whole answer, large enough that half of it is a shrunken one."""
    if source_id == "straits":
        return straits.body(straits.month(10))
    path = next(p for suffix in ("json", "csv") if (p := FIXTURES / source_id / f"good.{suffix}").is_file())
    return _ENLARGED.get(source_id, bytes)(path.read_bytes())


def pages(source_id: str) -> list[bytes]:
    """Return an answer in two pages, where the source has pages."""
    if source_id == "straits":
        days = straits.month(10)
        first = {key: count for key, count in days.items() if key[1] <= 5}
        return [straits.body(first, f"{straits.URL}?from=6"), straits.body({key: days[key] for key in days.keys() - first.keys()})]
    folder = FIXTURES / source_id
    names = next((names for names in (("page_1", "page_2"), ("page1", "page2")) if (folder / f"{names[0]}.json").is_file()), ())
    return [(folder / f"{name}.json").read_bytes() for name in names]


PAGED = [source_id for source_id in CASES if pages(source_id)]


def shrunken(source_id: str) -> bytes:
    """Return a well-formed answer with the first half of the rows."""
    body = good(source_id)
    if not _is_json(body):
        lines = body.splitlines(keepends=True)
        return b"".join(lines[: 1 + len(lines) // 2])
    whole = json.loads(body)
    name = _list_of(whole)
    whole[name] = whole[name][: len(whole[name]) // 2]
    for count in ("count", "numberMatched", "numberReturned"):
        if count in whole and source_id != "federal_register":  # fewer acts than before are nothing odd, fewer than counted are
            whole[count] = len(whole[name])
    return json.dumps(whole).encode()


def others(source_id: str) -> Iterator[bytes]:
    """Yield the good answers of every other source."""
    for other in CASES:
        if other != source_id:
            yield good(other)
            yield from (path.read_bytes() for path in sorted((FIXTURES / other).glob("good*")))


def fields(body: bytes) -> list[str]:
    """Return the names of the fields of a row."""
    if not _is_json(body):
        return body.split(b"\n")[0].decode("ascii").strip().split(",")
    whole = json.loads(body)
    row = whole[_list_of(whole)][0]
    return list(next((row[inner] for inner in ("attributes", "properties") if inner in row), row))


def renamed(body: bytes, field: str) -> bytes:
    """Return an answer in which a field goes by another name."""
    if _is_json(body):
        return body.replace(f'"{field}":'.encode(), b'"renamed_by_the_publisher":')
    header, rest = body.split(b"\n", 1)
    return header.replace(field.encode(), b"renamed_by_the_publisher", 1) + b"\n" + rest


def re_encoded(source_id: str) -> bytes:
    """Return an answer in UTF-16, with its byte order mark."""
    return good(source_id).decode(CASES[source_id].card.encoding).encode("utf-16")


def with_a_stray_byte(source_id: str) -> bytes:
    """Return an answer with a byte in it that neither UTF-8 nor cp1252 knows there."""
    body = good(source_id)
    middle = len(body) // 2
    return body[:middle] + b"\x81" + body[middle:]


def _is_json(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{"


def _list_of(whole: dict[str, Any]) -> str:
    return next(name for name in ("features", "data", "results", "days") if name in whole)


def _comtrade(body: bytes) -> bytes:
    whole = json.loads(body)
    first = whole["data"][0]["cmdCode"]
    rows = [row | {"cmdCode": f"{code:06d}"} for code in range(260101, 260113) for row in whole["data"] if row["cmdCode"] == first]
    return json.dumps(whole | {"data": rows, "count": len(rows)}).encode()


def _bgs(body: bytes) -> bytes:
    whole = json.loads(body)
    features = []
    for year in range(1980, 2000):
        feature = copy.deepcopy(whole["features"][0])
        feature["id"], feature["properties"]["year"] = year, f"{year}-01-01T00:00:00Z"
        features.append(feature)
    return json.dumps(whole | {"features": features, "numberMatched": len(features), "numberReturned": len(features)}).encode()


def _usgs(body: bytes) -> bytes:
    header, *rows = body.decode("cp1252").splitlines()
    first = next(row for row in rows if ",2024," in row)
    return "\r\n".join([header, *(first.replace(",2024,", f",{year},") for year in range(2001, 2025)), ""]).encode("cp1252")


_ENLARGED: dict[str, Callable[[bytes], bytes]] = {"comtrade": _comtrade, "bgs_minerals": _bgs, "usgs_mcs": _usgs}
