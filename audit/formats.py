"""Tables on their way out: CSV, XLSX and JSON lines, row by row, never a live formula in somebody's spreadsheet.

CSV: RFC 4180, UTF-8 with a BOM so that spreadsheets read it as such. A text that a spreadsheet would take for a formula
gets an apostrophe in front (OWASP, CSV injection); `unescaped` takes it off again. JSON lines: one object per line.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

FORMULA = re.compile(r"^'*[=+\-@\t\r\n＝＋－＠]")  # the apostrophes are counted, so that the escape can be taken back
AT_ONCE = 500  # rows between two pieces of a stream
MOST_XLSX = 1_048_575  # rows of a sheet below its head
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl; charset=utf-8",
}
_NUMBER = re.compile(r"^[+-]?\d[\d., ]*$")


def escaped(text: str) -> str:
    """The text as no spreadsheet takes it for a formula. Numbers stay as they are, negative ones too."""
    return f"'{text}" if FORMULA.match(text) and not _NUMBER.match(text) else text


def unescaped(text: str) -> str:
    """The text without the apostrophe that `escaped` gave it."""
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) and not _NUMBER.match(text[1:]) else text


def csv_pieces(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A CSV file in pieces of some hundred rows. Moments are written as given: format them before."""
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow([escaped(str(name)) for name in head])
    for number, row in enumerate(rows, start=1):
        writer.writerow([_text(value) for value in row])
        if number % AT_ONCE == 0:
            yield _taken(out)
    yield _taken(out)


def json_pieces(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """JSON lines in pieces of some hundred."""
    out = io.StringIO()
    for number, row in enumerate(rows, start=1):
        json.dump(row, out, ensure_ascii=False, default=_plain)
        out.write("\n")
        if number % AT_ONCE == 0:
            yield _taken(out)
    yield _taken(out)


def xlsx_pieces(head: Sequence[str], rows: Iterable[Sequence[Any]], title: str) -> Iterator[bytes]:
    """An Excel file, written beside and then given in pieces. Texts are texts; naive moments become Excel's own.

    Nothing is given before all rows were read. Raises ValueError for more rows than a sheet holds.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name) for name in head])
    for number, row in enumerate(rows, start=1):
        if number > MOST_XLSX:
            sheet.close()
            raise ValueError(f"an Excel sheet holds no more than {MOST_XLSX:,} rows")
        sheet.append([_cell(sheet, value) for value in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(65_536):
            yield piece


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return escaped(value)
    return str(_plain(value))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime | dt.date) else str(value)


def _cell(sheet: Any, value: Any) -> Any:
    if value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        return value
    cell = WriteOnlyCell(sheet)
    if isinstance(value, dt.datetime):
        cell.value, cell.number_format = value, "yyyy-mm-dd hh:mm:ss" if value.second else "yyyy-mm-dd hh:mm"
    elif isinstance(value, dt.date):
        cell.value, cell.number_format = value, "yyyy-mm-dd"
    else:
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", str(value))
        cell.data_type = "s"  # "=1+1" stays a text
    return cell
