"""Is this packed file a workbook that may be opened? All is judged on the packed bytes, before anything is parsed.

Sizes that the file states of itself hold: `zipfile` unpacks no more than stated, and finds a wrong checksum.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .errors import NotAFile
from .table import MAX_CELLS, MAX_ROWS

MAX_UNPACKED = 200 * 1000 * 1000
MAX_RATIO = 100  # unpacked to packed, of files large enough to harm
RATIO_FROM = 20 * 1000 * 1000
MAX_STRINGS = 500_000
MAX_PARTS = 2_000
MAX_SMALL_PART = 8 * 1000 * 1000  # styles, properties, relations: openpyxl reads each of them at once
MAX_TAGS = 6 * MAX_CELLS
_PIECE = 1 << 20
_LARGE = ("xl/worksheets/", "xl/pivotCache/", "xl/drawings/", "xl/media/", "xl/charts/", "xl/printerSettings/")
_OVERRIDE = re.compile(rb"<(?:\w+:)?Override\b[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_FAR = re.compile(rb'\br="[A-Z]{3,}\d')
_TAIL = 32


@dataclass
class Scan:
    """What was counted in a workbook's parts: rows with something in them, and whether a part is no usual Excel."""

    rows: dict[str, int] = field(default_factory=dict)  # path of a sheet → rows
    merged: dict[str, int] = field(default_factory=dict)


def check_packed(data: bytes) -> Scan:
    """Refuse what must not be opened. Raises NotAFile: damaged, no_workbook, binary_excel, open_document, password,
    macros, links, unpacked, ratio, entities, strict, strings, rows, empty_rows, cells, columns.
    """
    with _opened(data) as archive:
        _check_parts(archive, len(data))
        scan = Scan()
        for part in archive.infolist():
            if part.filename.endswith((".xml", ".rels", ".vml")):
                _check_text(archive, part, scan)
        return scan


@contextmanager
def _opened(data: bytes) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise NotAFile("damaged") from error


def _check_parts(archive: zipfile.ZipFile, packed: int) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if len(parts) > MAX_PARTS or len(set(names)) < len(names):
        raise NotAFile("damaged")
    _check_kind(set(names))
    if any(part.flag_bits & 1 for part in parts):
        raise NotAFile("password")
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise NotAFile("damaged")
    total = sum(part.file_size for part in parts)
    if total > RATIO_FROM and total > MAX_RATIO * packed:
        raise NotAFile("ratio")
    if total > MAX_UNPACKED:
        raise NotAFile("unpacked", limit=MAX_UNPACKED // 1_000_000)
    small = (part for part in parts if not part.filename.startswith(_LARGE) and part.filename != "xl/sharedStrings.xml")
    if any(part.file_size > MAX_SMALL_PART for part in small):
        raise NotAFile("unpacked", limit=MAX_SMALL_PART // 1_000_000)
    _check_manifest(archive)
    _check_links(archive, names)


def _check_kind(names: set[str]) -> None:
    if "xl/workbook.bin" in names:
        raise NotAFile("binary_excel")
    if "mimetype" in names and "content.xml" in names:
        raise NotAFile("open_document")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise NotAFile("no_workbook")
    if any(name.lower().endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        raise NotAFile("macros")


def _check_manifest(archive: zipfile.ZipFile) -> None:
    """The manifest names no macros, and what openpyxl reads at once stands not where large parts may be."""
    text = archive.read("[Content_Types].xml")
    if b"macroEnabled" in text:
        raise NotAFile("macros")
    for tag in _OVERRIDE.findall(text):
        at_once = any(kind in tag for kind in (b"main+xml", b"styles+xml", b"theme+xml", b"sharedStrings+xml"))
        if at_once and any(b'"/' + place.encode() in tag for place in _LARGE):
            raise NotAFile("damaged")


def _check_links(archive: zipfile.ZipFile, names: list[str]) -> None:
    """Other workbooks that cells may show old values of. A link whose target Excel lost shows #REF!, which is told."""
    for name in names:
        if name.startswith("xl/externalLinks/_rels/"):
            tags = _RELATION.findall(archive.read(name))
            if any(b"xlPathMissing" not in tag for tag in tags):
                raise NotAFile("links")


def _check_text(archive: zipfile.ZipFile, part: zipfile.ZipInfo, scan: Scan) -> None:
    count: dict[bytes, int] = dict.fromkeys((b"<", b"<si", b"<c ", b":c ", b"<row", b":row", b"mergeCell "), 0)
    tail = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            text = tail + piece
            _check_piece(text, part.filename, first=not tail)
            for mark in count:
                count[mark] += text.count(mark) - tail.count(mark)
            if count[b"<"] > MAX_TAGS or count[b"<c "] + count[b":c "] > MAX_CELLS:
                raise NotAFile("cells", limit=f"{MAX_CELLS:,}")
            _check_rows(count)
            if "sharedstrings" in part.filename.lower() and count[b"<si"] > MAX_STRINGS:
                raise NotAFile("strings", limit=f"{MAX_STRINGS:,}")
            tail = text[-_TAIL:]
    if part.filename.startswith("xl/worksheets/"):
        scan.rows[part.filename] = count[b"<row"] + count[b":row"]
        scan.merged[part.filename] = count[b"mergeCell "]


def _check_rows(count: dict[bytes, int]) -> None:
    """Empty rows cost as much as others; a sheet that is formatted to its very end has a million of them."""
    rows = count[b"<row"] + count[b":row"]
    if rows <= 1.1 * MAX_ROWS:
        return
    if count[b"<c "] + count[b":c "] > rows:
        raise NotAFile("rows", limit=f"{MAX_ROWS:,}")
    raise NotAFile("empty_rows", limit=f"{MAX_ROWS:,}")


def _check_piece(text: bytes, name: str, *, first: bool) -> None:
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise NotAFile("entities")
    if first and b"\x00" in text[:4]:
        raise NotAFile("entities")  # UTF-16, which Excel never writes: what it says could not be looked for
    if name == "xl/workbook.xml" and b"purl.oclc.org/ooxml" in text:
        raise NotAFile("strict")
    if name.startswith("xl/worksheets/") and _FAR.search(text):
        raise NotAFile("columns", limit=702)
