"""The one way to a terminal and to a log line: texts of publishers, uploads and topics are shown, never carried out.

A name may hold signs that a terminal obeys (move up, set the title, read from the right) or that the table library takes for mark-up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from supplywatch.secrecy import masked

if TYPE_CHECKING:
    from rich.table import Table

_C0_C1 = [*range(0x20), *range(0x7F, 0xA0)]
_LINES = [0x2028, 0x2029]
_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_UNSEEN = [0xFFF9, 0xFFFA, 0xFFFB, *range(0xE0000, 0xE0080)]
_HALVES = range(0xD800, 0xE000)


def _escape(code: int) -> str:
    """Return what stands for a sign; within a JSON text it means the sign itself."""
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + ((code - 0x10000) >> 10):04x}\\u{0xDC00 + ((code - 0x10000) & 0x3FF):04x}"


_SHOWN = {code: _escape(code) for code in (*_C0_C1, *_LINES, *_BIDI, *_UNSEEN, *_HALVES)}
_SHOWN_IN_LINES = {code: shown for code, shown in _SHOWN.items() if code not in (0x09, 0x0A)}
"""Our own sentences have lines and indents."""


def visible(text: str, *, lines: bool = False) -> str:
    r"""Return a text without our secrets, whose control signs, signs of direction and halves of characters are written out.

    >>> visible("Evil \x1b[31mRED\x9b"), visible("a\nb"), visible("a\nb", lines=True), visible("txt\u202eexe")
    ('Evil \\u001b[31mRED\\u009b', 'a\\u000ab', 'a\nb', 'txt\\u202eexe')
    """
    return masked(text).translate(_SHOWN_IN_LINES if lines else _SHOWN)


def say(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text, whatever is in it; ``err`` prints to stderr, ``nl`` ends the line."""
    import typer

    typer.echo(visible(str(text), lines=True), err=err, nl=nl)


def progress(text: str) -> None:
    """Write over the last line of stderr."""
    import typer

    typer.echo(f"\r{visible(text)}", err=True, nl=False)


def table(columns: Iterable[str], rows: Iterable[Iterable[object]], *, title: str | None = None) -> Table:
    """Return a table of plain texts: the library would read ``[b]`` and ``:boom:`` in a string as orders."""
    from rich.table import Table
    from rich.text import Text

    made = Table(title=None if title is None else Text(visible(title)), box=None, header_style="bold", pad_edge=False, title_justify="left")
    for column in columns:
        made.add_column(Text(visible(column)), overflow="fold")
    for row in rows:
        made.add_row(*(Text("" if cell is None else visible(str(cell))) for cell in row))
    return made


def print_table(columns: Iterable[str], rows: Iterable[Iterable[object]], *, title: str | None = None) -> None:
    """Print a table; colour and width follow the terminal."""
    from rich.console import Console

    # A pipe has no width: do not fold lines that a program will read.
    Console(highlight=False, width=None if sys.stdout.isatty() else 220).print(table(columns, rows, title=title))


def visible_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Show the texts of a log event (a processor of ``structlog``): a value with a line break would forge a second line."""
    return {key: _shown(value, lines=key in ("exception", "stack")) for key, value in event.items()}


def _shown(value: Any, *, lines: bool) -> Any:
    if isinstance(value, str):
        return visible(value, lines=lines)
    if isinstance(value, dict):
        return {_shown(key, lines=lines): _shown(each, lines=lines) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(each, lines=lines) for each in value]
    return visible(str(value)) if isinstance(value, BaseException) else value
