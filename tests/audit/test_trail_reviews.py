"""Reviews are lines of the trail: who signed off what, when, with which words; on the page, in files, in print."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.browse.filters import Wanted
from audit.browse.page import page
from audit.events import record_event
from audit.models import Event, Review
from tests import cast as make
from tests.audit.test_trail_list import narrow_auditor
from tests.cast import NOW, days
from tests.records.reviewing import moved, queued, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
TRAIL, REVIEWS = "/trail/", {"type": "event-review"}
CONCERNED = "Entry time 2026-03-18 14:32 → 2026-03-06 14:32, by Manager"


@pytest.fixture
def call(cast: make.Cast) -> Any:
    """A follow-up whose time was moved twelve days back."""
    call = make.follow_up(cast.owner, make.customer(cast.owner, name="Huarui Logistics"), summary="First visit")
    moved(call, cast.manager, NOW - days(12))
    return call


def text(html: str) -> str:
    """Without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_list_names_record_verdict_change_words_and_person(cast, sign_in, call):
    client = sign_in(cast.auditor)
    assert say(client, queued(call), "ok", "Gate pass seen.").status_code == 302
    html = client.get(TRAIL, REVIEWS).content.decode()
    row = text(re.search(r"<tbody.*?</tbody>", html, re.DOTALL)[0])
    for words in ("First visit", "Reviews", "Reviewed", "In order", CONCERNED, "Gate pass seen.", "Auditor"):
        assert words in row
    assert CONCERNED not in client.get(TRAIL, {"type": "event-other"}).content.decode()


def test_its_page_and_drawer_lead_to_the_change_and_the_record(cast, sign_in, call):
    client = sign_in(cast.auditor)
    say(client, queued(call), "back", "What proves it?")
    event = Event.objects.get(kind="review")
    change = f"/trail/followup/{call.history.latest('history_id').pk}/"
    for headers in ({}, {"HX-Request": "true"}):
        html = client.get(f"/trail/event/{event.pk}/", headers=headers).content.decode()
        assert f'<a href="{change}">{CONCERNED}</a>' in html
        assert call.get_absolute_url() in html
        assert "What proves it?" in html
        assert "Sent back" in html
    assert client.get(change).status_code == 200


def test_files_hold_the_words_and_the_row_it_concerns(cast, sign_in, call):
    client = sign_in(cast.auditor)
    say(client, queued(call), "ok", "=Gate pass seen.")
    change = f"followup/{call.history.latest('history_id').pk}"
    given = {"query": "type=event-review"}
    whole = b"".join(client.post("/trail/export/", given | {"format": "csv"}).streaming_content)
    (row,) = csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline=""))
    assert (row["Record"], row["Field"], row["After"]) == ("First visit", "Reviewed", "In order")
    assert (row["Words"], row["Operator"], row["Concerns row"]) == ("'=Gate pass seen.", "Auditor", change)
    told = b"".join(client.post("/trail/export/", given | {"format": "jsonl"}).streaming_content)
    row = json.loads(told)
    assert (row["words"], row["concerns"], row["record"]) == ("=Gate pass seen.", change, "First visit")


def test_the_record_finds_its_reviews_and_nobody_sees_those_of_hidden_ones(cast, sign_in, call):
    client = sign_in(cast.auditor)
    say(client, queued(call), "ok", "Gate pass seen.")
    of_it = {"record": f"followup:{call.pk}"} | REVIEWS
    assert "Gate pass seen." in client.get(TRAIL, of_it).content.decode()
    reader = narrow_auditor(cast)
    assert "Gate pass seen." in sign_in(reader).get(TRAIL, REVIEWS).content.decode()  # of their own team
    hidden = make.follow_up(cast.stranger, make.customer(cast.stranger), summary="Hidden visit")
    moved(hidden, cast.senior, NOW - days(3))
    say(client, queued(hidden), "ok", "Nobody of East reads this.")
    html = sign_in(reader).get(TRAIL, REVIEWS).content.decode()
    assert "Nobody of East" not in html
    assert "Hidden visit" not in html


def test_a_page_of_reviews_asks_no_more_than_one_review(cast, call):
    asked = []
    for number in range(6):
        about = {"kind": "audit.historicalfollowup", "record_type": "followup", "record_id": call.pk}
        about |= {"history_id": call.history.latest("history_id").pk, "outcome": "ok", "by_id": 1, "at": NOW}
        said = Review.objects.create(note=f"Said {number}", **about)
        what = {"outcome": "ok", "kind": said.kind, "history_id": said.history_id, "rows": 1, "review": said.pk}
        record_event(kind="review", by=cast.auditor, at=NOW, record=call, what=what)
        with CaptureQueriesContext(connection) as captured:
            found = page(Wanted(types=("event-review",)), cast.auditor)
        asked.append(len(captured))
    assert asked[-1] <= asked[0]
    assert {line.words for line in found.rows} == {f"Said {number}" for number in range(6)}


FORGED = [{}, {"review": "x", "rows": "many", "kind": [], "history_id": 2**70}, ["x"], "x", 7]


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_event_does_not_shut_the_page(cast, sign_in, call, what):
    event = Event.objects.create(at=NOW, kind="review", channel="web", what=what)
    client = sign_in(cast.auditor)
    assert client.get(TRAIL, REVIEWS).status_code == 200
    assert client.get(f"/trail/event/{event.pk}/").status_code == 200
