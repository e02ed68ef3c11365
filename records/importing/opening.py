"""Any file → a table. What it is, is told by its bytes, never by its name; then it is looked into, or read."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import own_format
from .errors import NotAFile
from .headings import LOOKED_AT, clean, guess_header_row, is_codes, make_table
from .reader import read_text
from .table import MAX_BYTES, Table
from .workbook import open_workbook

SHOWN = 12  # rows of a look
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_EXCEL = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00\x04")
_PICTURES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
Line = tuple[int, list[str]]


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: about how many rows, whether Excel hides it, and its merged ranges."""

    name: str
    rows: int
    hidden: bool = False
    merged: int = 0


@dataclass(frozen=True)
class Look:
    """What a file seems to be, to be confirmed or corrected before it is read.

    `kind` is csv or xlsx, `sheet` the one looked at, `header_row` the line guessed to hold the headings (0: none),
    `skip` how many rows below them repeat them as codes; `first` are its first lines as they stand. `epoch` is the
    workbook's: "1900" or "1904".
    """

    kind: str
    name: str
    size: int
    header_row: int
    headings: list[str]
    first: list[Line]
    skip: int = 0
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[Sheet] = field(default_factory=list)
    epoch: str = ""
    own: bool = False


@dataclass(frozen=True)
class _Source:
    """An opened file: how to read its lines from the start, and what was found out about it."""

    kind: str
    lines: Iterable[Line]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[Sheet] = field(default_factory=list)
    epoch: str = ""


def kind_of(data: bytes) -> str:
    """csv or xlsx. Raises NotAFile: empty, size, password, old_excel, web_page, binary."""
    if len(data) > MAX_BYTES:
        raise NotAFile("size", limit=MAX_BYTES // 1_000_000)
    if data.startswith(b"PK\x03\x04"):
        return "xlsx"
    if data.startswith(_OLE):
        raise NotAFile("password" if "EncryptedPackage".encode("utf-16-le") in data else "old_excel")
    if data.startswith(_OLD_EXCEL):
        raise NotAFile("old_excel")
    if data.startswith(_PICTURES):
        raise NotAFile("binary")
    start = data[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head")):
        raise NotAFile("web_page")
    return "csv"


def look_into(
    data: bytes, name: str, *, sheet: str = "", header_row: int | None = None, encoding: str = "", delimiter: str = ""
) -> Look:
    """Look at a file before anything is said about it; what was said already is taken as said. Raises NotAFile."""
    with _source(data, sheet, encoding, delimiter) as source:
        first = list(itertools.islice(source.lines, LOOKED_AT))
    if not first:
        raise NotAFile("empty")
    head = guess_header_row(first) if header_row is None else header_row
    headings = next(([clean(cell) for cell in cells] for line, cells in first if line == head), [])
    after = [cells for line, cells in first if line > head]
    return Look(
        kind=source.kind,
        name=name,
        size=len(data),
        header_row=head,
        headings=headings,
        first=first[:SHOWN],
        skip=int(bool(after) and is_codes(after[0], headings)),
        encoding=source.encoding,
        delimiter=source.delimiter,
        sheet=source.sheet,
        sheets=source.sheets,
        epoch=source.epoch,
        own=own_format.recognise(headings) is not None,
    )


def open_table(
    data: bytes,
    name: str = "",
    sheet: str | None = None,
    header_row: int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    *,
    skip: int | None = None,
) -> Table:
    """The table of a CSV, TSV or XLSX file. What is not given is found: the first sheet, the line of the headings, how
    many rows below repeat them as codes (`skip`), encoding and delimiter.

    Raises NotAFile; rows that cannot be read are errors of the table, lines that are no rows stand in `skipped`.
    """
    said = (sheet or "", encoding or "", delimiter or "")
    look = look_into(data, name, sheet=said[0], header_row=header_row, encoding=said[1], delimiter=said[2])
    with _source(data, look.sheet, look.encoding, look.delimiter) as source:
        table = make_table(
            source.lines,
            header_row=look.header_row,
            skip=look.skip if skip is None else skip,
            notes=True,
            kind=source.kind,
            encoding=source.encoding,
            delimiter=source.delimiter,
            sheet=source.sheet,
            own=look.own,
        )
    return own_format.as_written(table) if look.own else table


@contextmanager
def _source(data: bytes, sheet: str, encoding: str, delimiter: str) -> Iterator[_Source]:
    if kind_of(data) == "csv":
        text = read_text(data, encoding=encoding, delimiter=delimiter)
        yield _Source("csv", text.lines(), text.encoding, text.delimiter)
        return
    with open_workbook(data) as book:
        sheets = [Sheet(n, book.rows_of(n), book.is_hidden(n), book.merged_in(n)) for n in book.sheets]
        chosen = sheet or next((s.name for s in sheets if s.rows and not s.hidden), sheets[0].name)
        yield _Source("xlsx", book.lines(chosen), sheet=chosen, sheets=sheets, epoch=book.epoch)
