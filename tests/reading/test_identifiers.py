"""Numbers: forms, check digits, and tax numbers of a country."""

from typing import Any

import pytest

from supplywatch.reading.identifiers import checks, fault_of, tidy


@pytest.mark.parametrize(
    ("kind", "value", "country", "fits"),
    [
        ("uscc", "91110000600037341L", None, True),
        ("uscc", "91110000600037341M", None, False),
        ("uscc", "93110000600037341L", None, False),
        ("lei", "213800KUD8LAJWSQ9D15", None, True),
        ("lei", "213800KUD8LXJWSQ9D15", None, False),
        ("lei", "15", None, False),
        ("imo", "8814275", None, True),
        ("imo", "8814274", None, False),
        ("tax", "DE136695976", "DE", True),
        ("tax", "DE136695978", "DE", False),
        ("tax", "136695978", None, True),
        ("tax", "no such form", "DE", True),
        ("tax", "16.727.230/0001-97", "BR", True),
        ("tax", "16.727.230/0001-98", "BR", False),
        ("tax", "12345", "AQ", True),
        ("registration", "HRB 12345", "DE", True),
    ],
)
def test_check_digits(kind: Any, value: str, country: str | None, fits: bool) -> None:
    assert checks(kind, value, country) is fits


def test_a_code_of_a_cooperative_begins_with_a_letter() -> None:
    body = "N2110000MA00001X2"
    code = next(body + digit for digit in "0123456789ABCDEFGHJKLMNPQRTUWXY" if checks("uscc", body + digit))
    assert fault_of("uscc", code) is None
    assert tidy("uscc", f" {code[:4].lower()} {code[4:]}") == code
    assert fault_of("uscc", "9144030071526726XG") is None
    assert fault_of("lei", "٢١٣٨٠٠KUD8LAJWSQ9D15") is not None
