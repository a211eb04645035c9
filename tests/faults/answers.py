"""Good answers of every source, and what can become of them on the way."""

import copy
import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from supplywatch.model.source import Source
from supplywatch.registry import sources
from tests.faults import straits

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CASES: dict[str, Source] = {**{name: source for name, source in sources().items() if not source.card.by_hand}, "straits": straits.SOURCE}
"""Every connector that asks a publisher, and a toy."""
UNITS: dict[str, str] = {
    "bis_entity_list": "TR",
    "ca_sema": "record",
    "ch_sesam": "target",
    "cn_mofcom": "p",
    "eu_fsf": "sanctionEntity",
    "ofac_advanced": "DistinctParty",
    "un_consolidated": "INDIVIDUAL",
}
"""Lists in XML or HTML: the element of one entry."""
LINES = ("opensanctions",)
"""One JSON document a line."""
HEADERLESS = ("ofac_sdn", "ofac_consolidated")
"""Tables without a header line."""


def good(source_id: str) -> bytes:
    """Return a whole answer, large enough that half of it is a shrunken one."""
    if source_id == "straits":
        return straits.body(straits.month(10))
    path = next(p for suffix in ("json", "csv", "xml", "ndjson", "html") if (p := FIXTURES / source_id / f"good.{suffix}").is_file())
    return _ENLARGED.get(source_id, bytes)(path.read_bytes())


def pages(source_id: str) -> list[bytes]:
    """Return an answer in two pages, where the source has pages."""
    if source_id == "straits":
        days = straits.month(10)
        first = {key: count for key, count in days.items() if key[1] <= 5}
        return [straits.body(first, f"{straits.URL}?from=6"), straits.body({key: days[key] for key in days.keys() - first.keys()})]
    folder = FIXTURES / source_id
    return [path.read_bytes() for path in sorted(folder.glob("page[_0-9]*")) if re.fullmatch(r"page_?[12]", path.stem)]


PAGED = [source_id for source_id in CASES if pages(source_id)]


def shrunken(source_id: str) -> bytes:
    """Return a well-formed answer with the first half of the rows."""
    body = good(source_id)
    if source_id in UNITS:
        units = [match.span() for match in re.finditer(_unit(source_id), body)]
        return body[: units[len(units) // 2][0]] + body[units[-1][1] :]
    if source_id in LINES or not _is_json(body):
        lines = body.splitlines(keepends=True)
        return b"".join(lines[: len(lines) // 2 + (source_id not in LINES)])
    whole = json.loads(body)
    if isinstance(whole, list):
        return json.dumps(whole[: len(whole) // 2], indent=1).encode()
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


def fields(source_id: str) -> list[str]:
    """Return the names of the fields of a row; of a table without a header there is only their number."""
    body = good(source_id)
    if source_id in UNITS:
        first = next(re.finditer(_unit(source_id), body))[0].decode()
        return list(dict.fromkeys([*re.findall(r"<([\w-]+)", first), *re.findall(r"\s([\w-]+)=", first)]))
    if source_id in HEADERLESS:
        return ["number of columns"]
    if not _is_json(body):
        header = next(line for line in body.decode(CASES[source_id].card.encoding).splitlines() if line.count(",") > 1)
        return next(csv.reader([header]))
    whole = json.loads(body.splitlines()[0]) if source_id in LINES else json.loads(body)
    row = whole if source_id in LINES else whole[0] if isinstance(whole, list) else whole[_list_of(whole)][0]
    if isinstance(row, list):
        return list(row)
    return list(next((row[inner] for inner in ("attributes", "properties") if inner in row), row))


def renamed(source_id: str, field: str) -> bytes:
    """Return a good answer in which a field goes by another name."""
    body, new = good(source_id), b"renamed_by_the_publisher"
    if source_id in UNITS:
        name = re.escape(field.encode())
        return re.sub(rb"(?<=[<\s/])" + name + rb"(?=[\s/>=])", new, body)
    if source_id in HEADERLESS:
        return body.replace(b"\n", b"," + new + b"\n", 1) if b"\r\n" not in body else body.replace(b"\r\n", b"," + new + b"\r\n", 1)
    if _is_json(body):
        mark = f'"{field}":'.encode()
        return (
            body.replace(mark, b'"renamed_by_the_publisher":')
            if mark in body
            else body.replace(f'"{field}"'.encode(), b'"' + new + b'"', 1)
        )
    encoded = field.encode(CASES[source_id].card.encoding.removesuffix("-sig"))
    header, rest = body.split(b"\n", 1)
    if encoded not in header:  # a line before the header
        first, header, rest = body.split(b"\n", 2)
        return b"\n".join((first, header.replace(encoded, new, 1), rest))
    return header.replace(encoded, new, 1) + b"\n" + rest


def re_encoded(source_id: str) -> bytes:
    """Return an answer in UTF-16, with its byte order mark."""
    return good(source_id).decode(CASES[source_id].card.encoding).encode("utf-16")


def with_a_stray_byte(source_id: str) -> bytes:
    """Return an answer with a byte in it that neither UTF-8 nor cp1252 knows there."""
    body = good(source_id)
    middle = len(body) // 2
    return body[:middle] + b"\x81" + body[middle:]


def _unit(source_id: str) -> bytes:
    tag = re.escape(UNITS[source_id].encode())
    return rb"(?s)<" + tag + rb"(?=[\s>]).*?</" + tag + rb">"


def _is_json(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"{", b"[")


def _list_of(whole: dict[str, Any]) -> str:
    return next(name for name in ("features", "data", "results", "days", "entities") if name in whole)


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


def _comext(body: bytes) -> bytes:
    header, *rows = body.decode().splitlines()
    oil = [row for row in rows if ",270900," in row]
    return "\n".join([header, *(row.replace(",270900,", f",2709{n:02d},") for n in range(12) for row in oil), ""]).encode()


def _census(body: bytes) -> bytes:
    header, *rows = json.loads(body)
    more = [[*row[:5], f"2805{n:02d}", row[6]] for n in range(12) for row in rows]
    return json.dumps([header, *more]).encode()


_ENLARGED: dict[str, Callable[[bytes], bytes]] = {
    "comtrade": _comtrade,
    "bgs_minerals": _bgs,
    "usgs_mcs": _usgs,
    "eurostat_comext": _comext,
    "us_census": _census,
}
