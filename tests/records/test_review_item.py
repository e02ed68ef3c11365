"""Signing off and sending back: who may, what is kept, what a second reviewer is told."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.urls import reverse

from audit.models import Event, Review, ReviewItem
from crm.models import Role
from records.models import Notice
from records.refusals import Refused
from records.services.batches import undo_batch
from records.services.reviews import Seen, sign_off
from records.services.time_requests import Seen as SeenRequest
from records.services.time_requests import approve
from tests import cast as make
from tests.audit.house import run, typed
from tests.beside import together
from tests.cast import NOW, clock, days
from tests.records.many import calls, change
from tests.records.many import moved as shifted
from tests.records.requesting import asked, seen_now
from tests.records.reviewing import PAGE, look, moved, page, queued, say, text
from tests.records.test_review_filling import batch_of

pytestmark = pytest.mark.usefixtures("at_now")


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


@pytest.fixture
def item(cast, call):
    moved(call, cast.manager, NOW - days(12))
    return queued(call)


@pytest.fixture
def other(cast):
    """Another auditor."""
    return make.person("inspector", "auditor")


def as_reviewer(person):
    """A role besides that lets the person review."""
    group = Group.objects.get_or_create(name="role:checkers")[0]
    Role.objects.get_or_create(key="checkers", defaults={"name_en": "Checkers", "name_zh": "检查", "group": group})
    group.permissions.add(Permission.objects.get(codename="review_changes"))
    person.groups.add(group)


def nothing_said(item):
    item.refresh_from_db()
    return item.state == "open" and not Review.objects.exists() and not Event.objects.filter(kind="review").exists()


def test_the_page_says_what_a_reviewer_asks(cast, item, sign_in):
    html = text(sign_in(cast.auditor).get(page(item)))
    for words in (
        "2026-03-18 14:32",
        "2026-03-06 14:32",
        "12 days earlier",
        "Wednesday",
        "Friday",
        "Why it ranks: Some",
        "12 days earlier, where more than 7 days are a large shift",
        "Back-fill",
        "Card found.",
        "Role: Sales manager",
        "by Manager",
    ):
        assert words in html
    assert re.search(r'name="outcome" value="ok"[^>]*checked', html)


def test_in_order(cast, call, item, sign_in):
    client = sign_in(cast.auditor)
    rows = call.history.count()
    response = say(client, item, "ok", "Gate pass seen.")
    assert (response.status_code, response.url) == (302, PAGE)
    item.refresh_from_db()
    review, event = Review.objects.get(), Event.objects.get(kind="review")
    assert (item.state, item.state_at) == ("ok", NOW)
    assert (review.kind, review.history_id, review.outcome, review.note) == (
        item.kind,
        item.history_id,
        "ok",
        "Gate pass seen.",
    )
    assert (review.by_id, review.by_name, review.at, review.record_id) == (
        cast.auditor.pk,
        "Auditor",
        NOW,
        call.pk,
    )
    assert (event.record_type, event.record_id, event.actor_id) == ("records.followup", call.pk, cast.auditor.pk)
    assert (event.what["outcome"], event.what["review"], event.what["rows"]) == ("ok", review.pk, 1)
    assert not Notice.objects.filter(kind="sent_back").exists()
    assert call.history.count() == rows  # nothing changes on the record
    assert "Signed off: in order." in text(client.get(PAGE))
    html = text(client.get(page(item)))
    assert "Gate pass seen." in html
    assert 'name="note"' not in html


def test_sent_back_asks_the_editor_and_can_be_signed_off_later(cast, call, item, sign_in, other):
    assert say(sign_in(cast.auditor), item, "back", "What proves it?").status_code == 302
    item.refresh_from_db()
    assert item.state == "back"
    notice = Notice.objects.get(kind="sent_back")
    assert (notice.user_id, notice.record_id, notice.words) == (cast.manager.pk, call.pk, "What proves it?")
    assert (notice.before, notice.after) == (NOW, NOW - days(12))
    html = text(sign_in(cast.manager).get("/notices/"))
    assert "Auditor sent back a change of yours: explain or correct it" in html
    assert "What proves it?" in html
    assert say(sign_in(other), item, "ok", "Shown the pass.").status_code == 302
    item.refresh_from_db()
    assert item.state == "ok"
    assert list(Review.objects.order_by("id").values_list("outcome", "by_name")) == [
        ("back", "Auditor"),
        ("ok", "Inspector"),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"note": "  "}, "Write what you looked at"),
        ({"outcome": ""}, "Choose one."),
        ({"outcome": "maybe"}, "Choose one."),
        ({"seen": ""}, "too old to save from"),
        ({"note": "x" * 2001}, "2000"),
    ],
)
def test_what_is_missing_comes_back_with_what_was_typed(cast, item, sign_in, data, words):
    client = sign_in(cast.auditor)
    given = {"outcome": "back", "note": "My note", "seen": look(client, item)} | data
    response = client.post(page(item), given)
    assert response.status_code == 422
    assert words in text(response)
    assert ("My note" in text(response)) is ("note" not in data)
    assert nothing_said(item)


def refused(client, item, seen):
    response = client.post(page(item), {"outcome": "ok", "note": "Looks fine.", "seen": seen})
    assert response.status_code == 403
    assert "Somebody else has to review it." in text(response)
    event = Event.objects.filter(kind="refused").latest("id")
    assert (event.what["action"], event.what["codes"]) == ("review", ["review_own"])
    assert event.record_id == item.record_id
    assert nothing_said(item)


def test_nobody_reviews_what_they_changed(cast, item, sign_in):
    as_reviewer(cast.manager)
    client = sign_in(cast.manager)
    html = text(client.get(page(item)))
    assert "Somebody else has to review it." in html
    assert 'name="note"' not in html
    refused(client, item, "open.1.0")


@pytest.mark.parametrize("who", ["colleague", "senior"])
def test_nobody_reviews_what_they_asked_for_or_approved(cast, call, sign_in, who):
    request = asked(call, cast.colleague)
    approve(request=request, seen=SeenRequest.read(seen_now(request)), by=cast.senior, clock=clock)
    as_reviewer(getattr(cast, who))
    refused(sign_in(getattr(cast, who)), queued(call), "open.1.0")


def test_the_owner_may_review_what_others_changed(cast, item, sign_in):
    as_reviewer(cast.owner)
    assert say(sign_in(cast.owner), item).status_code == 302


def test_a_second_reviewer_is_told(cast, item, sign_in, other):
    first, second = sign_in(cast.auditor), sign_in(other)
    seen = look(second, item)
    say(first, item, "ok", "Seen.")
    response = say(second, item, "back", "What proves it?", seen=seen)
    assert response.status_code == 422
    assert "Auditor has signed this off already." in text(response)
    assert Review.objects.count() == 1


def test_sent_back_meanwhile_is_looked_at_again(cast, item, sign_in, other):
    first, second = sign_in(cast.auditor), sign_in(other)
    seen = look(second, item)
    say(first, item, "back", "What proves it?")
    response = say(second, item, "ok", "Fine.", seen=seen)
    assert response.status_code == 409
    assert "Look again, then answer." in text(response)
    assert "What proves it?" in text(response)
    again = re.search(r'name="seen" value="([^"]*)"', text(response))[1]
    assert say(second, item, "ok", "Fine.", seen=again).status_code == 302


def test_the_same_twice_is_said_once(cast, item, sign_in):
    client = sign_in(cast.auditor)
    seen = look(client, item)
    for _ in range(2):
        assert say(client, item, "back", "Why?", seen=seen).status_code == 302
    assert Review.objects.count() == Notice.objects.filter(kind="sent_back").count() == 1


def test_the_dialog_of_htmx(cast, item, sign_in):
    client, htmx = sign_in(cast.auditor), {"HX-Request": "true"}
    html = text(client.get(page(item), headers=htmx))
    assert html.lstrip().startswith("<dialog")
    response = say(client, item, note="", headers=htmx)
    assert response.status_code == 422
    assert text(response).lstrip().startswith("<dialog")
    assert say(client, item, headers=htmx).headers["HX-Redirect"] == PAGE


def test_a_batch_is_signed_off_as_one(cast, sign_in):
    records = [make.customer(cast.owner, name=f"C{number}") for number in range(3)]
    batch_of(cast, records)
    item, client = queued(records[2]), sign_in(cast.auditor)
    html = text(client.get(PAGE))
    assert "3 customers" in html
    assert f"Batch B-{item.batch:04d}" in html
    assert "3 records in one go" in html
    html = text(client.get(page(item)))
    assert "This is C2, which moved furthest. All are signed off as one." in html
    for record in records:
        assert record.number in html
    say(client, item)
    assert Review.objects.get().history_id == item.history_id
    assert ReviewItem.objects.get().state == "ok"
    as_reviewer(cast.manager)
    assert "3 customers" in text(sign_in(cast.manager).get(page(item)))


def test_a_bulk_change_and_its_undo(cast, sign_in):
    records = calls(cast, 3)
    batch = change(shifted(records, days(-9)), cast.manager).batch
    client = sign_in(cast.auditor)
    html = text(client.get(PAGE))
    assert "3 follow-ups" in html
    assert "Undone since." not in html
    assert client.get(reverse("records:batch_detail", args=[batch.pk])).status_code == 200
    assert f"/batches/{batch.pk}/" in html
    undo_batch(batch=batch, by=cast.manager, clock=clock)
    html = text(client.get(PAGE))
    assert html.count("3 records in one go") == 2
    assert html.count("Undone since.") == 1


def test_a_batch_that_grew_since_is_looked_at_again(cast, sign_in):
    one, other = make.customer(cast.owner), make.customer(cast.owner)
    batch = batch_of(cast, [one])
    item, client = queued(one), sign_in(cast.auditor)
    seen = look(client, item)
    batch_of(cast, [other], to=NOW - days(1), batch=batch)
    queued(one)
    assert say(client, item, seen=seen).status_code == 409
    assert not Review.objects.exists()


def test_raw_sql_has_nobody_to_ask_and_a_deleted_record_is_reviewed_all_the_same(cast, call, sign_in):
    at = typed(NOW - days(4)) if connection.vendor == "sqlite" else NOW - days(4)
    run(f"UPDATE records_followup SET entered_at = %s WHERE id = {call.pk}", [at])
    run(f"DELETE FROM records_followup WHERE id = {call.pk}")
    client = sign_in(cast.auditor)
    ReviewItem.objects.all().delete()
    item = queued(call)
    html = text(client.get(PAGE))
    assert "Raw SQL, outside Redate" in html
    assert "Unknown" in html
    assert "past Redate" in text(client.get(page(item)))
    assert say(client, item, "back", "Who did this?").status_code == 302
    assert Review.objects.get().record_id == call.pk
    assert not Notice.objects.filter(kind="sent_back").exists()


def test_the_history_of_the_record_tells_of_the_review(cast, call, item, sign_in):
    client = sign_in(cast.auditor)
    address = reverse("records:follow_up_history", args=[call.pk])
    assert "Reviewed by" not in text(client.get(address))
    say(client, item, note="Gate pass seen.")
    assert "Reviewed by Auditor: in order" in " ".join(text(client.get(address)).split())


def test_the_history_of_each_record_of_a_batch_tells_of_the_review(cast, sign_in):
    records = [make.customer(cast.owner) for _ in range(2)]
    batch_of(cast, records)
    client = sign_in(cast.auditor)
    say(client, queued(records[1]), "back", "Why?")
    for record in records:
        html = text(client.get(reverse("records:customer_history", args=[record.pk])))
        assert "Sent back by Auditor" in " ".join(html.split())


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_review(transactional_db):
    cast = make.make()
    other = make.person("inspector", "auditor")
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    moved(call, cast.manager)
    item = queued(call)
    seen = str(Seen.of(item))

    def by(person):
        def run():
            try:
                return sign_off(
                    item=item, record=call, seen=seen, outcome="ok", note="Fine.", by=person, channel="web", clock=clock
                )
            except Refused as no:
                return no.codes

        return run

    answers = together(by(cast.auditor), by(other))
    assert Review.objects.count() == 1
    assert sorted(isinstance(each, Review) for each in answers) == [False, True]
    assert ("review_done",) in answers
