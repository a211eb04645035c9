"""Numbers of counterparties: what each kind must look like, and whether its check digits fit."""

from __future__ import annotations

import re

from supplywatch.model.list_entry import IdentifierKind

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FORMS: dict[IdentifierKind, tuple[re.Pattern[str], str]] = {
    "uscc": (re.compile(rf"[{_USCC}]{{18}}"), "18 digits and letters without I, O, S, V, Z"),
    "lei": (re.compile(r"[0-9A-Z]{18}\d{2}"), "20 digits and letters, the last two digits"),
    "imo": (re.compile(r"\d{7}"), "7 digits"),
    "duns": (re.compile(r"\d{9}"), "9 digits"),
    "swift": (re.compile(r"[A-Z]{6}[0-9A-Z]{2}(?:[0-9A-Z]{3})?"), "8 or 11 digits and letters"),
}
_BLANKS = re.compile(r"[\s.\-]+")
_AS_NUMBER = re.compile(r"\d+(?:\.\d+)?E\+\d+")


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


def checks(kind: IdentifierKind, value: str) -> bool:
    """Tell whether the check digits of a number fit: of one that was mistyped they mostly do not.

    >>> checks("uscc", "9144030071526726XG"), checks("imo", "9074728"), checks("lei", "HWUPKR0MPOU8FGXBT394")
    (True, False, True)
    """
    if kind == "uscc":
        total = sum(_USCC.index(character) * pow(3, place, 31) for place, character in enumerate(value[:17]))
        return _USCC[-total % 31] == value[17]
    if kind == "lei":
        return int("".join(str(int(character, 36)) for character in value)) % 97 == 1
    if kind == "imo":
        return sum(int(digit) * (7 - place) for place, digit in enumerate(value[:6])) % 10 == int(value[6])
    return True
