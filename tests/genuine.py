"""The re-encoded genuine samples of ``../shared/data``, written back into the shape in which their publishers serve them."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from supplywatch.model.source import Part, Payload

SUEZ, BAB, HORMUZ = "chokepoint1", "chokepoint4", "chokepoint6"
NAMES = {SUEZ: "Suez Canal", BAB: "Bab el-Mandeb Strait", HORMUZ: "Strait of Hormuz"}
_WORLDMONITOR = {"suez": SUEZ, "bab_el_mandeb": BAB, "hormuz_strait": HORMUZ}
TYPES = ("container", "dry_bulk", "general_cargo", "roro", "tanker")
JULY_2026 = "2026-07-27T12:00Z"
MARCH_2026 = "2026-03-24T14:00Z"


def arcgis(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return an ArcGIS answer that holds the rows as features."""
    features = [{"attributes": row | {"ObjectId": number}} for number, row in enumerate(rows, start=1)]
    envelope = {"objectIdFieldName": "ObjectId", "uniqueIdField": {"name": "ObjectId", "isSystemMaintained": True}, "globalIdFieldName": ""}
    return json.dumps(envelope | {"fields": [], "features": features}).encode()


def transit_row(portid: str, day: date, counts: dict[str, int], capacity: dict[str, float] | None = None) -> dict[str, Any]:
    """Return the attributes of one day, sums included."""
    cargo = sum(counts[kind] for kind in TYPES if kind != "tanker")
    tonnes = capacity or dict.fromkeys(TYPES, 0.0)
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    return {
        "date": midnight,
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "portid": portid,
        "portname": NAMES.get(portid, portid),
        **{f"n_{kind}": counts[kind] for kind in TYPES},
        "n_cargo": cargo,
        "n_total": cargo + counts["tanker"],
        **{f"capacity_{kind}": tonnes[kind] for kind in TYPES},
        "capacity_cargo": sum(tonnes[kind] for kind in TYPES if kind != "tanker"),
        "capacity": sum(tonnes.values()),
    }


def worldmonitor(data: Path, portids: Iterable[str] = (SUEZ, BAB, HORMUZ)) -> bytes:
    """Return the July 2026 vintage of three chokepoints as one ArcGIS answer."""
    raw = json.loads(gzip.decompress((data / "portwatch/worldmonitor_chokepoint-transit-2026-07.json.gz").read_bytes()))
    camel = {kind: "".join(w.title() if n else w for n, w in enumerate(kind.split("_"))) for kind in TYPES}
    wanted = set(portids)
    rows = []
    for name, portid in _WORLDMONITOR.items():
        for day in raw["chokepoints"][name]["history"] if portid in wanted else ():
            counts = {kind: day[camel[kind]] for kind in TYPES}
            capacity = {kind: float(day[f"cap{camel[kind][0].upper()}{camel[kind][1:]}"]) for kind in TYPES}
            rows.append(transit_row(portid, date.fromisoformat(day["date"]), counts, capacity))
    return arcgis(sorted(rows, key=lambda row: (row["date"], row["portid"])))


def march_vintage(data: Path) -> bytes:
    """Return the March 2026 vintage of Hormuz as one ArcGIS answer."""
    text = gzip.decompress((data / "portwatch/laluprasad7_portwatch_hormuz_daily_vintage_202603.csv.gz").read_bytes()).decode()
    rows = csv.DictReader(line for line in text.replace("\r", "").splitlines() if line)
    found = [
        transit_row(HORMUZ, date.fromisoformat(row["date"]), {kind: int(row[f"n_{kind}"]) for kind in TYPES})
        for row in sorted(rows, key=lambda row: row["date"])
    ]
    return arcgis(found)


def weekly_payloads(data: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (fetch time, ArcGIS answer) of five payloads of April 2026 in a row, the third of them without a day."""
    path = data / "portwatch/ishormuzopenyet_portwatch_vintages_20260409-20260430.json.gz"
    for payload in json.loads(gzip.decompress(path.read_bytes())):
        body = payload["payload"]
        days = sorted(body["days"], key=lambda day: day["date"])
        rows = [transit_row(HORMUZ, date.fromisoformat(day["date"]), _counts(day)) for day in days]
        yield body["fetchedAt"], arcgis(rows)


def _counts(day: dict[str, Any]) -> dict[str, int]:
    camel = {kind: "".join(w.title() if n else w for n, w in enumerate(kind.split("_"))) for kind in TYPES}
    return {kind: int(day.get(kind, day.get(camel[kind], day.get(f"n_{kind}", 0)))) for kind in TYPES}


COMTRADE = {
    "typeCode": "C",
    "freqCode": "A",
    "refMonth": 52,
    "flowCode": "M",
    "flowDesc": "Import",
    "partner2Code": 0,
    "partner2ISO": "W00",
    "partner2Desc": "World",
    "classificationCode": "H6",
    "classificationSearchCode": "HS",
    "isOriginalClassification": True,
    "aggrLevel": 6,
    "isLeaf": True,
    "customsCode": "C00",
    "customsDesc": "TOTAL CPC",
    "mosCode": "0",
    "motCode": 0,
    "motDesc": "TOTAL MOT",
    "qtyUnitCode": 8,
    "qtyUnitAbbr": "kg",
    "qty": None,
    "isQtyEstimated": False,
    "altQtyUnitCode": -1,
    "altQtyUnitAbbr": "N/A",
    "altQty": None,
    "isAltQtyEstimated": False,
    "netWgt": None,
    "isNetWgtEstimated": False,
    "grossWgt": None,
    "isGrossWgtEstimated": False,
    "cifvalue": None,
    "fobvalue": None,
    "legacyEstimationFlag": 0,
    "isReported": True,
    "isAggregate": False,
}
_CODES = {"World": 0, "China": 156, "Other Asia, nes": 490, "Areas, nes": 899, "Free Zones": 838, "Special Categories": 839}
_ISO = {"World": "W00", "China": "CHN", "Other Asia, nes": "S19", "Areas, nes": "_X ", "Free Zones": "X2 ", "Special Categories": "XX "}


def comtrade(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return a Comtrade answer; each row gives what it knows of the 47 fields, the rest is filled in."""
    filled = []
    for row in rows:
        year = int(row["refYear"])
        filled.append({**COMTRADE, "refPeriodId": year * 10_000 + 101, "period": str(year), "partnerISO": None, **row, "refYear": year})
    return json.dumps({"elapsedTime": "0.21 secs", "count": len(filled), "data": filled, "error": ""}).encode()


def comtrade_table(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return the same as the table one downloads."""
    filled = json.loads(comtrade(rows))["data"]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(filled[0]))
    writer.writeheader()
    writer.writerows(filled)
    return out.getvalue().encode()


def cipf(data: Path, codes: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return Chinese imports of 51 HS6 codes by partner, 2001-2024, value only."""
    path = data / "trade/comtrade/cipf_china_reported_imports_hs6_by_partner_2001-2024.csv.gz"
    wanted = None if codes is None else set(codes)
    numbers: dict[str, int] = dict(_CODES)
    rows = []
    for row in csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines()):
        if wanted is not None and row["cmdCode"] not in wanted:
            continue
        partner = row["partnerDesc"]
        rows.append(
            {
                "refYear": row["refYear"],
                "reporterCode": 156,
                "reporterISO": "CHN",
                "reporterDesc": "China",
                "partnerCode": numbers.setdefault(partner, 1000 + len(numbers)),
                "partnerISO": _ISO.get(partner),
                "partnerDesc": partner,
                "cmdCode": row["cmdCode"],
                "cmdDesc": row["cmdDesc"],
                "primaryValue": float(row["primaryValue"]),
            }
        )
    return rows


def nickel(data: Path, reporter: int = 156, code: str = "260400") -> list[dict[str, Any]]:
    """Return one reporter's imports of nickel ore by partner, value and weight, World row included."""
    path = data / "trade/comtrade/manuali_UN_nickel_trade_2000-2023.csv.gz"
    rows = []
    for row in csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines()):
        if int(row["reporterCode"]) == reporter and row["flowCode"] == "M" and row["cmdCode"] == code:
            text = {name: row[name] for name in ("reporterISO", "reporterDesc", "partnerISO", "partnerDesc", "cmdCode", "cmdDesc")}
            numbers = {name: float(row[name]) if row[name] else None for name in ("primaryValue", "netWgt")}
            codes = {"reporterCode": reporter, "partnerCode": int(row["partnerCode"])}
            rows.append({"refYear": row["period"], **codes, **text, **numbers})
    return rows


EU = "AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX MLT NLD POL PRT ROU SVK SVN ESP SWE".split()


def eu_wood(data: Path) -> list[dict[str, Any]]:
    """Return what the European Union imports from outside of the headings 4401 to 4421, 2018-2022, added up over its members."""
    path = data / "trade/comtrade/comtradr_eu_wood_imports_HS44_2018-2022.csv.gz"
    totals: dict[tuple[str, str, str, str], float] = {}
    names: dict[str, str] = {}
    for row in csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines()):
        partner = row["partner_iso"].strip()
        heading = len(row["cmd_code"]) == 4 and row["cmd_code"].startswith("44")
        if heading and row["flow_desc"] == "Import" and partner not in (*EU, "W00", "EUR"):
            key = (row["ref_year"], row["cmd_code"], partner, row["partner_desc"])
            totals[key] = totals.get(key, 0.0) + float(row["primary_value"] or 0)
            names[row["cmd_code"]] = row["cmd_desc"]
    numbers: dict[str, int] = dict(_CODES)
    return [
        {
            "refYear": year,
            "reporterCode": 97,
            "reporterISO": "EUR",
            "reporterDesc": "European Union",
            "partnerCode": numbers.setdefault(name, 1000 + len(numbers)),
            "partnerISO": _ISO.get(name, partner),
            "partnerDesc": name,
            "cmdCode": code,
            "cmdDesc": names[code],
            "aggrLevel": 4,
            "primaryValue": value,
        }
        for (year, code, partner, name), value in sorted(totals.items())
    ]


def histories(data: Path, now: datetime) -> dict[str, Payload]:
    """Return by source the histories of the pages in ``docs/backtests``."""
    metals = [data / "production" / f"manuali_BGS_{metal}_production.csv.gz" for metal in ("cobalt", "copper", "nickel")]
    parts = {
        "portwatch_chokepoints": [Part(worldmonitor(data), "transits")],
        "comtrade": [Part(comtrade([*cipf(data), *nickel(data), *eu_wood(data)]), "imports")],
        "bgs_minerals": [Part(gzip.decompress(path.read_bytes()), path.name) for path in metals],
    }
    return {source: Payload(source, tuple(given), now) for source, given in parts.items()}
