"""Files on their way out: texts stay texts in every spreadsheet, and come back as they were."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from audit import formats

DANGEROUS = ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "'=1", "''=1", '=HYPERLINK("http://x")']
HARMLESS = ["", "Huarui", "-5", "+86 138 0000", "-1,234.50", "a=b", "'quoted'", "陈"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_would_run_is_a_text(text):
    assert formats.escaped(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_the_rest_stays_as_it_is(text):
    assert formats.escaped(text) == text


@given(st.text())
def test_the_escape_can_always_be_taken_back(text):
    assert formats.unescaped(formats.escaped(text)) == text


def test_a_csv_file_is_read_back_as_written():
    rows = [[f'{text}\n"{number}"', number, None, Decimal("1.50")] for number, text in enumerate(DANGEROUS * 100)]
    data = b"".join(formats.csv_pieces(["=name", "n", "none", "sum"], rows))
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read[0][0] == "'=name"
    assert [[formats.unescaped(row[0]), *row[1:]] for row in read[1:]] == [
        [row[0], str(row[1]), "", "1.50"] for row in rows
    ]


def test_an_excel_file_holds_texts_numbers_and_moments_as_such():
    moment = dt.datetime(2026, 3, 18, 14, 32)
    rows = [["=1+1", 5, moment, dt.date(2026, 3, 1), "bell\x07", None, Decimal("2.5"), True]] * 600
    data = b"".join(formats.xlsx_pieces(["a", "b", "c", "d", "e", "f", "g", "h"], rows, "Trail: all / every"))
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet.title == "Trail  all   every"
    assert sheet.max_row == 601
    values = ["=1+1", 5, moment, dt.datetime(2026, 3, 1), "bell\ufffd", None, 2.5, "True"]
    assert [cell.value for cell in sheet[2]] == values
    assert sheet["A2"].data_type == "s"


def test_a_sheet_that_would_be_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(formats, "MOST_XLSX", 3)
    with pytest.raises(ValueError, match="no more than 3"):
        list(formats.xlsx_pieces(["a"], [["x"]] * 4, "t"))


def test_json_lines_are_objects_one_per_line():
    rows = [{"at": dt.datetime(2026, 3, 18, tzinfo=dt.UTC), "sum": Decimal("1.50"), "who": "陈", "none": None}] * 501
    lines = b"".join(formats.json_pieces(rows)).decode().splitlines()
    assert len(lines) == 501
    assert json.loads(lines[0]) == {"at": "2026-03-18T00:00:00+00:00", "sum": "1.50", "who": "陈", "none": None}
