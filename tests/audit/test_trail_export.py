"""The trail as a file: exactly the filter, only what the person may see, and the export stands in the trail."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from audit import exporting
from audit.browse.filters import Wanted
from audit.browse.page import rows_for
from audit.models import Event, Job
from records.services.entry_time import change_entry_time
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
EXPORT, PROGRESS = "/trail/export/", "/trail/export/progress/"


@pytest.fixture
def moved(cast: make.Cast) -> Any:
    """A follow-up with a dangerous name, its time moved two days back."""
    customer = make.customer(cast.owner, name="Huarui Logistics")
    call = make.follow_up(cast.owner, customer, summary='=HYPERLINK("http://evil")')
    change_entry_time(
        record=call,
        seen_version=1,
        entered_at=NOW - days(2),
        reason="typing_error",
        note="Card, found",
        by=cast.owner,
        channel="web",
        clock=lambda: NOW + dt.timedelta(minutes=1),
    )
    return call


def export(client: Any, form: str, query: str = "field=time") -> bytes:
    response = client.post(EXPORT, {"format": form, "query": query})
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].endswith(f".{form}")
    return b"".join(response.streaming_content)


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_csv_file_holds_the_rows_of_the_filter_and_no_formula(sign_in, cast, moved):
    rows = rows_of(export(sign_in(cast.auditor), "csv"))
    assert len(rows) == 1
    row = rows[0]
    assert row["Record"] == '\'=HYPERLINK("http://evil")'
    assert row["Entry time before (Asia/Shanghai)"] == "2026-03-18 14:32"
    assert row["Entry time after (Asia/Shanghai)"] == "2026-03-16 14:32"
    assert (row["Shift in minutes"], row["Operator"], row["Reason"]) == ("-2880", "Owner", "Typing error")
    assert row["Words"] == "Card, found"


def test_an_excel_file_holds_the_clock_of_the_zone_and_texts_as_texts(sign_in, cast, moved):
    sheet = load_workbook(io.BytesIO(export(sign_in(cast.auditor), "xlsx"))).active
    head = [cell.value for cell in sheet[1]]
    row = dict(zip(head, sheet[2], strict=True))
    assert row["Entry time after (Asia/Shanghai)"].value == dt.datetime(2026, 3, 16, 14, 32)
    assert row["Record"].data_type == "s"
    assert row["Record"].value.startswith("=HYPERLINK")


def test_json_lines_are_for_programs(sign_in, cast, moved):
    (row,) = map(json.loads, export(sign_in(cast.auditor), "jsonl").decode().splitlines())
    assert row["entered_at_after"] == "2026-03-16T06:32:00+00:00"
    assert (row["reason"], row["operator_id"], row["channel"]) == ("typing_error", cast.owner.pk, "web")


def test_it_speaks_the_readers_language(sign_in, cast, moved):
    cast.auditor.language = "zh-hans"
    cast.auditor.save()
    (row,) = rows_of(export(sign_in(cast.auditor), "csv"))
    assert row != {}
    assert "Record" not in row


def test_every_row_is_in_it_once_in_the_order_of_the_page(sign_in, cast, moved, monkeypatch):
    whole = rows_of(export(sign_in(cast.auditor), "csv", ""))
    events_before = Event.objects.count() - 1  # this export's own event was there already when the rows were read
    assert len({row["Row"] for row in whole}) == len(whole) > events_before
    times = [row["Changed at (Asia/Shanghai)"] for row in whole]
    assert times == sorted(times, reverse=True)


def test_the_export_itself_is_kept_with_its_filter(sign_in, cast, moved):
    export(sign_in(cast.auditor), "csv")
    event = Event.objects.get(kind="export")
    assert event.actor_id == cast.auditor.pk
    assert event.what == {"query": "field=time", "filter": "Field: Entry time", "format": "csv"}
    job = Job.objects.get()
    assert (job.state, job.done, job.facts["event"]) == ("done", 1, event.pk)
    page = sign_in(cast.auditor).get("/trail/").content.decode()
    assert "Field: Entry time, as CSV" in page


def test_how_far_it_is_can_be_asked_while_it_runs(sign_in, cast, moved, monkeypatch):
    monkeypatch.setattr(exporting, "EVERY", 1)
    client = sign_in(cast.auditor)
    assert b"Nothing was exported yet" in client.get(PROGRESS).content
    response = client.post(EXPORT, {"format": "csv", "query": ""})
    job = exporting.newest_of(cast.auditor)
    pieces = exporting._counted(job, rows_for(Wanted(), cast.auditor), dt.UTC, clock)
    next(pieces)
    page = client.get(PROGRESS).content.decode()
    assert "1 row exported" in page
    assert 'hx-get="/trail/export/progress/"' in page
    b"".join(response.streaming_content)
    page = client.get(PROGRESS).content.decode()
    assert "The export stands in the trail" in page
    assert "hx-get" not in page


def test_one_who_breaks_it_off_leaves_that(sign_in, cast, moved):
    words = {"query": "", "in_words": [], "form": "csv", "remote_addr": None}
    job = exporting.begin(by=cast.auditor, at=NOW, **words)
    pieces = exporting.pieces(job, Wanted(), cast.auditor, zone=dt.UTC, language="en", clock=clock)
    next(pieces)
    pieces.close()
    assert Job.objects.get().state == "stopped"
    assert Event.objects.filter(kind="export").count() == 1
    assert "broken off" in sign_in(cast.auditor).get(PROGRESS).content.decode()


def test_a_sheet_that_cannot_hold_them_all_fails_with_a_sentence(sign_in, cast, moved, monkeypatch):
    monkeypatch.setattr("audit.formats.MOST_XLSX", 1)
    client = sign_in(cast.auditor)
    response = client.post(EXPORT, {"format": "xlsx", "query": ""})
    with pytest.raises(ValueError, match="holds no more"):
        b"".join(response.streaming_content)
    assert Job.objects.get().state == "failed"
    assert "Choose fewer rows, or CSV" in client.get(PROGRESS).content.decode()


@pytest.mark.parametrize(("who", "status"), [("auditor", 200), ("administrator", 403), ("owner", 403)])
def test_who_may_export(sign_in, cast, moved, who, status):
    client = sign_in(getattr(cast, who))
    response = client.post(EXPORT, {"format": "csv", "query": ""})
    assert response.status_code == status
    assert Event.objects.filter(kind="export").exists() == (status == 200)
    assert client.get(PROGRESS).status_code == status


def test_a_filter_or_a_kind_of_file_that_is_none_exports_nothing(sign_in, cast, moved):
    client = sign_in(cast.auditor)
    assert client.post(EXPORT, {"format": "csv", "query": "from=soon"}).status_code == 422
    assert client.post(EXPORT, {"format": "exe", "query": ""}).status_code == 400
    assert not Event.objects.filter(kind="export").exists()


def test_a_chunk_costs_the_same_number_of_queries_whatever_it_holds(sign_in, cast, moved):
    with CaptureQueriesContext(connection) as few:
        export(sign_in(cast.auditor), "jsonl", "type=followup")
    for number in range(30):
        make.follow_up(cast.owner, moved.customer, summary=f"Call {number}")
    with CaptureQueriesContext(connection) as many:
        export(sign_in(cast.auditor), "jsonl", "type=followup")
    assert len(many) == len(few)
