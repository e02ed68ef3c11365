"""Clocks: changes of the hour, offsets, days that stay days."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from audit.times import iso
from crm.models import User
from records.importing import own_format
from records.importing.opening import open_table
from records.models import Customer, FollowUp, Opportunity
from records.services.matching import owner_texts
from tests import cast as make
from tests.records.importing import doing
from tests.records.importing.uploading import begun, check, page

from .world import LONDON, NEW_YORK, SHANGHAI, World, case, file, text, utc

MADE = "name=name,made=entered_at"


def made(world: World, *times: str, zone: dt.tzinfo, **said):
    """Customers made at these times of the zone."""
    data = "name,made\n" + "".join(f"A{n},{time}\n" for n, time in enumerate(times))
    world.store(data, "customer", MADE, said={"zone": zone} | said)
    return list(Customer.objects.order_by("number").values_list("entered_at", flat=True))


def void(world: World, time: str, zone: dt.tzinfo) -> str:
    """What a row with that time is told."""
    errors = world.refused(f"name,made\nA,{time}\n", "customer", MADE, said={"zone": zone})
    assert [(e.line, e.code) for e in errors] == [(2, "time")]
    return errors[0].message


@case("E30")
def a_clock_time_that_did_not_exist(world: World) -> None:
    assert "02:30 did not exist on that day" in void(world, "2024-03-10T02:30", NEW_YORK)
    User.objects.filter(pk=world.cast.owner.pk).update(zone="America/New_York")
    call = make.follow_up(world.cast.owner, make.customer(world.cast.owner))
    response = world.post_time(call, "2024-03-10T02:30", world.cast.owner)
    assert response.status_code == 422
    assert "did not exist on that day" in text(response)


@case("E31")
def a_clock_time_that_happened_twice(world: World) -> None:
    assert "2024-11-03T01:30-04:00 or 2024-11-03T01:30-05:00" in void(world, "2024-11-03T01:30", NEW_YORK)
    found = made(world, "2024-11-03T01:30-04:00", "2024-11-03T01:30-05:00", zone=NEW_YORK)
    assert found == [utc(2024, 11, 3, 5, 30), utc(2024, 11, 3, 6, 30)]
    assert [iso(moment, NEW_YORK)[-6:] for moment in found] == ["-04:00", "-05:00"]
    assert made(world, "2024-11-03 01:30", zone=NEW_YORK, double="later")[-1] == utc(2024, 11, 3, 6, 30)
    User.objects.filter(pk=world.by.pk).update(zone="America/New_York")
    record = Customer.objects.order_by("number").first()
    response = world.post_time(record, "2024-11-03 01:30", world.by)
    assert (response.status_code, "2024-11-03T01:30-04:00" in text(response)) == (302, False)  # already at one of both
    other = Customer.objects.order_by("number").last()
    assert world.post_time(other, "2024-11-03T01:30-04:00", world.by).status_code == 302
    other.refresh_from_db()
    assert other.entered_at == utc(2024, 11, 3, 5, 30)


@case("E33")
def a_change_of_half_an_hour(world: World) -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    assert "02:15 did not exist" in void(world, "2024-10-06 02:15", zone)
    assert "happened twice" in void(world, "2024-04-07 01:45", zone)
    found = made(world, "2024-10-06 01:59", "2024-10-06 02:30", "2024-04-07 01:29", "2024-04-07 02:00", zone=zone)
    assert found == [
        utc(2024, 10, 5, 15, 29), utc(2024, 10, 5, 15, 30), utc(2024, 4, 6, 14, 29), utc(2024, 4, 6, 15, 30),
    ]  # fmt: skip
    assert "did not exist" in void(world, "2024-10-06 02:29", zone)


@case("E34")
def a_day_whose_midnight_was_skipped(world: World) -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    (moment,) = made(world, "2018-11-04", zone=zone)
    assert moment == utc(2018, 11, 4, 3)
    assert moment.astimezone(zone).isoformat() == "2018-11-04T01:00:00-02:00"


@case("E37")
def summer_time_in_shanghai(world: World) -> None:
    assert made(world, "1988-07-01 09:00", "1988-12-01 09:00", zone=SHANGHAI) == [utc(1988, 7, 1), utc(1988, 12, 1, 1)]


@case("E39")
def shop_hours_in_london(world: World) -> None:
    assert made(world, "2010-12-01 08:26:00", "2011-03-27 10:16:00", zone=LONDON) == [
        utc(2010, 12, 1, 8, 26), utc(2011, 3, 27, 9, 16)]  # fmt: skip
    mapping = "StockCode=summary,CustomerID=customer,InvoiceDate=entered_at"
    left = {"CustomerID": ""}
    said = {"zone": LONDON, "leave_out": left}
    every = world.store(file("2011-03-27.csv"), "followup", mapping, said=said, create_missing_customers=True)
    rows = FollowUp.objects.filter(
        entered_at__gte=utc(2011, 3, 27), entered_at__lt=utc(2011, 3, 27, 23)
    )  # that day there
    assert (rows.count(), every.created) == (every.created, FollowUp.objects.count())
    assert every.created + sum(1 for o in every.outcome if o.what == "left_out") == 737


@case("E40")
def a_day_does_not_move_west_of_utc(world: World) -> None:
    User.objects.filter(pk=world.by.pk).update(zone="America/Los_Angeles")
    mapping = "id=external_id,name=name,created_date=entered_at,close_date=expected_close_on"
    world.store(file("sf_opportunity_data.csv"), "opportunity", mapping, said={"zone": dt.UTC, "no_customer": "none"})
    record = Opportunity.objects.get(name="$1m deal")
    assert record.expected_close_on == dt.date(2018, 12, 19)
    client = world.sign_in(world.by)
    assert "2018-12-19" in text(client.get(record.get_absolute_url()))
    rows = Opportunity.objects.filter(pk=record.pk)
    for written in (own_format.csv_file, own_format.xlsx_file):
        data = b"".join(written("opportunity", rows, ZoneInfo("America/Los_Angeles"), owner_texts()))
        table = open_table(data)
        place = next(column.index for column in table.columns if column.name == "Expected close")
        assert table.rows[0][1][place] == "2018-12-19"


@case("E43")
def a_written_offset_wins(world: World) -> None:
    mapping = "id=external_id,first_name=name,last_name=name+,first_seen=entered_at"
    world.store(file("contacts.csv"), "customer", mapping, said={"zone": SHANGHAI})
    stored = Customer.objects.get(name="Shelley Kerluke")
    assert stored.entered_at == utc(2024, 8, 13, 18, 4, 34)  # whole seconds; not eight hours earlier


@case("E45")
def the_preview_shows_both_clocks(world: World) -> None:
    client = world.sign_in(world.by)  # whose own zone is the company's, Shanghai
    draft = begun(client, "name,created date\nA,2024-03-07 14:05\n")
    assert check(client, draft, zone="America/New_York").status_code == 302
    assert "2024-03-07 14:05" in text(client.get(page(draft, "columns")))
    assert "2024-03-08 03:05" in text(client.get(page(draft, "rows")))


@case("E46")
def the_cell_is_the_wall_clock_and_the_heading_names_the_zone(world: World) -> None:
    hong_kong, at = ZoneInfo("Asia/Hong_Kong"), utc(2024, 11, 8, 6, 40)
    make.customer(world.cast.owner, clock=lambda: at)
    data = b"".join(own_format.xlsx_file("customer", Customer.objects.all(), hong_kong, owner_texts()))
    table = open_table(data)
    assert (table.columns[-1].name, table.rows[0][1][-1]) == ("Entry time (Asia/Hong_Kong)", "2024-11-08 14:40:00")
    assert doing.own(data, world.by).unchanged == 1
