"""Any bytes → a table or one sentence: workbooks, texts, bombs."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
import zipfile

import pytest
from django.conf import settings
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from records.importing.errors import NotAFile
from records.importing.opening import look_into, open_table
from records.importing.packed import MAX_RATIO
from records.importing.table import DateText, DurationText, ErrorText, NumberText

from . import packing
from .doing import plan_of
from .packing import book, packed, parts_of, with_part

PLAIN = [["Name", "Made"], ["A", dt.datetime(2026, 3, 1, 9, 15)], ["B", dt.datetime(2026, 3, 2, 23, 59, 59)]]


def refusal(data, **said):
    with pytest.raises(NotAFile) as no:
        open_table(data, "file", **said)
    assert "%(" not in no.value.message
    return no.value.code


def rows_of(data, **said):
    return [cells for _line, cells in open_table(data, "file", **said).rows]


# ---- what a workbook says ----


def test_dates_are_exact_texts():
    table = open_table(book(PLAIN))
    assert [column.name for column in table.columns] == ["Name", "Made"]
    assert table.rows == [(2, ["A", "2026-03-01 09:15:00"]), (3, ["B", "2026-03-02 23:59:59"])]
    assert type(table.rows[0][1][1]) is DateText


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_both_epochs_give_the_same_days(epoch):
    data = book(PLAIN, epoch=epoch)
    assert look_into(data, "x").epoch == ("1904" if epoch else "1900")
    assert rows_of(data)[0][1] == "2026-03-01 09:15:00"


def test_fractions_of_days_are_rounded_to_the_second():
    style = '<cellXfs count="2"><xf/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    parts = parts_of(
        '<row><c t="inlineStr"><is><t>At</t></is></c></row><row><c s="1"><v>44197.47916666666</v></c></row>'
    )
    parts["xl/styles.xml"] = f'{packing.HEAD}<styleSheet xmlns="{packing.MAIN}">{style}</styleSheet>'.encode()
    assert rows_of(packed(parts)) == [["2021-01-01 11:30:00"]]  # 11:29:59.9999994 as stored


def test_numbers_errors_durations_and_percentages():
    def more(sheet):
        sheet["A2"], sheet["B2"], sheet["C2"] = 17850.0, 1.1, 0.25
        sheet["C2"].number_format = "0%"
        sheet["D2"], sheet["E2"] = dt.timedelta(days=10, hours=15, seconds=10), 420106199001011234
        sheet["F2"], sheet["G2"] = True, "#REF!"
        sheet["G2"].data_type = "e"

    cells = rows_of(book([["a", "b", "c", "d", "e", "f", "g"]], more=more))[0]
    assert cells[:4] == ["17850", "1.1", "25", "255:00:10"]
    assert [type(cell) for cell in cells[:4]] == [NumberText, NumberText, NumberText, DurationText]
    assert cells[5] == "yes"
    assert type(cells[6]) is ErrorText


def test_blank_same_and_missing_headings_stay_apart():
    table = open_table(book([["a b", "a b", None, "c"], [1, 2, 3, 4, 5]]))
    assert [column.label for column in table.columns] == ["a b", "a b", "#3", "c", "#5"]


def test_merged_cells_have_their_value_once():
    data = book([["Name", "Town"], ["A", "X"], [None, "Y"]], more=lambda sheet: sheet.merge_cells("A2:A3"))
    assert rows_of(data) == [["A", "X"], ["", "Y"]]
    assert look_into(data, "x").sheets[0].merged == 1


def test_a_wrong_dimension_hides_no_rows():
    data = book([["a"], *([n] for n in range(50))])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").replace(b'ref="A1:A51"', b'ref="A1:A3"')
    assert b'ref="A1:A3"' in xml
    assert len(rows_of(with_part(data, "xl/worksheets/sheet1.xml", xml))) == 50


def test_a_second_sheet_can_be_chosen_and_a_wrong_one_is_named():
    data = book([["a"], [1]], title="One", more=lambda sheet: sheet.parent.create_sheet("Two").append(["b"]))
    assert [sheet.name for sheet in look_into(data, "x").sheets] == ["One", "Two"]
    assert open_table(data, sheet="Two").columns[0].name == "b"
    assert refusal(data, sheet="Three") == "no_sheet"


# ---- where the table stands ----


@pytest.mark.parametrize("notes", [[["Printed by Ada"]], [[None, "that is all"]]])
def test_notes_around_a_table_are_no_rows(notes):
    rows = [["Customers 2026"], [], ["Name", "Town", "Phone", "Mail"], *(["A", "B", "C", "D"] for _ in range(5))]
    table = open_table(book([*rows, [], *notes]))
    assert (table.header_row, len(table.rows), table.skipped) == (3, 5, [1, 10])


def test_the_line_of_headings_can_be_said():
    data = book([["x", "y"], ["Name", "Town"], ["A", "B"]])
    assert [c.name for c in open_table(data, header_row=2).columns] == ["Name", "Town"]
    assert [c.label for c in open_table(data, header_row=0).columns] == ["#1", "#2"]
    assert len(open_table(data, header_row=0).rows) == 3
    assert refusal(data, header_row=9) == "no_header_row"


def test_a_second_row_of_field_codes_is_no_record():
    text = "客户姓名,负责人\nCustomername,Owner\n云帆,林悦\n".encode()
    assert look_into(text, "x").skip == 1
    assert rows_of(text) == [["云帆", "林悦"]]
    assert len(rows_of(text, skip=0)) == 2


def test_notes_under_a_text_are_no_errors():
    rows = "".join(f"A{n},B,C,D\n" for n in range(5))
    table = open_table(f"Name,Town,Phone,Mail\n{rows}\nConfidential Information\nCopyright (c)\n".encode())
    assert (len(table.rows), table.errors, table.skipped) == (5, [], [9, 8])


def test_tsv_and_what_it_is_called_do_not_matter():
    look = look_into(b"a\tb\n1\t2\n", "customers.xlsx")
    assert (look.kind, look.delimiter, look.headings) == ("csv", "\t", ["a", "b"])


# ---- what is refused ----

LINK = "xl/externalLinks/_rels/externalLink1.xml.rels"
STRICT = b'<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600, "password"),
        (lambda: OLE + "Workbook".encode("utf-16-le") + b"\0" * 600, "old_excel"),
        (lambda: b"\x09\x08\x10\x00\x00\x06", "old_excel"),
        (lambda: b"<html><table><tr><td>Name</td></tr></table></html>", "web_page"),
        (lambda: b"%PDF-1.7", "binary"),
        (lambda: b"PK\x03\x04rest", "damaged"),
        (lambda: book(PLAIN)[:3000], "damaged"),
        (lambda: packed({"a.txt": b"x"}), "no_workbook"),
        (lambda: packed({"mimetype": b"x", "content.xml": b"<x/>"}), "open_document"),
        (lambda: with_part(book(PLAIN), "xl/workbook.bin", b"x"), "binary_excel"),
        (lambda: with_part(book(PLAIN), "xl/vbaProject.bin", b"x"), "macros"),
        (lambda: with_part(book(PLAIN), LINK, b'<Relationship Id="1"/>'), "links"),
        (lambda: with_part(book(PLAIN), "xl/workbook.xml", STRICT), "strict"),
        (lambda: with_part(book(PLAIN), "xl/worksheets/sheet1.xml", b"<worksheet><broken"), "damaged"),
        (lambda: book([["a"], *([n] for n in range(3))]) + b"", None),
        (lambda: b"x" * 20_000_001, "size"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_its_own_sentence(make, code):
    if code is None:
        assert len(rows_of(make())) == 3
    else:
        assert refusal(make()) == code


def test_a_workbook_of_many_cells_is_not_ratio_refused_when_small():
    data = book([["a", "b"], *(["same", "same"] for _ in range(2000))])
    assert len(rows_of(data)) == 2000
    assert MAX_RATIO >= 100


BOMBS = {
    "cells": (lambda: packing.many_cells(5_000_000), {"ratio", "cells"}),
    "strings": (lambda: packing.many_strings(2_000_000), {"ratio", "strings"}),
    "long": (lambda: packing.long_string(1_000_000, 100_000), {"ratio", "text"}),
    "entities": (packing.entities, {"entities"}),
    "far": (lambda: packing.far_cells(100_000), {"cells", "ratio"}),
    "rows": (lambda: b'a,"b"\n' + b'1,"2"\n' * 1_000_000, {"rows"}),
    "commas": (lambda: b"a," * 9_000_000, {"cells"}),
    "empty": (lambda: packed(parts_of("<row/>" * 900_000)), {"empty_rows"}),
}
MEASURE = """
import json, sys, time
sys.path.insert(0, {base!r})
import django
django.setup()
from records.importing.errors import NotAFile
from records.importing.opening import look_into, open_table
data = open({file!r}, "rb").read()
look_into(b"a,b\\n1,2\\n", "warm")
def most():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before, begun = most(), time.process_time()
try:
    open_table(data, "bomb")
    code = "opened"
except NotAFile as no:
    code = no.code
print(json.dumps([code, time.process_time() - begun, (most() - before) / 1024]))
"""


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_do_no_harm(name, tmp_path):
    make, codes = BOMBS[name]
    file = tmp_path / "bomb"
    file.write_bytes(make())
    assert file.stat().st_size < 20_000_000
    script = MEASURE.format(base=str(settings.BASE_DIR), file=str(file))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    code, seconds, megabytes = json.loads(done.stdout)
    assert code in codes
    assert seconds <= 2
    assert megabytes <= 100


# ---- how cells are read ----


def column(*cells, said=None, more=None):
    data = book([["name", "made"], *([f"A{n}", cell] for n, cell in enumerate(cells))], more=more)
    plan = plan_of(data, "customer", "name=name,made=entered_at", zone=dt.UTC, **(said or {}))
    times = [row.entered_at.isoformat(" ")[:19] for row in plan.rows if row.entered_at]
    return times, [(error.line, error.code) for error in plan.errors]


def test_texts_beside_true_dates_are_judged_like_those_of_a_text_file():
    day = dt.datetime(2026, 1, 2, 3, 4)
    assert column(day, "31/12/2025") == (["2026-01-02 03:04:00", "2025-12-31 00:00:00"], [])
    with pytest.raises(NotAFile) as no:
        column(day, "03/04/2025")
    assert no.value.code == "ambiguous"
    times, errors = column(day, "03/04/2025", "soon", "?", said={"date_formats": {"": "d/m/Y"}})
    assert (times, errors) == (["2026-01-02 03:04:00", "2025-04-03 00:00:00"], [(4, "date")])


@pytest.mark.parametrize(
    ("cells", "form", "times"),
    [
        ([44197, 44197.5], "excel-1900", ["2021-01-01 00:00:00", "2021-01-01 12:00:00"]),
        ([42735], "excel-1904", ["2021-01-01 00:00:00"]),
        ([1609459200], "epoch-s", ["2021-01-01 00:00:00"]),
        (["1609459200000"], "epoch-ms", ["2021-01-01 00:00:00"]),
        ([20210101], "Ymd", ["2021-01-01 00:00:00"]),
    ],
)
def test_numbers_are_dates_only_where_that_is_chosen(cells, form, times):
    with pytest.raises(NotAFile) as no:
        column(*cells)
    assert no.value.code == "unreadable"
    assert column(*cells, said={"date_formats": {"": form}}) == (times, [])


def test_numbers_of_a_sheet_have_a_point_whatever_the_texts_have():
    data = book([["name", "amount"], ["A", 1234.5], ["B", "1.234,50"], ["C", -5]])
    plan = plan_of(data, "opportunity", "name=name,amount=amount", decimal=",", no_customer="none")
    assert [str(row.values["amount"]) for row in plan.rows] == ["1234.5", "1234.50", "-5"]


def test_an_id_whose_digits_excel_has_cut_is_refused():
    data = book([["id", "name"], [420106199001011234, "A"], ["420106199001011234", "B"], [17850.0, "C"]])
    plan = plan_of(data, "customer", "id=external_id,name=name")
    assert [(error.line, error.code) for error in plan.errors] == [(2, "digits")]
    assert [row.external_id for row in plan.rows] == ["420106199001011234", "17850"]
