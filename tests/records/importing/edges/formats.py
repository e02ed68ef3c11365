"""How dates are written."""

from __future__ import annotations

import csv
import datetime as dt

from audit.times import start_of_day
from records.models import Customer, FollowUp, Opportunity
from tests import cast as make

from .world import CSV, DATA, LONDON, World, case, file, text, utc

PIPELINE = (
    "opportunity_id=external_id,product=name,account=customer,engage_date=entered_at,close_date=expected_close_on,"
    "close_value=amount"
)
KNOWN = {"create_missing_customers": True}


def pipeline(world: World, chosen: str, **said):
    said = {"zone": LONDON, "date_formats": {"": chosen}, "no_customer": "none"} | said
    return world.store((DATA / "pipeline_dmy.csv").read_bytes(), "opportunity", PIPELINE, said=said, **KNOWN)


@case("E01")
def day_first_dates_equal_the_iso_truth(world: World) -> None:
    pipeline(world, "d-m-Y")
    with (DATA / "pipeline_iso.csv").open(encoding="utf-8", newline="") as stream:
        truth = list(csv.DictReader(stream))
    stored = {o.external_id: o for o in Opportunity.objects.all()}
    dated = [row for row in truth if row["engage_date"]]
    assert (len(stored), len(dated)) == (48, 37)
    for row in dated:
        assert stored[row["opportunity_id"]].entered_at == start_of_day(
            dt.date.fromisoformat(row["engage_date"]), LONDON
        )
    assert [str(stored[r["opportunity_id"]].expected_close_on or "") for r in truth] == [r["close_date"] for r in truth]


@case("E02")
def a_wrong_format_counts_what_it_cannot_read(world: World) -> None:
    said = {"zone": LONDON, "date_formats": {"": "m-d-Y"}, "no_customer": "none"}
    data = (DATA / "pipeline_dmy.csv").read_bytes()
    no = world.no_file(data, "opportunity", PIPELINE, said=said, **KNOWN)
    assert no.code == "wrong_format"
    assert no.params["count"] > 10
    assert no.params["value"] in no.message
    assert not Opportunity.objects.exists()


@case("E06")
def the_whole_column_says_day_first(world: World) -> None:
    rows = file("test_date_format.csv").decode().split()
    data = "name,day\n" + "".join(f"A{n},{row}\n" for n, row in enumerate(rows[1:]))
    world.store(data, "opportunity", "name=name,day=expected_close_on", said={"no_customer": "none"})
    assert set(Opportunity.objects.values_list("expected_close_on", flat=True)) == {
        dt.date(2014, 1, 2),
        dt.date(2012, 12, 31),
    }
    assert world.no_file("n,d\nA,02/01/2014\n", "customer", "n=name,d=entered_at").code == "ambiguous"


@case("E07")
def eight_digits_are_a_date_only_where_that_is_chosen(world: World) -> None:
    day = file("test_numeric_date_format.csv").decode().split()[1]
    data = f"name,day\nA,{day}\n"
    assert day == "20140102"
    assert world.no_file(data, "customer", "name=name,day=entered_at").code == "unreadable"
    world.store(data, "customer", "name=name,day=entered_at", said={"date_formats": {"": "Ymd"}})
    assert Customer.objects.get().entered_at == utc(2014, 1, 1, 16)  # midnight in Shanghai


@case("E12")
def a_duration_is_no_date(world: World) -> None:
    errors = world.refused(file("date.xlsx"), "customer", "#2=name,#1=entered_at", said={"header_row": 0})
    assert [(e.line, e.code) for e in errors] == [(3, "duration")]
    assert errors[0].message == "“255:10:10” is a duration, not a date."


@case("E13")
def iso_cells_are_read_exactly(world: World) -> None:
    said = {"date_formats": {"": "iso"}, "zone": dt.UTC, "left_out": (4, 5, 6)}
    loaded = world.store(
        file("date_iso.xlsx"), "customer", "#1=name,#1=entered_at", said=said | {"header_row": 0}, skip_bad_rows=True
    )
    assert [(e.line, e.code) for e in loaded.errors] == [(3, "clock")]
    times = Customer.objects.order_by("external_id", "pk").values_list("entered_at", flat=True)
    assert list(times) == [utc(2021, 1, 1), utc(2021, 1, 1, 10, 10, 10)]


@case("E17")
def midnight_is_not_noon(world: World) -> None:
    mapping = "Unique Key=external_id,Complaint Type=name,Created Date=entered_at"
    world.store(file("NYC311-5.csv"), "opportunity", mapping, said={"zone": dt.UTC, "no_customer": "none"})
    times = {t.isoformat()[:19] for t in Opportunity.objects.values_list("entered_at", flat=True)}
    assert {"2011-05-27T00:00:00", "2016-10-31T23:07:15"} <= times


@case("E24")
def a_blank_entry_time_asks_for_a_rule(world: World) -> None:
    data, mapping = "name,made\nA,2026-01-01\nB,\n", "name=name,made=entered_at"
    no = world.no_file(data, "customer", mapping, said={"blank": ""})
    assert (no.code, no.params["count"]) == ("blank_choice", 1)
    assert [(e.line, e.code) for e in world.refused(data, "customer", mapping, said={"blank": "refuse"})] == [
        (3, "needed")
    ]
    world.store(data, "customer", mapping, said={"blank": "moment"})
    assert Customer.objects.get(name="B").entered_at == make.NOW


@case("E26")
def words_for_nothing_are_empty_dates_and_full_names(world: World) -> None:
    words = (CSV / "blanks.csv").read_text().splitlines()[1].split(",")
    data = "name,day\n" + "".join(f"{word or 'Empty'},{word}\n" for word in words) + "Null,2026-01-01\nNone,?\n"
    world.store(data, "opportunity", "name=name,day=expected_close_on", said={"no_customer": "none"})
    days = dict(Opportunity.objects.values_list("name", "expected_close_on"))
    assert {"NA", "N/A", "NONE", "NULL", ".", "Null", "None"} <= set(days)
    assert {name: day for name, day in days.items() if day} == {"Null": dt.date(2026, 1, 1)}


@case("E27")
def a_text_that_is_no_time_is_an_error_of_its_field(world: World) -> None:
    call = make.follow_up(world.cast.owner, make.customer(world.cast.owner))
    for typed in ("2006-10-25 4:30 p.m.", "hello", "2014-09-23T28:23"):
        response = world.post_time(call, typed, world.cast.owner)
        assert response.status_code == 422
        assert "Not a time." in text(response).split('id="entered_at_error">')[1].split("</p>")[0]
        assert f'value="{typed}"' in text(response)
        assert "As it was." in text(response)
    assert (FollowUp.objects.get().entered_at, FollowUp.history.count()) == (call.entered_at, 1)


@case("E28")
def two_readings_of_a_day_are_never_guessed(world: World) -> None:
    call = make.follow_up(world.cast.owner, make.customer(world.cast.owner))
    for typed in ("10/25/06", "03/04/2024"):
        response = world.post_time(call, typed, world.cast.owner)
        assert response.status_code == 422
        assert "Write it like 2026-03-16 09:12." in text(response)
    assert FollowUp.history.count() == 1
