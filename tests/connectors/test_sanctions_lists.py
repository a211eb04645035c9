"""Lists of OFAC, the UN, the EU, the United Kingdom, Switzerland, Canada and Taiwan: what an entry says."""

from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from supplywatch.errors import Quarantine
from supplywatch.intake import guards
from supplywatch.model.records import Alias, ListEntry
from supplywatch.model.source import Cursor, Part, Payload, Request
from supplywatch.registry import source
from tests.faults.monitor import Watch
from tests.faults.server import Publisher, send

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def read(source_id: str, *names: str) -> dict[str, ListEntry]:
    parts = tuple(Part((FIXTURES / source_id / name).read_bytes(), name) for name in names)
    reading = guards.read(source(source_id), Payload(source_id, parts, NOW), now=NOW, warn=lambda _: None)
    return {f"{entry.list_code}/{entry.key}": entry for entry in reading.entries}


def names(entry: ListEntry) -> set[tuple[str, str]]:
    return {(alias.text, alias.kind) for alias in entry.aliases}


def numbers(entry: ListEntry) -> set[tuple[str, str, str | None]]:
    return {(number.kind, number.value, number.country) for number in entry.identifiers}


def test_three_files_of_ofac_are_one_list() -> None:
    joined = FIXTURES / "ofac_sdn" / "good.csv"
    parts = [Part(body, f"{number}.csv") for number, body in enumerate(joined.read_bytes().split(b"\x1a")[:3])]
    whole = list(source("ofac_sdn").parse(Payload("ofac_sdn", tuple(parts), NOW)))
    assert whole == list(read("ofac_sdn", "good.csv").values())
    assert [request.url.rsplit("/")[-1] for request in source("ofac_sdn").requests(Cursor(NOW))] == ["SDN.CSV", "ADD.CSV", "ALT.CSV"]


@pytest.mark.loopback
def test_three_requests_of_one_poll_are_one_list(server: Publisher, watch: Watch) -> None:
    watched = watch(source("ofac_sdn"), most_requests=3)
    parties, addresses, aliases = (FIXTURES / "ofac_sdn" / "good.csv").read_bytes().split(b"\x1a")[:3]
    server.serve(send(parties), send(addresses), send(aliases + b"\x1a"))
    assert watched.poll().outcome == "accepted"
    assert len(server.asked) == 3
    server.serve(send(parties), send(addresses), send(b"oops", 500))
    assert watched.poll().outcome == "unreachable", "two files of three are no list"
    server.serve(send(parties), send(parties), send(aliases))
    assert watched.poll().reason in ("source_changed", "truncated")


@pytest.mark.loopback
def test_the_signed_address_of_a_redirect_is_kept_nowhere(server: Publisher, watch: Watch) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if "X-Amz-Signature" in handler.path:
            send((FIXTURES / "ofac_sdn" / "good.csv").read_bytes())(handler)
        else:
            send(b"", 302, Location=f"{server.url}/released/SDN.CSV?X-Amz-Signature=5ec2e7")(handler)

    watched = watch(source("ofac_sdn"))
    server.answer = answer
    assert watched.poll().outcome == "accepted"
    assert any("5ec2e7" in path for path in server.asked)
    kept = [repr(entry) for entry in watched.logged()] + [repr(watched.state)]
    assert not any("5ec2e7" in words for words in kept)


def test_sdn_entries_hold_what_their_rows_say() -> None:
    found = read("ofac_sdn", "good.csv")
    company, holding, person, ship, plane = (found[f"SDN/{number}"] for number in range(101, 106))
    assert (company.name, company.countries, company.addresses) == (
        "SYNTHETIC AVIATION CO.",
        ("RU",),
        ("1 Synthetic Street, Moscow 101000, RU",),
    )
    assert names(company) == {("SYNTHAVIA", "strong"), ("SYNTHETIC AIR FLEET", "former")}
    assert numbers(company) == {("tax", "7700000001", "RU"), ("registration", "1027700000001", None), ("swift", "SYNTRUMM", None)}
    assert [(r.kind, r.name) for r in company.relations] == [("linked_to", "SYNTHETIC HOLDING JSC")]
    assert (holding.programs, holding.countries) == (("SYNTH", "NPWMD"), ("CN", "HK"))
    assert names(holding) == {("SYNTHETIC GROUP JSC", "strong"), ("SYNTH HOLD", "weak")}
    assert {kind for kind, _, _ in numbers(holding)} == {"uscc", "duns"}
    assert (person.party_kind, person.countries) == ("person", ("IR",))
    assert ("other", "1948-12-10", None) in numbers(person)
    assert ("passport", "A0000001", "IR") in numbers(person)
    assert (ship.countries, [(r.kind, r.name) for r in ship.relations]) == (("PA",), [("owned_by", "Synthetic Shipping S.A.")])
    assert ("imo", "9074729", None) in numbers(ship)
    assert (plane.countries, plane.addresses) == ((), ())


def test_a_party_on_two_consolidated_lists_is_two_entries() -> None:
    found = read("ofac_consolidated", "good.csv")
    assert {key for key in found if key.endswith("/201")} == {"SSI/201", "NS-MBS/201"}
    assert {key for key in found if key.endswith("/202")} == {"SSI/202", "CAP/202"}
    assert found["SSI/201"].content_key != found["NS-MBS/201"].content_key


def test_un_entries_hold_what_their_elements_say() -> None:
    found = read("un_consolidated", "good.xml")
    person, company = found["UNSC/GBi.901"], found["UNSC/IRe.901"]
    assert (person.name, person.countries, person.programs) == ("SYNTHETIC PERSON THE FIRST", ("GW",), ("GB",))
    assert str(person.effective) == "2015-03-27"
    assert names(person) == {("شخص تركيبي", "native"), ("SYNTH FIRST", "strong"), ("Synthi", "weak")}
    assert {value for _, value, _ in numbers(person)} == {"AA000001", "circa 1970", "1968 to 1972", "1970-01-02"}
    assert company.addresses == ("PO BOX 1, Tehran, 11191, IR",)
    assert Alias(text="OLD SYNTHETIC TRADING", kind="former") in company.aliases
    assert [(r.kind, r.name, r.key) for r in company.relations] == [("owned_by", "Synthetic Holding", "IRe.902")]


def test_advanced_entries_hold_names_in_their_script_features_and_relationships() -> None:
    found = read("ofac_advanced", "good.xml")
    company, person, ship = (found[f"SDN/{number}"] for number in (901, 902, 903))
    assert (company.name, company.countries, company.addresses) == (
        "SYNTHETIC TECHNOLOGY CO., LTD.",
        ("CN",),
        ("1 Synthetic Road, Shenzhen, CN",),
    )
    assert company.aliases == (
        Alias(text="合成科技有限公司", kind="native", language="zh-Hans"),
        Alias(text="SYNTECH", kind="weak"),
        Alias(text="STC", kind="abbreviation"),
        Alias(text="OLD SYNTHETIC TECHNOLOGY", kind="former"),
    )
    assert numbers(company) == {
        ("uscc", "91110000802100433B", "CN"),
        ("swift", "SYNTCNBJ", None),
        ("other", "synthetic000address", None),
    }
    assert [(r.kind, r.name, r.key) for r in company.relations] == [("owned_by", "PARTY, Synthetic", "902")]
    assert (company.programs, str(company.effective)) == (("SYNTH",), "2022-04-14")
    assert (person.name, person.party_kind, person.countries) == ("PARTY, Synthetic", "person", ("IR",))
    assert person.aliases == (Alias(text="حزب تركيبي", kind="native", language="und-Arab"),)
    assert numbers(person) == {("passport", "A0000001", "IR"), ("other", "1948-12-10", None), ("other", "circa 1950", None)}
    assert "Gender Male; A synthetic person." in (person.remarks or "")
    assert [(r.kind, r.key) for r in person.relations] == [("linked_to", "903")], "what was once is a link, no ownership"
    assert (ship.party_kind, ship.countries, ship.addresses) == ("vessel", ("PA",), ("Nowhere",))
    assert numbers(ship) == {("imo", "9074729", None)}
    assert {(r.kind, r.name) for r in ship.relations} == {
        ("owned_by", "Synthetic Shipping S.A."),
        ("linked_to", "SYNTHETIC TECHNOLOGY CO., LTD."),
    }


def test_advanced_files_name_the_lists() -> None:
    found = read("ofac_advanced", "good.xml", "good_consolidated.xml")
    assert {key for key in found if key.endswith("/901")} == {"SDN/901", "SSI/901", "NS-MBS/901"}
    assert found["NS-MBS/901"].programs == ("RUSSIA-EO14024",)


def test_eu_entries_hold_what_their_attributes_say() -> None:
    found = read("eu_fsf", "good_delisted.xml")
    assert set(found) == {"EU/EU.9001.01", "EU/EU.9002.01"}, "what is delisted is not listed"
    person, company = found["EU/EU.9001.01"], found["EU/EU.9002.01"]
    assert (person.name, person.party_kind, person.countries) == ("Synthetic PERSON", "person", ("RU",))
    assert person.aliases == (
        Alias(text="Синтетическая Персона", kind="native", language="ru"),
        Alias(text="Synthi", kind="weak"),
        Alias(text="Synth P.", kind="weak"),
    )
    assert numbers(person) == {("passport", "75 0000001", "RU"), ("other", "1952-10-07", None), ("other", "circa 1953", None)}
    assert (person.programs, person.citation) == (("UKR", "BLR"), "2022/332 (OJ L53); 2023/1216 (OJ L159)")
    assert (str(person.effective), str(person.published)) == ("2022-02-25", "2022-02-24")
    assert (company.addresses, company.countries) == (("P.O. Box 88, 1 Synthetic Road, Tower, Hong Kong, HK",), ("HK",))
    assert numbers(company) == {("registration", "7700000001", None), ("imo", "9074729", None)}
    assert [(r.kind, r.name, r.share) for r in company.relations] == [("owned_by", "Synthetic Holding JSC", 0.51)]
    assert Alias(text="合成航运有限公司", kind="native", language="zh") in company.aliases


def test_uk_table_and_xml_say_the_same() -> None:
    from_table = read("uk_sanctions", "good.csv")
    assert from_table == read("uk_sanctions", "good.xml")
    assert from_table == read("uk_sanctions", "good_no_report.csv")
    person, company, ship = (from_table[f"UK/SYN000{number}"] for number in (1, 2, 3))
    assert (person.name, person.countries, str(person.effective)) == ("Synthetic Ivanovich PERSON", ("RU",), "2022-03-16")
    assert names(person) == {
        ("Synthetic PERSONA", "strong"),
        ("SYNTHI", "weak"),
        ('SYNTH, "JJ"', "strong"),
        ("Синтетическая Персона", "native"),
    }
    assert {value for _, value, _ in numbers(person)} == {"75 0000001", "000000001", "1945", "1952-10-07"}
    assert (company.addresses, company.countries) == (("PO BOX 1, IR", "2 Synthetic Road, HK"), ("HK", "IR"))
    assert {(r.kind, r.name) for r in company.relations} == {
        ("subsidiary_of", "Synthetic Holding JSC"),
        ("parent_of", "Synthetic Retail LLC"),
        ("owned_by", "Synthetic Person"),
    }
    assert (ship.party_kind, ship.countries, numbers(ship)) == ("vessel", ("PA",), {("imo", "9074729", None)})


def test_the_uk_landing_page_leads_to_the_list() -> None:
    uk = source("uk_sanctions")
    (first,) = uk.requests(Cursor(NOW))
    landing = (FIXTURES / "uk_sanctions" / "page_1.html").read_bytes()
    following = uk.next_request(Part(landing, "page", request=first))
    assert following == Request("https://assets.publishing.service.gov.uk/media/0000/UK-Sanctions-List.csv")
    table = Part((FIXTURES / "uk_sanctions" / "page_2.csv").read_bytes(), "list", request=following)
    assert uk.next_request(table) is None
    with pytest.raises(Quarantine, match="without a link"):
        uk.next_request(Part(landing, "page", request=following))
    with pytest.raises(Quarantine, match="without a link"):
        uk.next_request(Part(landing.replace(b".csv", b".pdf"), "page", request=first))
    parts = (Part(landing, "page", request=first), table)
    assert len(list(uk.parse(Payload("uk_sanctions", parts, NOW)))) == 16


def test_swiss_targets_hold_what_their_elements_say() -> None:
    found = read("ch_sesam", "good.xml")
    assert "CH/1004" not in found, "what is delisted is not listed"
    person, company, ship = (found[f"CH/{number}"] for number in (1001, 1002, 1003))
    assert (person.name, person.countries) == ("Person Synthetic", ("RU",))
    assert person.addresses == ("1 Synthetic Street, 101000, Moscow, Moscow Oblast, RU",)
    assert set(person.aliases) == {
        Alias(text="Персонов Синтетический", kind="native", language="und-Cyrl"),
        Alias(text="Personov Synthetic"),
        Alias(text="Synthi", kind="weak"),
        Alias(text="Old Person", kind="former"),
    }
    assert numbers(person) == {("passport", "75 0000001", "RU"), ("tax", "770000000001", None), ("other", "1952-10-07", None)}
    assert (str(person.effective), str(person.published), person.programs) == ("2022-03-04", "2022-03-04", ("Synthetic",))
    assert [(r.kind, r.key) for r in person.relations] == [("linked_to", "1002")]
    assert (company.addresses, company.aliases) == (
        ("P.O. Box 88, Synthetic Agents, Hong Kong, HK",),
        (Alias(text="合成贸易公司", kind="native", language="zh-Hans"),),
    )
    assert {(r.kind, r.name, r.key) for r in company.relations} == {("owned_by", None, "1001"), ("owned_by", "Synthetic Holding JSC", None)}
    assert (ship.party_kind, numbers(ship)) == ("vessel", {("imo", "9074729", None)})


def test_canadian_records_hold_what_their_elements_say() -> None:
    found = read("ca_sema", "good.xml")
    assert found == read("ca_sema", "good_bilingual.xml")
    person, company, ship = (found[f"CA/Russia/1, Part {n}/{n}"] for n in (1, 2, 3))
    assert (person.name, person.party_kind, person.countries, person.programs) == ("Synthetic PERSON", "person", (), ("Russia",))
    assert {alias.text for alias in person.aliases} == {"Synthi", "S. Person"}
    assert company.name == "Synthetic Trading Co., Ltd."
    assert [(alias.text, alias.language) for alias in company.aliases] == [
        ("Commerce Synthétique Ltée", "fr"),
        ("STC", None),
        ("Syntraco Co., Ltd.", None),
    ]
    assert (ship.party_kind, numbers(ship), str(ship.effective)) == ("vessel", {("imo", "9074729", None)}, "2025-06-17")


def test_taiwanese_rows_hold_names_in_their_scripts() -> None:
    found = list(read("tw_shtc", "good.csv").values())
    assert found == list(read("tw_shtc", "good_mark.csv").values())
    company, person, nameless = found[:3]
    assert (company.name, company.countries) == ("Synthetic Optics Co., Ltd.", ("CN",))
    assert company.aliases == (
        Alias(text="合成光学有限公司", kind="native", language="zh-Hans"),
        Alias(text="SOC"),
        Alias(text="合成光學有限公司", kind="native", language="zh-Hant"),
    )
    assert (person.name, person.countries) == ("SYNTHETIC PERSON", ("CN", "KP"))
    assert {value for _, value, _ in numbers(person)} == {"836000001", "KPi.901"}
    assert nameless.name == "Nameless Synthetic Trading"
    assert len(found) == 18, "a row that names nobody is no entry"
