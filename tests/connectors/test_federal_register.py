"""The Federal Register: pages, windows of time, corrections, every refusal."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.policy.federal_register import FIRST_DAY, SOURCE, URL
from supplywatch.errors import Quarantine
from supplywatch.intake import guards
from supplywatch.model.records import PolicyAct
from supplywatch.model.source import Cursor, Part, Payload, Request
from tests.stepping import events, given

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def acts(*paths: Path, request: Request | None = None) -> list[PolicyAct]:
    parts = tuple(Part(path.read_bytes(), path.name, request=request) for path in paths)
    return [act for act in SOURCE.parse(Payload("federal_register", parts, NOW)) if isinstance(act, PolicyAct)]


def test_two_pages_say_what_one_says(fixtures: Path) -> None:
    folder = fixtures / "federal_register"
    asked = Request(URL)
    one, two = acts(folder / "good.json"), acts(folder / "page1.json", folder / "page2.json", request=asked)
    assert [act.digest for act in one] == [act.digest for act in two]
    first = one[0]
    assert (first.observed, first.effective, first.citation) == ("2026-10-12", date(2026, 10, 10), "91 FR 60001")
    assert {act.authority for act in one} == {"Bureau of Industry and Security"}


def test_corrections_name_what_they_correct(fixtures: Path) -> None:
    found = {act.document_number: act for act in acts(fixtures / "federal_register" / "good.json")}
    for number in ("C1-2026-20001", "2026-20005"):
        assert (found[number].act_type, found[number].corrects) == ("correction", "2026-20001")


def test_a_window_that_is_not_whole_is_refused(fixtures: Path) -> None:
    with pytest.raises(Quarantine, match="3 of 6 documents") as refused:
        acts(fixtures / "federal_register" / "page1.json", request=Request(URL))
    assert refused.value.reason == "truncated"
    assert len(acts(fixtures / "federal_register" / "page1.json")) == 3, "a file given by hand may be a part"


def test_a_page_read_by_hand_says_that_it_is_one_of_several(fixtures: Path) -> None:
    folder = fixtures / "federal_register"
    body = json.loads((folder / "page1.json").read_bytes()) | {"count": 47, "total_pages": 16}
    told: list[str] = []
    payload = Payload("federal_register", (Part(json.dumps(body).encode(), "answer.json"),), NOW)
    guards.read(SOURCE, payload, now=NOW, warn=told.append)
    assert told == ["answer.json: 3 of 47 documents, 1 of 16 pages: the others are not read; give all pages, joined by +"]
    told.clear()
    pages = tuple(Part((folder / name).read_bytes(), name) for name in ("page1.json", "page2.json"))
    guards.read(SOURCE, Payload("federal_register", pages, NOW), now=NOW, warn=told.append)
    assert told == []


def test_the_next_page_is_asked_for_on_the_same_host_only(fixtures: Path) -> None:
    body = (fixtures / "federal_register" / "page1.json").read_bytes()
    asked = Request(f"{URL}?fields[]=title", {"per_page": "3"})
    following = SOURCE.next_request(Part(body, "page1", request=asked))
    assert following is not None
    assert (following.url, following.params["page"]) == (asked.url, "2")
    elsewhere = body.replace(b"www.federalregister.gov/api/v1/documents?", b"evil.example/api/v1/documents?")
    with pytest.raises(Quarantine, match="next_page_url"):
        SOURCE.next_request(Part(elsewhere, "page1", request=asked))
    last = (fixtures / "federal_register" / "page2.json").read_bytes()
    assert SOURCE.next_request(Part(last, "page2", request=asked)) is None


def test_time_is_asked_for_year_by_year() -> None:
    first = list(SOURCE.requests(Cursor(NOW)))
    assert len(first) == NOW.year - FIRST_DAY.year + 1
    gaps = [(r.params["conditions[publication_date][gte]"], r.params["conditions[publication_date][lte]"]) for r in first]
    assert gaps[0] == ("2018-01-01", "2018-12-31")
    assert gaps[1][0] == "2019-01-01"
    later = list(SOURCE.requests(Cursor(NOW, last_observed="2026-11-19")))
    assert [r.params["conditions[publication_date][gte]"] for r in later] == ["2026-10-20"]


REFUSED = {
    "bad_unknown_type.json": ("source_changed", "Ukase"),
    "bad_new_field.json": ("source_changed", "mood"),
    "bad_missing_title.json": ("source_changed", "title"),
    "bad_date.json": ("source_changed", "10/16/2026"),
    "bad_effective.json": ("source_changed", "soon"),
    "bad_agencies.json": ("source_changed", "agencies"),
    "bad_error.json": ("error_body", "is invalid"),
    "bad_count.json": ("source_changed", "count"),
    "bad_cut.json": ("truncated", "cut at character"),
    "bad_page.html": ("error_body", "web page"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named(fixtures: Path, name: str) -> None:
    reason, words = REFUSED[name]
    with pytest.raises(Quarantine, match=words) as refused:
        acts(fixtures / "federal_register" / name)
    assert refused.value.reason == reason


def test_every_bad_fixture_is_in_the_table(fixtures: Path) -> None:
    assert {path.name for path in (fixtures / "federal_register").glob("bad_*")} == set(REFUSED)


def test_the_rules_hear_of_it(fixtures: Path) -> None:
    body = (fixtures / "federal_register" / "good.json").read_bytes()
    found = {e.subject.id: e for e in events("federal_register", [given("federal_register", body)], "control_rule")}
    assert {key.rpartition("/")[2]: e.severity.value for key, e in found.items()} == {
        "2026-20001": "warning",
        "2026-20004": "watch",
        "C1-2026-20001": "info",
        "2026-20005": "info",
    }


@pytest.mark.gate
def test_genuine_page(data: Path) -> None:
    body = (data / "policy" / "federal_register" / "erich_documents_response_2021.json").read_bytes()
    asked = Part(body, "documents.json", request=Request(URL))
    with pytest.raises(Quarantine, match="20 of 873370"):
        list(SOURCE.parse(Payload("federal_register", (asked,), NOW)))
    page = json.loads(body)
    assert len(list(SOURCE.parse(given("federal_register", body).payload))) == len(page["results"]) == 20
