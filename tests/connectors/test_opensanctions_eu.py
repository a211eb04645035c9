"""Annexes of EU regulations: consolidated and amending acts together, numbers with their labels, days in four shapes."""

from datetime import UTC, date, datetime
from pathlib import Path

from connectors.lists.opensanctions_eu import SOURCE
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Cursor, Part, Payload

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "opensanctions_eu"
NOW = datetime(2026, 8, 22, tzinfo=UTC)


def read(*names: str) -> list[ListEntry]:
    parts = tuple(Part((FIXTURES / name).read_bytes(), name) for name in names)
    return [entry for entry in SOURCE.parse(Payload("opensanctions_eu", parts, NOW)) if isinstance(entry, ListEntry)]


def test_a_consolidated_act() -> None:
    by_name = {entry.name: entry for entry in read("good.csv")}
    optics, chips = by_name["Synthetic Optics JSC"], by_name["Synthetic Chips Ltd"]
    assert (optics.list_code, optics.key, optics.effective, optics.countries) == ("833/2014 IV", "1", date(2022, 3, 12), ("RU",))
    assert [(alias.text, alias.kind) for alias in optics.aliases] == [
        ("АО «Синтетическая Оптика»", "native"),
        ("Sintoptika", "strong"),
        ("Synthetic Lens OAO", "former"),
    ]
    assert [(number.kind, number.value) for number in chips.identifiers] == [("uscc", "91440300769188559R"), ("registration", "0868520")]
    star = by_name["SYNTHETIC STAR"]
    assert (star.party_kind, star.effective, star.countries) == ("vessel", date(2026, 8, 7), ("CM",))
    assert [(number.kind, number.value) for number in star.identifiers] == [("imo", "9179842")]
    assert by_name["Synthetic Bank"].effective is None
    assert by_name["Synthetic Future Bank"].effective == date(2027, 1, 25)


def test_an_amending_act_replaces_and_adds_whatever_the_order_of_the_files() -> None:
    together = read("good.csv", "good_amending.csv")
    assert sorted(entry.name for entry in together) == sorted(entry.name for entry in read("good_amending.csv", "good.csv"))
    names = {(entry.list_code, entry.key): entry.name for entry in together}
    assert names["833/2014 IV", "2"] == "Synthetic Chips Limited"
    assert names["833/2014 IV", "4"] == "Synthetic Drives LLC"
    assert names["269/2014 I.PERSONS", "17"] == "Ivan Sintetik"
    assert len(together) == 8


def test_amending_acts_are_asked_for_by_name() -> None:
    urls = [request.url for request in SOURCE.requests(Cursor(NOW, options={"amendments": ["32026R1848"]}))]
    assert [url.rpartition("/data/")[2] for url in urls] == ["consolidated/32014R0833.csv", "amendments/32026R1848.csv"]
