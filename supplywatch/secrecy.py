"""Secrets of this process, so that no text that leaves it repeats one: a publisher's error may echo the key that it was asked with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 6
"""A password of fewer characters would be found inside plain words, and every text would be full of holes."""
_known: dict[str, None] = {}
_patterns: list[re.Pattern[str]] = []
"""One that finds every secret, once there is one."""


def learn(secrets: Iterable[str | None]) -> None:
    """Remember secrets, in each form in which addresses and JSON write them."""
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST:
            _known.update(dict.fromkeys((secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1])))
    if _known:
        # The longest first: one secret may be the beginning of another.
        _patterns[:] = [re.compile("|".join(re.escape(form) for form in sorted(_known, key=len, reverse=True)))]


def masked(text: str) -> str:
    """Return a text in which every secret that was learnt is ``***``.

    >>> learn(["k3y/with?signs"])
    >>> masked("GET /x?key=k3y%2Fwith%3Fsigns said: bad key k3y/with?signs")
    'GET /x?key=*** said: bad key ***'
    """
    for pattern in _patterns:
        text = pattern.sub(MASK, text)
    return text
