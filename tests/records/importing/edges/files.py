"""What files are made of: letters, lines, sheets."""

from __future__ import annotations

from records.importing.opening import look_into, open_table
from records.importing.presets import recognise
from records.models import Customer, Opportunity

from .world import World, case, file


def rows_of(name: str, **said):
    table = open_table(file(name), name, **said)
    return [column.label for column in table.columns], table.rows


@case("E67")
def the_first_heading_has_no_byte_order_mark(world: World) -> None:
    headings, rows = rows_of("zh_headers_bom.csv")
    assert (headings[0], len(rows)) == ("字符串标题", 10)
    assert rows_of("zh_headers_demo.xlsx")[0] == headings


@case("E69")
def letters_are_read_or_asked_for(world: World) -> None:
    assert rows_of("test_utf16_little.csv")[1][1] == (3, ["4", "5", "ʤ"])
    no = world.no_file(file("test_latin1.csv"), "customer", "a=name")
    assert (no.code, "latin-1" in no.message) == ("encoding", True)
    world.store(file("test_latin1.csv"), "customer", "c=name", said={"encoding": "latin-1"})
    assert set(Customer.objects.values_list("name", flat=True)) == {"3", "©"}


@case("E71")
def lines_end_as_they_like(world: World) -> None:
    assert rows_of("mac_newlines.csv")[1] == [(2, ["1", "2", "3"]), (3, ["Once upon\ra time", "5", "6"])]
    assert rows_of("test_header_newline.csv")[0] == ["start end", "b", "c"]
    assert rows_of("newlines_crlf.csv")[1][1] == (3, ["Once upon \na time", "5", "6"])
    assert rows_of("escaped_quotes.csv")[1] == [(2, ["1", 'ha "ha" ha']), (3, ["3", "4"])]


@case("E72")
def short_and_long_rows_are_named_and_the_delimiter_is_found(world: World) -> None:
    errors = world.refused(file("bad.csv"), "customer", "#2=name")
    assert [(e.line, e.code) for e in errors] == [(2, "ragged"), (3, "ragged")]
    assert look_into(file("semicolons.csv"), "x").delimiter == ";"


@case("E75")
def headings_in_the_fifth_row_of_a_chosen_sheet(world: World) -> None:
    look = look_into(file("deaths.xlsx"), "deaths.xlsx")
    assert ([sheet.name for sheet in look.sheets], look.header_row) == (["arts", "other"], 5)
    for sheet, first, last in (("arts", "David Bowie", "George Michael"), ("other", "Vera Rubin", "Pat Summit")):
        table = open_table(file("deaths.xlsx"), sheet=sheet)
        assert [column.name for column in table.columns][:2] == ["Name", "Profession"]
        assert (len(table.rows), table.rows[0][1][0], table.rows[-1][1][0]) == (10, first, last)
        assert table.skipped == [1, 2, 3, 4, 16, 17, 18, 19]
    mapping = "Name=name,Date of death=expected_close_on"
    loaded = world.store(file("deaths.xlsx"), "opportunity", mapping, said={"sheet": "other", "no_customer": "none"})
    assert str(Opportunity.objects.get(name="Vera Rubin").expected_close_on) == "2016-12-25"
    assert [o.line for o in loaded.outcome if o.what == "note"] == [1, 2, 3, 4, 16, 17, 18, 19]


@case("E76")
def columns_of_the_same_name_stay_apart(world: World) -> None:
    headings, rows = rows_of("names-need-repair-xlsx.xlsx")
    assert headings == ["a b", "a b", "#3", "c%&$"]
    no = world.no_file(file("names-need-repair-xlsx.xlsx"), "customer", "a b=name")
    assert (no.code, "#1" in no.message) == ("two_columns", True)
    world.store(file("names-need-repair-xlsx.xlsx"), "customer", "#2=name,#3=short_name,#1=external_id")
    assert list(Customer.objects.order_by("pk").values_list("name", "short_name", "external_id")) == [
        ("a", "one", "1"), ("b", "two", "2")]  # fmt: skip
    assert recognise(headings) is None
    assert len(rows) == 2


@case("E77")
def failed_formulas_are_reported(world: World) -> None:
    errors = world.refused(file("errors.xlsx"), "customer", "#1=name", said={"header_row": 0})
    assert [(e.line, e.code) for e in errors] == [(line, "cell_error") for line in range(1, 8)]
    assert errors[4].message == "The cell holds the error #REF!. Mend its formula, and save the file."
    assert [e.code for e in world.refused("name\n#N/A\nA\n", "customer", "name=name")] == ["cell_error"]
    assert not Customer.objects.exists()
