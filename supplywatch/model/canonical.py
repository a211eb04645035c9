"""One form of bytes for equal values, to be hashed: JSON Canonicalization Scheme, RFC 8785."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of plain JSON values.

    >>> canonical({"b": 1.0, "a": ["é", None]}).decode()
    '{"a":["é",null],"b":1}'
    """
    return rfc8785.dumps(value)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical bytes, in hexadecimal digits.

    >>> digest({})[:8]
    '44136fa3'
    """
    return hashlib.sha256(canonical(value)).hexdigest()
