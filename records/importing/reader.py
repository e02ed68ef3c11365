"""Text files → lines of cells: encoding, delimiter, line ends, quotes. Every row keeps the line where it begins."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from statistics import mode

from .errors import NotAFile
from .headings import make_table
from .table import MAX_BYTES, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Table

__all__ = ["DELIMITERS", "ENCODINGS", "MAX_BYTES", "MAX_ROWS", "read_table"]

ENCODINGS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "gb18030": "gb18030", "latin-1": "cp1252"}  # offered → codec
DELIMITERS = (",", ";", "\t", "|")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE = 200_000  # characters that are looked at to find the delimiter
_JUDGED = 2_000_000  # bytes whose letters are judged
_PIECE = 1 << 20


def read_table(data: bytes, *, encoding: str = "", delimiter: str = "", header_row: int | None = None) -> Table:
    """Read a CSV or TSV file. `encoding` is a key of ENCODINGS, `delimiter` one of DELIMITERS; both are found if empty.

    The first line that holds something is the heading, unless `header_row` names another. Raises NotAFile: size, rows,
    cells, empty, workbook, encoding, encoding_chosen, quotes, no_header_row. Rows with too few or too many cells are
    errors of the table.
    """
    text = read_text(data, encoding=encoding, delimiter=delimiter)
    lines = text.lines()
    head = next((line for line, _ in text.lines()), None) if header_row is None else header_row
    if head is None:
        raise NotAFile("empty")
    return make_table(lines, header_row=head, encoding=text.encoding, delimiter=text.delimiter)


class Text:
    """A text file whose encoding and delimiter are known; `lines()` reads it from the start."""

    def __init__(self, data: bytes, encoding: str, delimiter: str) -> None:
        self.data, self.encoding, self.delimiter = data, encoding, delimiter

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """(line, cells) of every line that holds something. Raises NotAFile: rows, cells, columns, quotes."""
        return _lines(self.data, self.encoding, self.delimiter)


def read_text(data: bytes, *, encoding: str = "", delimiter: str = "") -> Text:
    """Find out how to read a text file, without reading it as a table yet. Raises NotAFile."""
    _check_size(data)
    chosen = encoding or find_encoding(data)
    sample = _check_letters(data, chosen)
    text = Text(data, chosen, delimiter or find_delimiter(sample))
    _check_rows(text)
    return text


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
        usual = mode(widths) if widths else 0
        if usual < 2:
            continue
        score = widths.count(usual) / len(widths) * 100 + usual
        if score > most:
            best, most = delimiter, score
    return best


def _check_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise NotAFile("size", limit=MAX_BYTES // 1_000_000)
    if not data.strip(b" \t\r\n\x0b\x0c\xef\xbb\xbf"):
        raise NotAFile("empty")


def _check_letters(data: bytes, encoding: str) -> str:
    """Decode all of it piece by piece; gives the beginning. Raises NotAFile: encoding_chosen, workbook."""
    decoder = codecs.getincrementaldecoder(ENCODINGS[encoding])()
    sample, line = "", 1
    for start in range(0, len(data), _PIECE):
        try:
            piece = decoder.decode(data[start : start + _PIECE], final=start + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise NotAFile("encoding_chosen", line=line, encoding=encoding) from error
        if "\x00" in piece:
            raise NotAFile("workbook")
        line += piece.count("\n")
        sample = sample or piece[:_SAMPLE]
    return sample


def _check_rows(text: Text) -> None:
    """Count before anything is kept, where there may be too many rows or cells. Raises NotAFile."""
    data, breaks = text.data, max(text.data.count(b"\n"), text.data.count(b"\r"))
    if breaks > MAX_ROWS + 1 and b'"' not in data:  # no line break can be inside a cell
        raise NotAFile("rows", limit=f"{MAX_ROWS:,}")
    if data.count(text.delimiter.encode()) > MAX_CELLS:
        raise NotAFile("cells", limit=f"{MAX_CELLS:,}")
    if breaks > MAX_ROWS + 1:
        for _ in text.lines():
            pass


def _is_utf8(data: bytes) -> bool:
    return _decodes(data, "utf-8")


def _decodes(data: bytes, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for start in range(0, len(data), _PIECE):
            decoder.decode(data[start : start + _PIECE], final=start + _PIECE >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _is_gb18030(data: bytes) -> bool:
    """Whether it decodes, and nearly all of it is everyday Chinese: two Latin letters make rare characters too."""
    if not _decodes(data, "gb18030"):
        return False
    wide = [letter for letter in data[:_JUDGED].decode("gb18030", "ignore") if ord(letter) > 127]
    everyday = sum(1 for letter in wide if _is_everyday(letter))
    return bool(wide) and everyday >= 0.9 * len(wide)


def _is_everyday(letter: str) -> bool:
    """Whether a letter stands in GB 2312, the everyday part of GB 18030."""
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _lines(data: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    stream = io.TextIOWrapper(io.BytesIO(data), ENCODINGS[encoding], newline="")
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    line, rows, count = 1, 0, 0
    try:
        for cells in reader:
            count += len(cells)
            if any(cell.strip() for cell in cells):
                rows += 1
                _check_counts(rows, count, len(cells))
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise NotAFile("quotes", line=line) from error


def _check_counts(rows: int, cells: int, width: int) -> None:
    if rows > MAX_ROWS + 1:
        raise NotAFile("rows", limit=f"{MAX_ROWS:,}")
    if cells > MAX_CELLS:
        raise NotAFile("cells", limit=f"{MAX_CELLS:,}")
    if width > MAX_COLUMNS:
        raise NotAFile("columns", limit=MAX_COLUMNS)


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
