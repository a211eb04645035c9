"""IMF PortWatch: port calls, disruption events, and places."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors._reading.arcgis import PAGE_ROWS
from connectors.logistics import portwatch_disruptions, portwatch_places, portwatch_ports
from supplywatch.errors import BadSetting, Quarantine
from supplywatch.intake import guards
from supplywatch.model.records import DisruptionEvent, Place, PortCalls, Record
from supplywatch.model.source import Cursor, Part, Payload, Request, Source

NOW = datetime(2026, 4, 28, 13, 36, tzinfo=UTC)
PORTS, EVENTS, PLACES = portwatch_ports.SOURCE, portwatch_disruptions.SOURCE, portwatch_places.SOURCE

REFUSALS = [
    (PORTS, "bad_total.json", "source_changed", r"features\[2\]: field 'portcalls' is 7, expected portcalls_cargo \+ portcalls_tanker"),
    (PORTS, "bad_cargo.json", "source_changed", r"features\[3\]: field 'portcalls_cargo' is 1, expected the sum of its ship types"),
    (PORTS, "bad_negative.json", "source_changed", r"features\[4\]: field 'portcalls_roro' is -1"),
    (PORTS, "bad_tonnes.json", "source_changed", r"features\[4\]: field 'import' is -1.0"),
    (PORTS, "bad_day.json", "source_changed", r"features\[5\]: field 'day' is 31"),
    (PORTS, "bad_iso3.json", "source_changed", r"features\[5\]: field 'ISO3' is 'China'"),
    (PORTS, "bad_new_column.json", "source_changed", r"field 'portcalls_ferry' is 'new'"),
    (PORTS, "bad_renamed_column.json", "source_changed", r"field 'import' is '\(absent\)'"),
    (PORTS, "bad_no_portid.json", "source_changed", "field 'portid' is ' '"),
    (PORTS, "bad_more_rows.json", "truncated", "exceededTransferLimit"),
    (PORTS, "bad_empty.json", "empty_list", "without a single record"),
    (PORTS, "bad_error.json", "error_body", "400 Cannot perform query"),
    (EVENTS, "bad_no_begin.json", "source_changed", r"features\[0\]: field 'fromdate' is None"),
    (EVENTS, "bad_ends_before.json", "source_changed", r"field 'todate' .* not before 2026-02-06"),
    (EVENTS, "bad_level.json", "source_changed", "field 'alertlevel' is 'PURPLE'"),
    (EVENTS, "bad_count_of_ports.json", "source_changed", "field 'n_affectedports' is 9, expected 3"),
    (EVENTS, "bad_latitude.json", "source_changed", "field 'lat' is 126.3"),
    (EVENTS, "bad_date.json", "source_changed", "field 'fromdate' is '10.04.2026'"),
    (EVENTS, "bad_new_column.json", "source_changed", "field 'impact' is 'new'"),
    (EVENTS, "bad_more_rows.json", "truncated", "exceededTransferLimit"),
    (PLACES, "bad_portid.json", "source_changed", "field 'portid' is 'P1'"),
    (PLACES, "bad_latitude.json", "source_changed", "field 'lat' is 91"),
    (PLACES, "bad_no_longitude.json", "source_changed", "field 'lon' is None"),
    (PLACES, "bad_share.json", "source_changed", "field 'share_country_maritime_import' is 2500.0"),
    (PLACES, "bad_locode.json", "source_changed", "field 'LOCODE' is 'Beta'"),
    (PLACES, "bad_iso3.json", "source_changed", "field 'ISO3' is 'AT'"),
    (PLACES, "bad_vessels.json", "source_changed", "field 'vessel_count_total' is -5"),
    (PLACES, "bad_new_column.json", "source_changed", "field 'berths' is 'new'"),
    (PLACES, "bad_more_rows.json", "truncated", "exceededTransferLimit"),
]


def read(source: Source, *paths: Path) -> tuple[Record, ...]:
    payload = Payload(source.card.source_id, tuple(Part(path.read_bytes(), path.name) for path in paths), NOW)
    return guards.read(source, payload, now=NOW, warn=lambda _: None).records


@pytest.mark.parametrize(("source", "name", "reason", "words"), REFUSALS, ids=lambda value: str(value)[:24])
def test_refused(fixtures: Path, source: Source, name: str, reason: str, words: str) -> None:
    with pytest.raises(Quarantine, match=words) as refused:
        read(source, fixtures / source.card.source_id / name)
    assert refused.value.reason == reason


def test_one_record_for_each_port_and_day(fixtures: Path) -> None:
    folder = fixtures / "portwatch_ports"
    records = {(r.port_id, r.observed): r for r in read(PORTS, folder / "good.json") if isinstance(r, PortCalls)}
    rows = [feature["attributes"] for feature in json.loads((folder / "good.json").read_bytes())["features"]]
    assert len(records) == len(rows) == 30
    for row in rows:
        record = records[row["portid"], f"{row['year']}-{row['month']:02d}-{row['day']:02d}"]
        assert (record.calls_total, record.calls_cargo, record.calls_tanker) == (
            row["portcalls"],
            row["portcalls_cargo"],
            row["portcalls_tanker"],
        )
        assert (record.import_tonnes, record.export_tonnes, record.country_iso3) == (row["import"], row["export"], row["ISO3"])
    assert records["port823", "2026-04-14"].calls_total == 0


@pytest.mark.parametrize("names", [("good_dateonly.json",), ("page_1.json", "page_2.json")])
def test_the_same_rows_written_otherwise_say_the_same(fixtures: Path, names: tuple[str, ...]) -> None:
    folder = fixtures / "portwatch_ports"
    other = read(PORTS, *(folder / name for name in names if name != "page_1.json" or len(names) > 1))
    assert [(r.series, r.observed, r.digest) for r in other] == [
        (r.series, r.observed, r.digest) for r in read(PORTS, folder / "good.json")
    ]


def test_ports_are_asked_for_country_by_country() -> None:
    cursor = Cursor(NOW, options={"countries": ["CHN", "SGP", "CHN"]})
    first = list(PORTS.requests(cursor))
    assert [request.params["where"] for request in first] == [f"ISO3 = '{code}' AND date >= DATE '2024-04-01'" for code in ("CHN", "SGP")]
    (later,) = PORTS.requests(Cursor(NOW, last_observed="2026-04-19"))
    assert "DATE '2025-12-01'" in later.params["where"]
    for wrong in ("CHN", [], ["CN"], ["China' OR 1=1"], [1]):
        with pytest.raises(BadSetting, match="countries"):
            list(PORTS.requests(Cursor(NOW, options={"countries": wrong})))


def test_a_page_of_one_country_may_be_the_last_of_it(fixtures: Path) -> None:
    """What follows a page that says there is more must be its continuation, not the next question."""
    folder = fixtures / "portwatch_ports"
    china, singapore = PORTS.requests(Cursor(NOW, options={"countries": ["CHN", "SGP"]}))
    first = Part((folder / "page_1.json").read_bytes(), "page_1.json", request=china)
    other = Part((folder / "page_2.json").read_bytes(), "page_2.json", request=singapore)
    following = PORTS.next_request(first)
    assert following == Request(china.url, {**china.params, "where": f"{china.params['where']} AND ObjectId > 500015"})
    assert china.params["resultRecordCount"] == str(PAGE_ROWS)
    with pytest.raises(Quarantine, match="exceededTransferLimit"):
        list(PORTS.parse(Payload("portwatch_ports", (first, other), NOW)))
    continued = Part((folder / "page_2.json").read_bytes(), "page_2.json", request=following)
    assert len(list(PORTS.parse(Payload("portwatch_ports", (first, continued), NOW)))) == 30


def test_events_as_their_editors_write_them(fixtures: Path) -> None:
    records = {r.name: r for r in read(EVENTS, fixtures / "portwatch_disruptions" / "good.json") if isinstance(r, DisruptionEvent)}
    assert len(records) == 8
    strait = records["STRAIT-26"]
    assert (strait.begins, strait.ends, strait.observed) == (date(2026, 3, 1), None, "2026-03-01"), "the field year says 2019"
    assert (strait.affected_places, strait.countries, strait.alert_level) == (("chokepoint6",), (), "red")
    assert records["QUAKE-26"].affected_places == ("port10", "port11", "port12")
    assert (records["FLOOD-26"].latitude, records["FLOOD-26"].longitude) == (None, None)
    assert records["ALPHA-26"].countries == ("Atlantis", "Lemuria")
    assert records["ALPHA-26"].ends == date(2026, 2, 18)


def test_outlines_change_nothing(fixtures: Path) -> None:
    folder = fixtures / "portwatch_disruptions"
    assert [r.digest for r in read(EVENTS, folder / "good_geometry.json")] == [r.digest for r in read(EVENTS, folder / "good.json")]


def test_ports_lag_more_than_chokepoints() -> None:
    assert portwatch_ports.release("2026-04-13") - datetime(2026, 4, 19, tzinfo=UTC) > timedelta(days=9)


def test_places_of_both_tables(fixtures: Path) -> None:
    records = {r.place_id: r for r in read(PLACES, fixtures / "portwatch_places" / "good.json") if isinstance(r, Place)}
    alpha, gamma, canal = records["port1"], records["port3"], records["chokepoint1"]
    assert (alpha.locode, alpha.country_iso3, alpha.share_country_import, alpha.vessels_per_year) == ("ATAAA", "ATL", 0.5, 4000)
    assert (gamma.locode, gamma.share_country_import, gamma.industries) == (None, None, ())
    assert (canal.place_kind, canal.country_iso3, canal.observed) == ("chokepoint", None, "2026-04")
    bare = read(PLACES, fixtures / "portwatch_places" / "good_chokepoints.json")
    assert [r.place_id for r in bare if isinstance(r, Place)] == ["chokepoint1", "chokepoint2", "chokepoint3"]


def test_the_two_tables_are_two_questions() -> None:
    ports, chokepoints = PLACES.requests(Cursor(NOW))
    assert (ports.url, chokepoints.url) == (portwatch_places.PORTS_URL, portwatch_places.CHOKEPOINTS_URL)


HUB = (
    "\ufeffX,Y,portid,portname,country,ISO3,lat,lon,vessel_count_total,share_country_maritime_import,share_country_maritime_export,LOCODE,ObjectId\n"
    "1.5,2.5,port7001,Old Quay,Atlantis,ATL,1.5,2.5,310,0.75,12.5,PT  LEI,1\n"
    "1.5,2.5,fso44,Atlantis - Offshore Oil Terminal 3,Atlantis,ATL,-21.3,-40.1,20,0,99.99,,2\n"
    "1.5,2.5,port7002,New Quay,Atlantis,ATL,1.5,2.6,0,100,0,PT-OPO,3\n"
)


def test_a_table_saved_from_the_hub_says_what_the_service_says() -> None:
    """Written by hand to the columns of a genuine export of 2 April 2026; the names are invented."""
    payload = Payload("portwatch_places", (Part(HUB.encode(), "ports.csv"),), NOW)
    old, terminal, new = (r for r in PLACES.parse(payload) if isinstance(r, Place))
    assert (old.share_country_import, old.share_country_export) == (0.0075, 0.125), "the publisher writes percent"
    assert (old.locode, new.locode, terminal.locode) == ("PTLEI", "PTOPO", None)
    assert [r.place_kind for r in (old, terminal, new)] == ["port", "offshore_terminal", "port"]
    assert terminal.series == "place/portwatch_places/fso44"


def test_days_of_the_hub_are_days(fixtures: Path) -> None:
    rows = [feature["attributes"] for feature in json.loads((fixtures / "portwatch_ports" / "good_dateonly.json").read_bytes())["features"]]
    lines = [",".join(rows[0])]
    for row in rows:
        lines.append(",".join(f"{value.replace('-', '/')} 00:00:00+00" if name == "date" else str(value) for name, value in row.items()))
    payload = Payload("portwatch_ports", (Part("\n".join(lines).encode(), "ports.csv"),), NOW)
    said = {(r.series, r.observed): r.digest for r in PORTS.parse(payload) if isinstance(r, Record)}
    assert said == {(r.series, r.observed): r.digest for r in read(PORTS, fixtures / "portwatch_ports" / "good.json")}
