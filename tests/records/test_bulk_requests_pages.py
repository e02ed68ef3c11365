"""What a bulk change asks for as one: one card in lists, one page, one answer; nothing of what one may not see."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.models import CompanyRules, FollowUp, TimeRequest, TypeRule
from records.services.entry_time import change_entry_time
from tests import cast as make
from tests.cast import NOW, clock, days

from .doing import give
from .requesting import asked
from .test_bulk_pages import address, calls, choose, preview  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/requests/"


def ask(client: Any, records: list[Any], **given: Any) -> Any:
    bulk = choose(client, records)
    preview(client, bulk, days="20", **given)
    client.post(address(bulk, "ask"))
    return bulk


def cards(client: Any, query: str = "") -> list[tuple[int, int | None]]:
    """(request, how many it stands for) of each card."""
    listing = client.get(LIST + query).context["list"]
    return [(each.request.pk, many and many.number) for each, many in listing.cards]


def test_one_card_per_bulk_change_and_single_ones_as_they_are(sign_in, cast, calls):  # noqa: F811
    single = asked(calls[5], cast.owner)
    client = sign_in(cast.owner)
    bulk = ask(client, calls[:3])
    ask(client, calls[3:5])
    newest = TimeRequest.objects.filter(bulk=bulk.pk).latest("pk")
    found = cards(sign_in(cast.manager))
    assert (newest.pk, 3) in found
    assert (single.pk, None) in found
    assert sorted(number or 1 for _pk, number in found) == [1, 2, 3]
    page = sign_in(cast.manager).get(LIST).content.decode()
    for text in ("asks for 3 as one (follow-ups)", "20 days earlier", "Cards typed in late", address(bulk, "request")):
        assert text in page
    assert page.count('name="chosen"') == 1
    assert cards(client, "?tab=mine") == found


def test_a_list_of_bulk_changes_alone_offers_no_ticks(sign_in, cast, calls):  # noqa: F811
    ask(sign_in(cast.owner), calls[:3])
    page = sign_in(cast.manager).get(LIST).content.decode()
    assert "Answer as one" in page
    assert "Answer the ticked ones together" not in page


def test_pages_by_key_and_a_constant_number_of_queries(sign_in, cast, calls, monkeypatch):  # noqa: F811
    from records import request_list

    monkeypatch.setattr(request_list, "SIZE", 2)
    owner, manager = sign_in(cast.owner), sign_in(cast.manager)
    for call in calls[:2]:
        ask(owner, [call])
    manager.get(LIST)
    with CaptureQueriesContext(connection) as few:
        manager.get(LIST)
    more = [make.follow_up(cast.owner, calls[0].customer) for _ in range(12)]
    for start in range(0, 12, 4):
        ask(owner, more[start : start + 4])
    first = manager.get(LIST)
    with CaptureQueriesContext(connection) as many:
        manager.get(LIST)
    assert len(many) <= len(few)
    seen, listing = [], first.context["list"]
    while True:
        seen += [each.request.bulk for each, _many in listing.cards]
        if not listing.older:
            break
        listing = manager.get(LIST + listing.older).context["list"]
    assert len(seen) == len(set(seen)) == 5
    assert cards(manager, listing.newer)


def test_a_page_whose_first_requests_are_not_to_be_seen_stands_and_counts_the_others(
    sign_in,
    cast,
    calls,  # noqa: F811
    monkeypatch,
):
    from records.views import bulk_answering

    monkeypatch.setattr(bulk_answering, "SHOWN", 2)
    bulk = ask(sign_in(cast.owner), calls)
    decider = _who_sees_only(cast, calls[5])
    client = sign_in(decider)
    assert cards(client) == [(TimeRequest.objects.get(record_id=calls[5].pk).pk, 1)]
    page = client.get(address(bulk, "request"))
    assert page.status_code == 200
    text = page.content.decode()
    assert "1 waits for an answer" in text
    assert "Call 5" in text
    for hidden in ("Call 0", "Call 4", " 6 ", ">6<", "5 others"):
        assert hidden not in text
    given = {"seen": page.context["seen"], "answer": "approve", "note": ""}
    assert client.post(address(bulk, "request"), given).status_code == 302
    states = TimeRequest.objects.order_by("record_id").values_list("state", flat=True)
    assert list(states) == ["open"] * 5 + ["approved"]


def test_what_others_change_on_unseen_records_does_not_show(sign_in, cast, calls):  # noqa: F811
    bulk = ask(sign_in(cast.owner), calls)
    client = sign_in(_who_sees_only(cast, calls[5]))
    seen = client.get(address(bulk, "request")).context["seen"]
    said = {"reason": "back_fill", "note": "By another", "channel": "web", "clock": clock}
    change_entry_time(record=calls[0], seen_version=1, entered_at=NOW - days(1), by=cast.owner, **said)
    assert client.get(address(bulk, "request")).context["seen"] == seen


def test_each_is_judged_by_itself_and_the_refused_are_named(sign_in, cast, calls):  # noqa: F811
    key = make.follow_up(cast.owner, make.customer(cast.owner, importance="key"), summary="Key call")
    bulk = ask(sign_in(cast.owner), [*calls[:2], key])
    client = sign_in(cast.manager)
    page = client.get(address(bulk, "request"))
    given = {"seen": page.context["seen"], "answer": "approve", "note": "Seen"}
    response = client.post(address(bulk, "request"), given)
    assert response.status_code == 422
    text = response.content.decode()
    for words in ("2 requests are answered.", "Left as it is", "Key call"):
        assert words in text
    assert TimeRequest.objects.get(record_id=key.pk).state == "open"
    assert TimeRequest.objects.filter(state="approved").count() == 2


def test_answered_ones_stay_on_the_page_and_are_one_card_there(sign_in, cast, calls):  # noqa: F811
    bulk = ask(sign_in(cast.owner), calls[:3])
    client = sign_in(cast.manager)
    seen = client.get(address(bulk, "request")).context["seen"]
    client.post(address(bulk, "request"), {"seen": seen, "answer": "reject", "note": "No"})
    assert cards(client) == []
    assert [number for _pk, number in cards(client, "?tab=answered")] == [3]
    page = client.get(address(bulk, "request")).content.decode()
    assert "0 wait for an answer" in page
    assert 'name="answer"' not in page
    assert [number for _pk, number in cards(sign_in(cast.owner), "?tab=mine&state=rejected")] == [3]
    assert sign_in(cast.auditor).get(address(bulk, "request")).status_code == 200


def test_very_many_are_answered_some_at_a_time(sign_in, cast, calls, monkeypatch):  # noqa: F811
    from records.services import bulk_requests

    monkeypatch.setattr(bulk_requests, "ANSWERED_AT_ONCE", 4)
    bulk = ask(sign_in(cast.owner), calls)
    client = sign_in(cast.manager)
    for left in (2, 0):
        seen = client.get(address(bulk, "request")).context["seen"]
        client.post(address(bulk, "request"), {"seen": seen, "answer": "approve", "note": ""})
        assert TimeRequest.objects.filter(state="open").count() == left


def test_expired_ones_are_not_answered(sign_in, cast, calls):  # noqa: F811
    from records.bulk_asked import AsOne

    bulk = ask(sign_in(cast.owner), calls[:2])
    assert AsOne(bulk, cast.manager, NOW).waiting == 2
    assert AsOne(bulk, cast.manager, NOW + days(60)).waiting == 0


def test_too_many_are_not_asked_for_at_once(sign_in, cast, calls, monkeypatch):  # noqa: F811
    from records.services import bulk_requests

    monkeypatch.setattr(bulk_requests, "MOST_ASKED", 2)
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:3]), days="20")
    page = client.post(address(bulk, "ask"), follow=True).content.decode()
    assert "Up to 2 changes are asked for as one" in page
    assert not TimeRequest.objects.exists()


def _who_sees_only(cast: make.Cast, record: FollowUp) -> Any:
    """Somebody who may answer requests, in a role of their own that sees what it is granted."""
    from django.contrib.auth.models import Group, Permission

    group = Group.objects.create(name="answerers")
    group.permissions.add(Permission.objects.get(codename="decide_requests"))
    user = make.person("answerer")
    user.groups.add(group)
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    make.set_rule(TypeRule.objects.get(record_type="followup"), owners_may=True)
    give(cast, record, to=user, by=cast.administrator, days_back=60)
    return user


def test_what_is_asked_for_already_counts_as_asked(sign_in, cast, calls):  # noqa: F811
    asked(calls[0], cast.owner)
    client = sign_in(cast.owner)
    bulk = ask(client, calls[:2])
    assert set(bulk.rows.values_list("outcome", flat=True)) == {"asked"}
    assert TimeRequest.objects.filter(bulk=bulk.pk).count() == 1
    again = ask(client, calls[:2])
    assert "Request them as one" not in client.get(address(again)).content.decode()
    page = client.post(address(again, "ask"), follow=True).content.decode()
    assert "nothing here that you have not asked for already" in page


def test_the_page_says_how_many_are_the_viewers_to_answer(sign_in, cast, calls):  # noqa: F811
    key = make.follow_up(cast.owner, make.customer(cast.owner, importance="key"), summary="Key call")
    bulk = ask(sign_in(cast.owner), [calls[0], key])
    page = sign_in(cast.manager).get(address(bulk, "request")).content.decode()
    assert "2 wait for an answer. 1 of them is yours to answer." in " ".join(page.split())
