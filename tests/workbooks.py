"""Small workbooks for tests, written from tables."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

from connectors._reading.read import table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


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
        relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        book.writestr("xl/workbook.xml", f'{extra}<workbook xmlns="{MAIN}" xmlns:r="{relations}"><sheets>{sheets}</sheets></workbook>')
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        target = '<Relationship Id="rId7" Type="t" Target="worksheets/sheet1.xml"/>'
        book.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{target}</Relationships>')
        shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{shared}</sst>')
        book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>')
    return out.getvalue()
