"""The reader: bytes to tables, columns to fields, dates of whole columns. No database."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from audit.times import NotATime
from records.importing import dates, reader
from records.importing.columns import NotAValue, importable, reader_of
from records.importing.dates import FORMATS, choose_format, example, read_day, read_moment
from records.importing.errors import FILE, ROW, NotAFile, RowError
from records.importing.plan import Spec, make_plan
from records.importing.reader import read_table
from records.importing.table import DateText

FILES = Path(__file__).parent.parent / "data" / "csv"
UTC, SHANGHAI, NEW_YORK = dt.UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


def table_of(name, **options):
    return read_table((FILES / name).read_bytes(), **options)


def refused(call, *args, **kwargs):
    with pytest.raises(NotAFile) as no:
        call(*args, **kwargs)
    assert "%(" not in no.value.message
    return no.value.code


@pytest.mark.parametrize(
    ("name", "headings", "rows"),
    [
        ("comma_in_quotes.csv", ["first", "last", "address", "city", "zip"],
         [(2, ["John", "Doe", "120 any st.", "Anytown, WW", "08123"])]),
        ("escaped_quotes.csv", ["a", "b"], [(2, ["1", 'ha "ha" ha']), (3, ["3", "4"])]),
        ("mac_newlines.csv", ["a", "b", "c"], [(2, ["1", "2", "3"]), (3, ["Once upon\ra time", "5", "6"])]),
        ("newlines_crlf.csv", ["a", "b", "c"],
         [(2, ["1", "2", "3"]), (3, ["Once upon \na time", "5", "6"]), (5, ["7", "8", "9"])]),
        ("quotes_and_newlines.csv", ["a", "b"], [(2, ["1", 'ha \n"ha" \nha']), (5, ["3", "4"])]),
        ("optional_quote_characters.csv", ["a", "b", "c"], [(2, ["1", "2", "3"])]),
        ("semicolons.csv", ["a", "b", "c"], [(2, ["1", "2", "3"])]),
        ("test_header_newline.csv", ["start end", "b", "c"], [(8, ["d", "e", "f"])]),
        ("test_utf8_bom.csv", ["foo", "bar", "baz"], [(2, ["1", "2", "3"]), (3, ["4", "5", "ʤ"])]),
        ("test_utf16_little.csv", ["a", "b", "c"], [(2, ["1", "2", "3"]), (3, ["4", "5", "ʤ"])]),
        ("blanks.csv", ["a", "b", "c", "d", "e", "f"], [(2, ["", "NA", "N/A", "NONE", "NULL", "."])]),
    ],
)  # fmt: skip
def test_files_are_read_as_written(name, headings, rows):
    table = table_of(name)
    assert [column.name for column in table.columns] == headings
    assert table.rows == rows
    assert not table.errors


def test_ragged_rows_are_errors_of_their_line():
    table = table_of("bad.csv")
    assert [(error.line, error.code) for error in table.errors] == [(2, "ragged"), (3, "ragged")]
    assert table.rows == [(4, ["0", "mixed types.... uh oh", "17"])]
    assert table.errors[0].message == "4 cells, but the heading has 3."


def test_the_first_heading_has_no_byte_order_mark():
    assert table_of("zh_headers_bom.csv").columns[0].name == "字符串标题"


def test_an_open_encoding_is_asked_for_and_then_used():
    assert refused(table_of, "test_latin1.csv") == "encoding"
    assert table_of("test_latin1.csv", encoding="latin-1").rows[1] == (3, ["4", "5", "©"])
    assert refused(table_of, "test_latin1.csv", encoding="utf-8") == "encoding_chosen"


@pytest.mark.parametrize("text", ["Müller,Straße", "café,été,Ægir", "señor,ñandú"])
def test_western_letters_are_not_taken_for_chinese(text):
    assert refused(read_table, f"a,b\n{text}\n".encode("cp1252")) == "encoding"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_chinese_files_of_every_make(encoding, delimiter, end):
    lines = ["客户名称,负责人,备注", '杭州云帆科技有限公司,林悦,"一行\n两行"', "深圳恒润,陈晓雯,"]
    text = end.join(line.replace(",", delimiter) for line in lines) + end
    table = read_table(text.encode(encoding))
    assert [column.name for column in table.columns] == ["客户名称", "负责人", "备注"]
    assert table.rows[0][1] == ["杭州云帆科技有限公司", "林悦", "一行\n两行"]
    assert table.delimiter == delimiter


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"  \n\r\n", "empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"a,b\n1,\x00\n", "workbook"),
        (b'a,b\n1,"open\n2,3\n', "quotes"),
        (b"a\n" * (reader.MAX_ROWS + 2), "rows"),
        (b'"a"\n' * (reader.MAX_ROWS + 2), "rows"),
        (b"x" * (reader.MAX_BYTES + 1), "size"),
    ],
)
def test_what_is_no_table_is_refused(data, code):
    assert refused(read_table, data) == code


def test_empty_lines_and_trailing_delimiters_do_no_harm():
    table = read_table(b"a,b\n\n1,2,\n,\n3,4\n\n")
    assert table.rows == [(3, ["1", "2"]), (5, ["3", "4"])]
    assert not table.errors


# ---- dates ----


def chosen(*texts, chosen=""):
    return choose_format("day", [(line, text) for line, text in enumerate(texts, 2)], chosen)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["02/01/2014", "31/12/2012"], "d/m/Y"),
        (["05/27/2011 12:00:00 AM", "10/31/2016 11:07:15 PM"], "m/d/Y"),
        (["20-10-2016", "01-03-2017", "", "N/A"], "d-m-Y"),
        (["2014-01-02", "2014-1-2 09:12"], "iso"),
        (["2024-08-13T18:04:34.666+00:00"], "iso"),
        (["2014年1月2日", "2014年1月2日 9:12", "2014年1月2日下午3:05"], "Y年m月d日"),
        (["2014/1/2 09:12"], "Y/m/d"),
        (["05/05/2014"], "d/m/Y"),  # the same day in both readings
        (["", "NULL", "-"], "iso"),
    ],
)
def test_the_format_of_a_column_is_found_on_all_of_it(texts, found):
    assert chosen(*texts) == found


def test_a_column_that_fits_both_orders_is_asked_about():
    assert refused(chosen, "02/01/2014", "03/04/2012") == "ambiguous"
    assert chosen("02/01/2014", "03/04/2012", chosen="d/m/Y") == "d/m/Y"


def test_a_wrong_format_is_refused_for_the_whole_column_with_the_right_one():
    with pytest.raises(NotAFile) as no:
        chosen("01-03-2017", "20-10-2016", "25-10-2016", chosen="m-d-Y")
    assert no.value.code == "wrong_format"
    assert "2 values" in no.value.message
    assert "d-m-Y" in no.value.message


def test_digits_alone_are_a_day_only_when_that_is_chosen():
    assert refused(chosen, "20140102", "20121231") == "unreadable"
    assert chosen("20140102", chosen="Ymd") == "Ymd"
    assert read_day("20140102", "Ymd") == dt.date(2014, 1, 2)


def test_where_no_format_fits_all_the_cell_named_is_the_odd_one():
    with pytest.raises(NotAFile) as no:
        chosen("2024/3/7 14:05", "2024/13/1 9:00", "2024/5/2")
    assert "2024/13/1 9:00" in no.value.message
    assert "line 3" in no.value.message


def test_each_format_shows_itself_by_a_day_that_it_reads():
    for key in FORMATS:
        assert read_day(example(key), key) == dt.date(2026, 3, 16), key


@pytest.mark.parametrize("text", ["2014-02-31", "10:10:10", "43831", "2014-09-23T28:23", "2014-09-23 9 o'clock"])
def test_what_is_no_date_fits_nothing(text):
    assert refused(chosen, text) == "unreadable"


@pytest.mark.parametrize(
    ("text", "key", "zone", "moment"),
    [
        ("05/27/2011 12:00:00 AM", "m/d/Y", UTC, "2011-05-27T00:00:00Z"),
        ("10/31/2016 11:07:15 PM", "m/d/Y", UTC, "2016-10-31T23:07:15Z"),
        ("2024-08-13T18:04:34.666+00:00", "iso", SHANGHAI, "2024-08-13T18:04:34Z"),
        ("2014年1月2日下午3:05", "Y年m月d日", SHANGHAI, "2014-01-02T07:05:00Z"),
        ("2018-11-04", "iso", ZoneInfo("America/Sao_Paulo"), "2018-11-04T03:00:00Z"),  # midnight was skipped
        ("1988-07-01 12:00", "iso", SHANGHAI, "1988-07-01T03:00:00Z"),  # summer time
        ("27/03/2011 10:16", "d/m/Y", ZoneInfo("Europe/London"), "2011-03-27T09:16:00Z"),
        ("20-10-2016", "d-m-Y", SHANGHAI, "2016-10-19T16:00:00Z"),
    ],
)
def test_moments_of_a_file(text, key, zone, moment):
    assert read_moment(text, key, zone) == dt.datetime.fromisoformat(moment)


def test_clock_changes_are_errors_or_answered_once_for_the_column():
    with pytest.raises(NotATime, match="did not exist"):
        read_moment("2024-03-10 02:30", "iso", NEW_YORK)
    with pytest.raises(NotATime, match="twice"):
        read_moment("2024-11-03 01:30", "iso", NEW_YORK)
    first, second = (read_moment("2024-11-03 01:30", "iso", NEW_YORK, double) for double in ("earlier", "later"))
    assert second - first == dt.timedelta(hours=1)


def test_only_short_texts_are_remembered_and_each_by_its_kind():
    dates._known_parts.cache_clear()
    assert read_day("2024-03-01" + " " * 500, "iso") == read_day("2024-03-01", "iso") == dt.date(2024, 3, 1)
    assert dates._known_parts.cache_info().currsize == 1
    assert read_day(DateText("2024-03-01"), "d-m-Y") == dt.date(2024, 3, 1)
    with pytest.raises(ValueError, match="2024-03-01"):
        read_day("2024-03-01", "d-m-Y")


def test_a_day_column_never_moves_with_a_zone():
    assert read_day("2018-12-19 00:00:00", "iso") == dt.date(2018, 12, 19)
    assert read_day("2018-12-19T00:00:00Z", "iso") == dt.date(2018, 12, 19)


# ---- values ----


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_choice_is_found_by_value_or_label_in_both_languages(language):
    field = importable("opportunity")["stage"]
    with override(language):
        labels = {value: str(label) for value, label in field.flatchoices}
    for value, label in labels.items():
        assert [reader_of(field)(text) for text in (value, label, f" {label.upper()} ")] == [value] * 3
    with pytest.raises(NotAValue):
        reader_of(field)("Engaging")


def test_a_meaning_outweighs_the_labels():
    read = reader_of(importable("opportunity")["stage"], values={"Engaging": "qualified", "won": "lost"})
    assert (read("engaging"), read("Won"), read("")) == ("qualified", "lost", "lead")


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [("1,054.50", ".", "1054.50"), ("1.054,50", ",", "1054.50"), ("¥ 480 000", ".", "480000"), ("-5", ".", "-5")],
)
def test_numbers(text, decimal, value):
    assert str(reader_of(importable("opportunity")["amount"], decimal=decimal)(text)) == value


@pytest.mark.parametrize("text", ["abc", "NaN", "Infinity", "1e400", "123456789012345678901"])
def test_what_is_no_amount_is_an_error(text):
    with pytest.raises(NotAValue):
        reader_of(importable("opportunity")["amount"])(text)


def test_words_for_nothing_stay_names():
    read = reader_of(importable("customer")["name"])
    assert [read(text) for text in ("Null", "None", "N/A", "=1+1")] == ["Null", "None", "N/A", "=1+1"]


# ---- plans ----


def plan_of(text, mapping, record_type="customer", **options):
    return make_plan(read_table(text.encode()), Spec(record_type, mapping, UTC, **options))


def test_every_row_is_planned_or_named_with_its_line():
    text = "id,name,made\n1,A,2024-01-02\n2,,2024-01-03\n1,C,2024-01-04\n4,D,soon\n5,E\n6,F,\n"
    mapping = [("id", "external_id"), ("name", "name"), ("MADE", "entered_at")]
    plan = plan_of(text, mapping, date_formats={"": "iso"}, blank="moment")
    assert [(row.line, row.values["name"]) for row in plan.rows] == [(2, "A"), (7, "F")]
    assert [(e.line, e.column, e.code) for e in plan.errors] == [
        (3, "name", "needed"),
        (4, "id", "same_id"),
        (5, "made", "date"),
        (6, "", "ragged"),
    ]
    assert (plan.read, plan.blank) == (6, 1)


def test_a_blank_entry_time_needs_an_answer():
    mapping = [("name", "name"), ("made", "entered_at")]
    assert refused(plan_of, "name,made\nA,\nB,2024-01-02\n", mapping) == "blank_choice"
    assert [e.line for e in plan_of("name,made\nA,\nB,2024-01-02\n", mapping, blank="refuse").errors] == [2]


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ([("nome", "name")], "no_column"),
        ([("name", "title")], "no_field"),
        ([("name", "original_entered_at")], "no_field"),
        ([("name", "recorded_at")], "no_field"),
        ([("name", "name"), ("b", "version")], "no_number"),
        ([("name", "name"), ("b", "name")], "twice"),
        ([("b", "note")], "missing"),
        ([("b", "name"), ("c", "note")], "two_columns"),
    ],
)
def test_a_wrong_mapping_is_refused(mapping, code):
    assert refused(plan_of, "name,b,c,c\nA,1,2,3\n", mapping) == code


def test_a_column_without_a_heading_is_named_by_its_position():
    plan = plan_of("name,,x\nA,B,\n", [("#2", "name"), ("name", "note"), ("name", "short_name")])
    assert plan.rows[0].values == {"name": "B", "note": "A", "short_name": "A"}


def test_rows_can_be_left_out_and_constants_set():
    plan = plan_of(
        "name,gone\nA,TRUE\nB,false\n", [("name", "name")], leave_out={"gone": "true"}, constants={"source": "fair"}
    )
    assert [(row.values["name"], row.values["source"]) for row in plan.rows] == [("B", "fair")]
    assert plan.left_out == 1
    assert refused(plan_of, "name\nA\n", [("name", "name")], constants={"source": "moon"}) == "constant"


class Anything(dict):
    """Has a word for every name."""

    def __missing__(self, name):
        return "x"


def test_every_sentence_can_be_said():
    assert all("%" not in say() % Anything() for say in (*FILE.values(), *ROW.values()))
    assert RowError(2, "closed", params={"through": dt.date(2026, 9, 30)}).message.startswith(
        "Closed through 2026-09-30."
    )


def test_what_is_not_on_a_list_is_answered_with_the_readers_words_for_what_is():
    read = reader_of(importable("customer")["industry"])
    with pytest.raises(NotAValue) as no:
        read("食品")
    error = RowError(5, no.value.code, "industry", no.value.params)
    assert "Software and services, Manufacturing, Trade" in error.message
    with override("zh-hans"):
        assert "制造、贸易" in error.message
