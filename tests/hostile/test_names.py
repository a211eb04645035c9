"""Names and addresses made to take long are read in time that grows with their length, and mean what they meant."""

from __future__ import annotations

import time

import httpx
import pytest

from supplywatch.intake.response import shown
from supplywatch.listing.names import name_key
from supplywatch.screening.normal import forms
from supplywatch.screening.written import MOST_CHARACTERS, imo_of, plain

MOST_S = 0.05


def seconds(run: object) -> float:
    """Return the processor time of the fastest of three runs: a busy machine only adds to it."""
    times = []
    for _ in range(3):
        start = time.process_time()
        run()  # type: ignore[operator]
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize(
    "name",
    [
        "Harbour;" + " " * 9_000 + "Works",
        "Harbour " + "(;" * 5_000,
        "Harbour" + ", 12 b" * 1_600,
        "Harbour " + " - sales dept" * 800,
        "Harbour" + " \u3000(" * 3_300,
        "any successor " * 700,
        "IMO IMO " * 1_200,
        "Co., " * 2_000,
    ],
)
def test_a_name_of_ten_thousand_signs(name: str) -> None:
    def read() -> None:
        plain.cache_clear()
        plain(name)

    assert seconds(read) < MOST_S
    assert seconds(lambda: imo_of(name)) < MOST_S
    assert forms(name)
    assert seconds(lambda: name_key(name)) < MOST_S


@pytest.mark.parametrize(
    "address", ["https://h.example/" + "?key" * 2_400, "https://h.example/?" + "keytoken" * 1_200, "https://h.example/" + "&token" * 1_600]
)
def test_an_address_without_an_equals_sign(address: str) -> None:
    url = httpx.URL(address)
    assert seconds(lambda: shown(url)) < MOST_S


def test_secrets_in_an_address_are_still_masked() -> None:
    masked = shown(httpx.URL("https://h.example/a?go=http://b.example/?api_key=CANARY1&x=1&Token=CANARY2?more&y=2"))
    assert "CANARY" not in masked
    assert "x=1" in masked


def test_what_surrounds_a_name_still_goes() -> None:
    for text in (
        "Harbour Optics, No. 12 Quay Street, Fictown",
        "Harbour Optics and any successor, sub-unit, or subsidiary thereof",
        "Harbour Optics; a.k.a. the following two aliases",
        "Harbour Optics - Sales Dept.",
        "Harbour Optics (IMO No. 9074729)",
        "Harbour   Optics",
    ):
        assert plain(text) == "Harbour Optics"


def test_blanks_make_no_difference_and_the_rest_of_a_long_name_is_not_compared() -> None:
    assert forms("Harbour" + " " * 2_000 + "Optics") == forms("Harbour Optics")
    assert len(plain("ab " * 5_000)) <= MOST_CHARACTERS
