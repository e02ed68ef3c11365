"""Bytes → a table: encoding, delimiter, line ends, quotes, headings. Every row keeps the line where it begins."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import NotAFile, RowError

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 200_000
ENCODINGS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "gb18030": "gb18030", "latin-1": "cp1252"}  # offered → codec
DELIMITERS = (",", ";", "\t", "|")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\u200b\ufeff]+")
_SAMPLE = 200_000  # characters that are looked at to find the delimiter


@dataclass(frozen=True)
class Column:
    """A column by position (from 0) and heading; headings may be empty or the same."""

    index: int
    name: str

    @property
    def label(self) -> str:
        """How to call it; by position where it has no heading."""
        return self.name or f"#{self.index + 1}"


@dataclass(frozen=True)
class Table:
    """Headings, rows as (line, cells) with as many cells as headings, and the rows that are not so."""

    columns: list[Column]
    rows: list[tuple[int, list[str]]]
    encoding: str
    delimiter: str
    errors: list[RowError] = field(default_factory=list)


def read_table(data: bytes, *, encoding: str = "", delimiter: str = "") -> Table:
    """Read a CSV or TSV file. `encoding` is a key of ENCODINGS, `delimiter` one of DELIMITERS; both are found if empty.

    Raises NotAFile: size, rows, empty, workbook, encoding, encoding_chosen, quotes. Rows with too few or too many cells
    are errors of the table.
    """
    _check_size(data)
    chosen = encoding or find_encoding(data)
    text = _decode(data, chosen)
    if "\x00" in text:
        raise NotAFile("workbook")
    delimiter = delimiter or find_delimiter(text)
    lines = _lines(text, delimiter)
    _line, heading = next(lines, (0, []))
    if not heading:
        raise NotAFile("empty")
    table = Table([Column(i, clean(name)) for i, name in enumerate(heading)], [], chosen, delimiter)
    for line, cells in lines:
        _add(table, line, cells)
    return table


def clean(heading: str) -> str:
    """A heading without byte-order mark, line breaks and surplus spaces."""
    return _SPACE.sub(" ", heading).strip()


def find_encoding(data: bytes) -> str:
    """The encoding by its mark, or the one the bytes can only be. Raises NotAFile where that is open."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")) or b"\x00" in data[:4096]:
        raise NotAFile("workbook")
    for name, fits in (("utf-8", _is_utf8), ("gb18030", _is_gb18030)):
        if fits(data):
            return name
    raise NotAFile("encoding", choices=", ".join(ENCODINGS))


def find_delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the same number of cells, more than one; the comma otherwise."""
    best, most = ",", 1.0
    for delimiter in DELIMITERS:
        widths = _widths(text[:_SAMPLE], delimiter)
        if not widths or widths[0] < 2:
            continue
        score = widths.count(widths[0]) / len(widths) * 100 + widths[0]
        if score > most:
            best, most = delimiter, score
    return best


def _check_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise NotAFile("size", limit=MAX_BYTES // 1024 // 1024)
    if not data.strip():
        raise NotAFile("empty")
    if (
        b'"' not in data and max(data.count(b"\n"), data.count(b"\r")) > MAX_ROWS + 1
    ):  # no line break can be inside a cell
        raise NotAFile("rows", limit=f"{MAX_ROWS:,}")


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(ENCODINGS[encoding])
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotAFile("encoding_chosen", line=line, encoding=encoding) from error


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_gb18030(data: bytes) -> bool:
    """Whether it decodes, and nearly all of it is everyday Chinese: two Latin letters make rare characters too."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    wide = [letter for letter in text if ord(letter) > 127]
    everyday = sum(1 for letter in wide if _is_everyday(letter))
    return bool(wide) and everyday >= 0.9 * len(wide)


def _is_everyday(letter: str) -> bool:
    """Whether a letter stands in GB 2312, the everyday part of GB 18030."""
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every line that holds something."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line, count = 1, 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                count += 1
                if count > MAX_ROWS + 1:
                    raise NotAFile("rows", limit=f"{MAX_ROWS:,}")
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise NotAFile("quotes", line=line) from error


def _widths(text: str, delimiter: str) -> list[int]:
    """How many cells the first lines have; what a cut sample breaks is left out."""
    found: list[int] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(found) == 50:
                break
            if cells:
                found.append(len(cells))
    except csv.Error:
        return []
    return found


def _add(table: Table, line: int, cells: list[str]) -> None:
    wanted = len(table.columns)
    if len(cells) > wanted and not any(cell.strip() for cell in cells[wanted:]):
        cells = cells[:wanted]  # a delimiter at the end of every line
    if len(cells) != wanted:
        table.errors.append(RowError(line, "ragged", params={"found": len(cells), "wanted": wanted}))
    else:
        table.rows.append((line, cells))
