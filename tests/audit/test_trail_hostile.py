"""The trail as somebody hostile uses it: odd filters, forged keys, strange rows, hostile texts; nothing falls over."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from audit.browse.filters import Wanted, Words
from audit.browse.page import page, write_key
from audit.events import record_event
from audit.verify import run
from records.services.records import update_record
from tests import cast as make
from tests.audit import house
from tests.audit.test_trail_list import TRAIL, UNTIL_NOW, later, move, texts
from tests.cast import NOW, clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

WORDS = ["%00", "%ED%A0%80", "%F0%9F%98%80" * 60, "%27+OR+1%3D1--", "%25_%5C", "((((((", "*&q=AND+OR+NOT"]
MONTHS = ["0001-01", "1969-12", "2100-01", "9999-12", "2026-13"]
RECORDS = ["customer:0", "customer:-1", "user:1", ":", "event:1", "customer:%D9%A1", "contact:1"]
ODD = [
    *(f"q={words}" for words in WORDS),
    *(f"{name}={month}" for name in ("into", "out") for month in MONTHS),
    *(f"record={record}" for record in RECORDS),
    *(f"type={name}" for name in ("event-", "nothing&type=event-review")),
    *(f"by={number}" for number in ("99999999999999999999", "-1", "x")),
    *(f"batch={number}" for number in ("9223372036854775808", "1e5", "%D9%A1")),
    *(f"days={number}" for number in ("9" * 23, "0.5", "%EF%BC%95")),
    *("from=0001-01-01", "to=9999-12-31", "from=2026-02-30", "to=9999-12-31&from=0001-01-01"),
    *("why=%00", "via=web%00", "field=x", "field=time&type=event-review", "field=time&type=contact"),
    *("after=x", "before=%00", "after=" + "a" * 5000, "after=&before=", "size=1000000", "page=0", "saved=1"),
    "why=undo&why=undo&why=undo",
    "&".join(f"by={number}" for number in range(300)),
]


@pytest.mark.parametrize("query", ODD)
def test_an_odd_filter_is_a_list_or_a_sentence(cast, sign_in, query):
    make.customer(cast.owner, name="Yunfan")
    client = sign_in(cast.auditor)
    response = client.get(f"{TRAIL}?{query}")
    assert response.status_code in (200, 400, 422), query
    for form in ("csv", "jsonl"):
        answer = client.post("/trail/export/", {"query": query, "format": form})
        assert answer.status_code in (200, 400, 422)
        if answer.streaming:
            assert b"".join(answer.streaming_content) is not None


def test_a_key_of_a_far_moment_or_another_reader_shows_no_more(cast, sign_in):
    make.customer(cast.owner)
    client = sign_in(cast.auditor)
    for key in (write_key((NOW, "customer", 2**62)), write_key((NOW, "event", -5)), write_key((NOW, "", 1))):
        assert client.get(TRAIL, {"after": key}).status_code == 200
        assert client.get(TRAIL, {"before": key}).status_code == 200


@pytest.mark.parametrize(
    "path", ["customer/0", "customer/99999999999999999999", "event/9223372036854775807", "user/1", "nothing/1"]
)
def test_rows_that_are_not_there(cast, sign_in, path):
    client = sign_in(cast.auditor)
    for tail in ("", "as-it-was/"):
        assert client.get(f"/trail/{path}/{tail}").status_code == 404


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=1+1",
    "@SUM(A1)",
    "\t=cmd",
    "-2+3",
    "’‮evil",
    "{{ 7*7 }}",
    "%(name)s",
    "%s%d%",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_texts_everywhere(cast, sign_in, text):
    customer = make.customer(cast.owner, name=f"Y{text}")
    move(customer, cast.manager, note=text, at=later(1))
    customer.refresh_from_db()
    how = {"by": cast.owner, "channel": "web", "clock": later(2), "note": text, "reason": ""}
    update_record(record=customer, seen_version=customer.version, values={"address": text}, **how)
    record_event(kind="notice_rule_added", by=cast.owner, at=NOW, record=customer, what={"to": text, "type": text})
    client = sign_in(cast.auditor)
    html = client.get(TRAIL, {"q": f"Y{text}"[:50]}).content.decode()
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    for row in customer.history.all():
        for tail in ("", "as-it-was/"):
            page_of = client.get(f"/trail/customer/{row.pk}/{tail}").content.decode()
            assert "<script>alert" not in page_of
            assert "<img src=x" not in page_of
    data = b"".join(client.post("/trail/export/", {"query": "", "format": "csv"}).streaming_content)
    for line in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        for cell in line:
            assert not cell or cell[0] not in "=+@\t\r", cell
            assert not cell.startswith("-") or cell[1:].replace(".", "").isdigit(), cell
    sheet = load_workbook(
        io.BytesIO(b"".join(client.post("/trail/export/", {"query": "", "format": "xlsx"}).streaming_content))
    ).active
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
    for line in b"".join(
        client.post("/trail/export/", {"query": "", "format": "jsonl"}).streaming_content
    ).splitlines():
        json.loads(line)


@pytest.mark.skipif(house.POSTGRES, reason="PostgreSQL takes no such moment")
@pytest.mark.parametrize(
    "at", ["zzz", "", "2026-02-31 00:00:00", "2026-03-18", "now", "99999-01-01 00:00:00", "9999-12-31 23:59:59.999999"]
)
def test_a_row_with_a_moment_that_is_none_does_not_shut_the_trail(cast, sign_in, at):
    """Somebody with the file of the database may put in a history row with any text for its moment."""
    customer = make.customer(cast.owner, name="Yunfan")
    forged = put_in(customer, history_date=at)
    client = sign_in(cast.auditor)
    for path in (TRAIL, f"{TRAIL}?record=customer:{customer.pk}", f"/customers/{customer.pk}/history/"):
        response = client.get(path)
        assert response.status_code == 200
        assert "Yunfan" in response.content.decode()
    assert client.get(f"/trail/customer/{forged}/").status_code == 404
    data = b"".join(client.post("/trail/export/", {"query": "", "format": "csv"}).streaming_content)
    assert data.count(b"Yunfan") == 1
    found = [each for each in run(by=None, clock=clock, keep=False).findings if each.code == "moment_unreadable"]
    assert [(each.row_id, each.record_type, each.record_id) for each in found] == [(forged, "customer", customer.pk)]


@pytest.mark.skipif(house.POSTGRES, reason="PostgreSQL takes no such value")
def test_a_row_with_another_value_that_is_none_is_told_of_and_hides_no_other(cast, sign_in):
    customer = make.customer(cast.owner, name="Yunfan")
    forged = put_in(customer, entered_at="2026-02-31 00:00:00", history_date="2026-03-18 06:33:00")
    client = sign_in(cast.auditor)
    html = client.get(TRAIL, UNTIL_NOW).content.decode()
    assert "Cannot be read: verify the trail" in texts(html)[0]
    assert "Yunfan" in html
    assert client.get(f"/trail/customer/{forged}/").status_code == 200
    data = b"".join(client.post("/trail/export/", {"query": "", "format": "csv"}).streaming_content)
    assert f"customer/{forged}".encode() in data


def test_moments_out_of_reach_do_not_shut_the_trail(cast, sign_in):
    customer = make.customer(cast.owner, name="Yunfan")
    event = record_event(kind="signed_in", by=cast.owner, at=NOW)
    if house.POSTGRES:
        forged = put_in(customer, history_date="infinity")
    else:
        forged = put_in(customer, history_date="12026-03-18 06:33:00")
    response = sign_in(cast.auditor).get(TRAIL)
    assert response.status_code == 200
    assert f"/trail/event/{event.pk}/" in response.content.decode()
    assert f"/trail/customer/{forged}/" not in response.content.decode()


def put_in(customer: Any, **values: Any) -> int:
    """A second history row of the customer's, put in past Redate; its id."""
    history = customer.history.model
    names = [f.column for f in history._meta.concrete_fields if f.column != "history_id"]
    columns = ", ".join(house.quoted(names))
    table = history._meta.db_table
    stands = house.run(f"SELECT {columns} FROM {table} WHERE id = %s", [customer.pk])[0]
    row = dict(zip(names, stands, strict=True)) | {"history_type": "~", "version": 2} | values
    house.insert(history, row)
    return house.run(f"SELECT max(history_id) FROM {table} WHERE id = %s", [customer.pk])[0][0]


def test_every_page_of_the_trail_says_the_same_moment_in_every_zone(cast, sign_in):
    customer = make.customer(cast.owner, name="Yunfan")
    move(customer, cast.manager, at=later(1))
    for zone, shown in (
        ("America/New_York", "2026-03-18 02:33"),
        ("Pacific/Kiritimati", "2026-03-18 20:33"),
        ("Asia/Kathmandu", "2026-03-18 12:18"),
    ):
        cast.auditor.zone = zone
        cast.auditor.save()
        html = sign_in(cast.auditor).get(TRAIL, {"field": "time"}).content.decode()
        assert shown in texts(html)[0]
        data = b"".join(
            sign_in(cast.auditor).post("/trail/export/", {"query": "field=time", "format": "csv"}).streaming_content
        )
        (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        assert row[f"Changed at ({zone})"] == shown
    assert [line.title for line in page(Wanted(only_times=True), cast.auditor).rows] == ["Yunfan"]


def test_an_answer_given_many_times_costs_what_it_costs_once(cast, sign_in):
    make.customer(cast.owner)
    client, asked = sign_in(cast.auditor), []
    for times in (1, 500):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{TRAIL}?{'&'.join(['via=api'] * times)}").status_code == 200
        asked.append([len(captured), max(len(query["sql"]) for query in captured)])
    assert asked[0] == asked[1]


def test_very_many_people_are_asked_for_together(cast):
    mine, other = make.customer(cast.owner, name="Mine"), make.customer(cast.stranger, name="Other")
    many = tuple(range(10_000, 10_400))
    wanted = Wanted(people=(cast.owner.pk, *many), types=("customer",))
    with CaptureQueriesContext(connection) as captured:
        assert [line.title for line in page(wanted, cast.auditor).rows] == ["Mine"]
    assert max(query["sql"].count("UNION ALL") for query in captured) == 0
    words = Wanted(words=Words("x", {}, (cast.stranger.pk, *many)), types=("customer",))
    assert [line.title for line in page(words, cast.auditor).rows] == ["Other"]
    assert mine.pk != other.pk
