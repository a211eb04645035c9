"""What calamine does not tell of a cell: zeros that its number format shows, that a formula made it, that it holds an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from supplywatch.errors import Quarantine, SourceChanged
from supplywatch.reading.workbook_members import Bounds, tree_of

Mark = Callable[[str], str]
_PLACE = re.compile(rb' r="([A-Z]{0,3})([0-9]{1,7})"')
_ANY_PLACE = re.compile(rb'\sr\s*=\s*["\']([A-Z]{0,3})([0-9]{1,7})["\']')
_UNUSUAL = (b" r='", b"\tr", b"\nr", b"r =", b"r= ", b"\rr")
"""Without any of these in it a document names its places in the one way that is found three times as fast."""
_FORMULAS_AND_ERRORS = (b"<f>", b"<f ", b"<f/", b":f>", b":f ", b":f/", b't="e"', b"t='e'", b"t =", b"t= ")
_VALUE = rb"(\s[^<>]*)>\s*(<(?:\w+:)?f\b[^<>]*(?:/>|>[^<>]*</(?:\w+:)?f>))?\s*(?:<(?:\w+:)?v>([^<>]*)<)?"
_ATTRIBUTE = re.compile(rb'\b(r|s|t)\s*=\s*["\']([^"\']*)["\']')
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|([-/ ().])|(0)')
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_LAST_ROW = 1_048_576


class Marks:
    """Cells that are more than their value, by row."""

    def __init__(self) -> None:
        self._rows: dict[int, list[tuple[int, Mark]]] = {}

    def add(self, row: int, column: int, mark: Mark) -> None:
        """Mark a cell."""
        self._rows.setdefault(row, []).append((column, mark))

    def of(self, row: int) -> Sequence[tuple[int, Mark]]:
        """Return column and mark of the marked cells of a row, both from 0."""
        return self._rows.get(row, ())


def marks_of(document: bytes, styles: bytes | None, label: str, bounds: Bounds) -> Marks:
    """Return the marks of a sheet; refuse one that would be laid out beyond the bounds.

    Raises
    ------
    Quarantine
        ``too_large``; ``source_changed`` for too many columns, or a formula without its place.
    """
    _check_extent(document, label, bounds)
    found = Marks()
    formats = dict(_zero_formats(styles, label))
    if not formats and not any(sign in document for sign in _FORMULAS_AND_ERRORS):
        return found
    for cell in _marked(formats).finditer(document):
        attributes = {key: value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(cell[1])}
        form = formats.get(attributes.get(b"s", "0"))
        error = attributes.get(b"t") == "e"
        if not (cell[2] or error or (form and attributes.get(b"t", "n") == "n" and cell[3])):
            continue
        place = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", attributes.get(b"r", ""))
        if place is None:
            raise SourceChanged("cell", attributes.get(b"r", "without its place"), label, "a place such as B2; save the workbook again")
        row, column = int(place[2]) - 1, column_of(place[1])
        if error:
            found.add(row, column, _said((cell[3] or b"#VALUE!").decode("utf-8", "replace")))
        if form:
            found.add(row, column, _shown(form))
        if cell[2]:
            found.add(row, column, FormulaText)
    return found


class FormulaText(str):
    """What a formula came to when the workbook was saved."""

    __slots__ = ()


def _marked(formats: Iterable[str]) -> re.Pattern[bytes]:
    """Return what finds the cells in question: of 800,000 cells most are in none, and a look at each in Python takes seconds."""
    styles = "|".join(formats).encode() or b"-"
    style = rb"[^<>]*\s(?:s\s*=\s*[\"'](?:" + styles + rb")[\"']|t\s*=\s*[\"']e[\"'])"
    return re.compile(rb"<(?:\w+:)?c(?=" + style + rb"|[^<>]*>\s*<(?:\w+:)?f\b)" + _VALUE)


def column_of(letters: str) -> int:
    """Return the number of a column, from 0.

    >>> column_of("A"), column_of("AA"), column_of("XFD")
    (0, 26, 16383)
    """
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1


def zeros(form: str) -> tuple[str, ...] | None:
    """Return the parts of a number format of zeros, ``None`` for any other: digits are dealt to its zeros from the right.

    >>> zeros("0000"), zeros('"V-"000'), zeros("00-00"), zeros("#,##0.00"), zeros("General"), zeros("0")
    (('0', '0', '0', '0'), ('V-', '0', '0', '0'), ('0', '0', '-', '0', '0'), None, None, None)
    """
    parts, end = [], 0
    first = form.split(";", maxsplit=1)[0]
    for token in _TOKEN.finditer(first):
        if token.start() != end:
            return None
        end = token.end()
        parts.append(token[1] or token[2] or token[3] or token[4] or "")
    plain = first.count("0") < 2 or "." in first
    return None if end != len(first) or plain else tuple(parts)


def _zero_formats(styles: bytes | None, label: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield number of style and parts of its format, for formats of zeros."""
    if styles is None or b"00" not in styles:
        return
    tree = tree_of(styles, "xl/styles.xml", label)
    named = {each.tag.rpartition("}")[2]: each for each in tree}
    codes: Mapping[str | None, str] = {each.get("numFmtId"): each.get("formatCode") or "" for each in named.get("numFmts", ())}
    for number, style in enumerate(named.get("cellXfs", ())):
        if (parts := zeros(codes.get(style.get("numFmtId"), ""))) is not None:
            yield str(number), parts


def _shown(parts: Sequence[str]) -> Mark:
    def mark(text: str) -> str:
        if not (text.isascii() and text.isdigit()):
            return text
        digits = list(text.zfill(parts.count("0")))
        shown: list[str] = []
        for part in reversed(parts):
            shown.append(digits.pop() if part == "0" else part)
        lead = next(n for n, part in enumerate(parts) if part == "0")
        shown.reverse()
        return "".join([*shown[:lead], *digits, *shown[lead:]])

    return mark


def _said(text: str) -> Mark:
    return lambda _: text


def _cells(document: bytes) -> int:
    return sum(document.count(sign) for sign in (b"<c ", b"<c>", b"<c/", b":c ", b":c>", b":c/"))


def _check_extent(document: bytes, label: str, bounds: Bounds) -> None:
    pattern = _ANY_PLACE if any(sign in document for sign in _UNUSUAL) else _PLACE
    places = pattern.findall(document)
    widest = max((column_of(letters.decode()) for letters in {letters for letters, _ in places}), default=0) + 1
    if _cells(document) > sum(1 for letters, _ in places if letters):
        # Cells may do without their place; they stand one beside the other then.
        widest = max(widest, *map(_cells, _ROW.split(document)))
    if widest > bounds.columns:
        raise SourceChanged("cell", f"column {widest}", label, f"columns, at most {bounds.columns} of them")
    rows = max(map(int, {row for _, row in places}), default=1)
    if rows > _LAST_ROW or rows * widest > bounds.cells:
        raise Quarantine("too_large", f"{label}: its last cell stands in row {rows}, column {widest}: more than {bounds.cells} cells")
