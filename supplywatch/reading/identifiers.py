"""Numbers of parties: what each kind must look like, and whether its check digits fit, as ``python-stdnum`` computes them.

The forms stay ours: stdnum takes an LEI of any length, and refuses the social credit codes of cooperatives, which begin with a letter.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from typing import Any

from supplywatch.model.list_entry import IdentifierKind

_USCC = "0-9A-HJ-NPQRTUWXY"
_FORMS: dict[IdentifierKind, tuple[re.Pattern[str], str]] = {
    "uscc": (
        re.compile(rf"[{_USCC}]{{2}}[0-9]{{6}}[{_USCC}]{{10}}"),
        "18 digits and letters without I, O, S, V, Z (3 to 8 digits)",
    ),
    "lei": (re.compile(r"[0-9A-Z]{18}[0-9]{2}"), "20 digits and letters, the last two digits"),
    "imo": (re.compile(r"[0-9]{7}"), "7 digits"),
    "duns": (re.compile(r"[0-9]{9}"), "9 digits"),
    "swift": (re.compile(r"[A-Z]{6}[0-9A-Z]{2}(?:[0-9A-Z]{3})?"), "8 or 11 digits and letters"),
}
_BLANKS = re.compile(r"[\s.\-]+")
_AS_NUMBER = re.compile(r"(?<!\d)\d++(?:\.\d++)?E\+\d+")


def tidy(kind: IdentifierKind, value: str) -> str:
    """Return a number as it is kept: capitals without blanks and dashes where the kind has a form of its own.

    >>> tidy("uscc", "9144 0300-7084616988"), tidy("imo", "IMO 9074729")
    ('914403007084616988', '9074729')
    """
    if kind not in _FORMS:
        return value.strip()
    plain = _BLANKS.sub("", value).upper()
    return plain.removeprefix("IMO") if kind == "imo" else plain


def fault_of(kind: IdentifierKind, value: str) -> str | None:
    """Return why a tidy number cannot be one of its kind, ``None`` when it can.

    >>> fault_of("uscc", "9144030071526726XG"), fault_of("lei", "12")
    (None, 'is no LEI: 20 digits and letters, the last two digits')
    """
    if _AS_NUMBER.fullmatch(value):
        return "was turned into a rounded number by a spreadsheet; format the column as text and enter it again"
    if kind in _FORMS:
        form, told = _FORMS[kind]
        if not form.fullmatch(value):
            return f"is no {kind.upper()}: {told}"
    elif not any(map(str.isalnum, value)) or len(value) > 100:
        return "is no number that could name anybody"
    return None


def checks(kind: IdentifierKind, value: str, country: str | None = None) -> bool:
    """Tell whether the check digits of a number fit: of one that was mistyped they mostly do not.

    A tax number is looked at where its country is known and one of the country's kinds has its form.

    >>> checks("uscc", "9144030071526726XG"), checks("imo", "9074728"), checks("lei", "HWUPKR0MPOU8FGXBT394")
    (True, False, True)
    >>> checks("tax", "7707083893", "RU"), checks("tax", "7707083894", "RU"), checks("tax", "17", "RU"), checks("tax", "7707083894")
    (True, False, True, True)
    """
    if kind in _FORMS and not _FORMS[kind][0].fullmatch(value):
        return False
    match kind:
        case "uscc":
            return bool(_module("cn.uscc").calc_check_digit(value[:17]) == value[17])
        case "lei" | "imo":
            return bool(_module(kind).is_valid(value))
        case "tax":
            return _tax_checks(value, country)
        case _:
            return True


def _tax_checks(value: str, country: str | None) -> bool:
    """A country has several tax numbers; one is doubted only when it has the form of one, and the digits of none."""
    doubted = False
    for module in _tax_modules(country.lower() if country else ""):
        try:
            module.validate(value)
            return True
        except _module("exceptions").InvalidChecksum:
            doubted = True
        except _module("exceptions").ValidationError:
            continue
    return not doubted


@cache
def _tax_modules(country: str) -> tuple[Any, ...]:
    if country not in _tax_countries():
        return ()
    package = _module(country)
    return tuple(_module(f"{country}.{found.name}") for found in pkgutil.iter_modules(package.__path__))


@cache
def _tax_countries() -> frozenset[str]:
    return frozenset(found.name for found in pkgutil.iter_modules(_module("").__path__) if found.ispkg)


@cache
def _module(name: str) -> Any:
    # Loaded when a number is first looked at: it brings ssl and pydoc along, 60 ms that most commands need not pay.
    return importlib.import_module(f"stdnum.{name}" if name else "stdnum")
