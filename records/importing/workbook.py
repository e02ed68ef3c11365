"""XLSX workbooks, read row by row with openpyxl after `packed.check_packed` let them pass."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.exceptions import InvalidFileException

from .cells import text_of
from .errors import NotAFile
from .packed import Scan, check_packed
from .table import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_TEXT

_BROKEN = (ParseError, KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, InvalidFileException)
Line = tuple[int, list[str]]


class Workbook:
    """An opened workbook. `sheets` are the names of those with cells, in the order of the file."""

    def __init__(self, book: Any, scan: Scan) -> None:
        self._book, self._scan = book, scan
        self._sheets = {sheet.title: sheet for sheet in book.worksheets}
        self.sheets = list(self._sheets)
        self.epoch = "1904" if book.epoch.year == 1904 else "1900"
        if not self.sheets:
            raise NotAFile("strict")

    def rows_of(self, name: str) -> int:
        """About how many rows the sheet has; an empty one that has a format counts."""
        return self._scan.rows.get(self._path(name), 0)

    def merged_in(self, name: str) -> int:
        """How many merged ranges the sheet has; of each only the first cell has a value."""
        return self._scan.merged.get(self._path(name), 0)

    def is_hidden(self, name: str) -> bool:
        """Whether Excel does not show the sheet."""
        return self._sheets[name].sheet_state != "visible"

    def lines(self, name: str) -> Iterator[Line]:
        """(line, cells) of every row that holds something. Raises NotAFile: no_sheet, damaged, rows, cells, text."""
        if name not in self._sheets:
            raise NotAFile("no_sheet", name=name, sheets=", ".join(self.sheets))
        sheet = self._sheets[name]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        caps = _Caps()
        with _readable():
            for line, row in enumerate(sheet.iter_rows(), start=1):
                cells = ["" if cell is EMPTY_CELL else text_of(cell) for cell in row]
                if caps.holds_something(cells):
                    yield line, cells

    def close(self) -> None:
        """Let go of the file."""
        self._book.close()

    def _path(self, name: str) -> str:
        return str(getattr(self._sheets[name], "_worksheet_path", ""))


class _Caps:
    """Counts what was read, and stops where it becomes too much."""

    def __init__(self) -> None:
        self.rows = self.cells = self.letters = 0

    def holds_something(self, cells: list[str]) -> bool:
        """Whether the row is one, counted. Raises NotAFile."""
        text = "".join(cells)
        self.letters += len(text)
        self.cells += len(cells)
        filled = bool(text.strip())
        self.rows += filled
        self._check(cells)
        return filled

    def _check(self, cells: list[str]) -> None:
        if len(cells) > MAX_COLUMNS:
            raise NotAFile("columns", limit=MAX_COLUMNS)
        if self.rows > MAX_ROWS + 1:
            raise NotAFile("rows", limit=f"{MAX_ROWS:,}")
        if self.cells > MAX_CELLS:
            raise NotAFile("cells", limit=f"{MAX_CELLS:,}")
        if self.letters > MAX_TEXT:
            raise NotAFile("text", limit=f"{MAX_TEXT:,}")


@contextmanager
def open_workbook(data: bytes) -> Iterator[Workbook]:
    """The workbook of these bytes. Raises NotAFile as check_packed does, and "damaged"."""
    scan = check_packed(data)
    with _readable(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what no row needs: styles, extensions
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    opened = Workbook(book, scan)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def _readable() -> Iterator[None]:
    """openpyxl says in many ways that a workbook is broken."""
    try:
        yield
    except DefusedXmlException as error:
        raise NotAFile("entities") from error
    except NotAFile:
        raise
    except _BROKEN as error:
        raise NotAFile("damaged") from error
