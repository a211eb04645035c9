"""Nationalities: adjectives and remarks."""

import pytest

from supplywatch.reading.countries import is_code
from supplywatch.reading.nationalities import _codes, nations


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Moroccan", ("MA",)),
        ("Dual Lebanese and Canadian citizenship", ("LB", "CA")),
        ("Presumed Eritrean", ("ER",)),
        ("Uzbek (since 1998)", ("UZ",)),
        ("Jordan (by birth)", ("JO",)),
        ("Syrian passport", ("SY",)),
        ("Former USSR", ()),
        ("Section 3: Kenya", ("KE",)),
        ("Korean", None),
        ("Kurdish", None),
        ("", None),
    ],
)
def test_a_nationality_is_read_among_its_words(text: str, codes: tuple[str, ...] | None) -> None:
    assert nations(text) == codes


def test_every_adjective_has_a_country() -> None:
    assert len(_codes()) > 180
    assert all(is_code(code) or code == "XK" for code in _codes().values())
