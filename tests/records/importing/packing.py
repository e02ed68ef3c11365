"""Workbooks for tests, made by hand where openpyxl would write none such."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def book(rows: Iterable[Iterable[Any]], title: str = "Sheet1", epoch: Any = None, more: Any = None) -> bytes:
    """A workbook of one sheet; `more(sheet)` may do further things to it."""
    made = Workbook()
    if epoch is not None:
        made.epoch = epoch
    sheet = made.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if more:
        more(sheet)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    """A packed file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def parts_of(sheet: str, strings: str = "", doctype: str = "") -> dict[str, bytes]:
    """The parts of a smallest workbook; `sheet` is what stands in sheetData, `strings` the shared strings."""
    parts = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"{HEAD}"
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{RELS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'{HEAD}<styleSheet xmlns="{MAIN}"><cellXfs count="1"><xf/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'{HEAD}{doctype}<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    return {name: text.encode() for name, text in parts.items()}


def with_part(data: bytes, name: str, part: bytes) -> bytes:
    """The workbook with a part more, or another one of that name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    return packed(parts | {name: part})


def many_cells(count: int) -> bytes:
    """Few bytes that hold that many cells."""
    row = "".join('<c r="A1"><v>1</v></c>' for _ in range(500))
    return packed(parts_of(f"<row>{row}</row>" * (count // 500)))


def many_strings(count: int) -> bytes:
    """Few bytes that hold that many shared strings."""
    return packed(parts_of('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', "<si><t>a</t></si>" * count))


def long_string(letters: int, cells: int) -> bytes:
    """One long shared string, pointed at by many cells."""
    rows = '<row><c t="s"><v>0</v></c></row>' * cells
    return packed(parts_of(rows, f"<si><t>{'ab' * (letters // 2)}</t></si>"))


def entities() -> bytes:
    """The billion laughs."""
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE sst [<!ENTITY l0 "lol">{lines}]>'
    return packed(parts_of('<row><c t="s"><v>0</v></c></row>', "<si><t>&l9;</t></si>", doctype))


def far_cells(rows: int) -> bytes:
    """Rows whose only cell stands far to the right, so that what lies between would be made."""
    return packed(parts_of("".join(f'<row r="{n}"><c r="ZZ{n}"><v>1</v></c></row>' for n in range(1, rows))))
