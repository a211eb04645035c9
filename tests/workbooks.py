"""Small workbooks for tests, written from tables."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

from connectors._reading.read import table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def package(book: zipfile.ZipFile, sheet: str = "rId7") -> None:
    """Write what every workbook says of its parts."""
    kinds = f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
    book.writestr("[Content_Types].xml", kinds)
    for name, number, kind, target in (
        ("_rels/.rels", "r0", "officeDocument", "xl/workbook.xml"),
        ("xl/_rels/workbook.xml.rels", sheet, "worksheet", "worksheets/sheet1.xml"),
    ):
        relation = f'<Relationship Id="{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        book.writestr(name, f'<Relationships xmlns="{PACKAGE}/relationships">{relation}</Relationships>')


def column(number: int) -> str:
    return chr(65 + number)


def workbook(text: str, name: str = "Monthly Prices", extra: str = "") -> bytes:
    """Return a workbook with the rows of a table, texts shared, numbers as numbers, empty cells left out."""
    strings: list[str] = []
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        (cells,) = [cells for _, cells in table(line, "line")] or [[]]
        written = []
        for index, cell in enumerate(cells):
            place = f"{column(index)}{number}"
            if cell.replace(".", "", 1).isdigit():
                written.append(f'<c r="{place}"><v>{cell}</v></c>')
            elif cell:
                strings.append(cell)
                written.append(f'<c r="{place}" t="s"><v>{len(strings) - 1}</v></c>')
        rows.append(f'<row r="{number}">{"".join(written)}</row>')
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        sheets = f'<sheet name={quoteattr(name)} sheetId="1" r:id="rId7"/>'
        package(book)
        book.writestr("xl/workbook.xml", f'{extra}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets></workbook>')
        shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{shared}</sst>')
        book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>')
    return out.getvalue()
