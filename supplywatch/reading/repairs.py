"""Names that went through a web form or the wrong encoding, as they were before."""

from __future__ import annotations

import html
import importlib
import re
from functools import cache
from typing import Any

_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_SUSPECT = re.compile("[\u0080-\u00ff\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{2}|Ð|Ñ")
"""UTF-8 read as Latin-1 shows each character as two or three of these; hardly any name has two of them in a row."""


def repaired(text: str) -> str:
    """Return a text with HTML entities as the characters they stand for, and UTF-8 that was read as another encoding read again.

    >>> repaired("Xi&#39;an S&ouml;hne"), repaired("SÃ¶hne GmbH"), repaired("AT&T; Söhne"), repaired("Société Générale")
    ("Xi'an Söhne", 'Söhne GmbH', 'AT&T; Söhne', 'Société Générale')
    """
    plain = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    if _ENTITY.search(plain):
        plain = _ENTITY.sub(lambda found: html.unescape(found[0]), plain)  # "&amp;#39;": through two forms
    return str(_ftfy().fix_encoding(plain)) if _SUSPECT.search(plain) else plain


@cache
def _ftfy() -> Any:
    return importlib.import_module("ftfy")
