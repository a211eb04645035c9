"""Traditional Chinese characters as their simplified ones, where a table knows only these."""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import Any

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def simplified(text: str) -> str:
    """Return a text with traditional characters as simplified ones; any other text as it is.

    >>> simplified("公司名稱"), simplified("Name")
    ('公司名称', 'Name')
    """
    return str(_converter().convert(text)) if _HAN.search(text) else text


@cache
def _converter() -> Any:
    return importlib.import_module("opencc").OpenCC("t2s")  # reads its dictionaries: 100 ms
