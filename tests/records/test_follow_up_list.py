"""The list of follow-ups: what is different from that of customers; marking one as done."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from records.models import CompanyRules, FollowUp
from tests import cast as people
from tests.cast import NOW, days

from .lists import MOST_QUERIES, archive, at, cell, move, see

PAGE = "/follow-ups/"


@pytest.fixture
def three(cast: Any) -> list[Any]:
    """A call with a next step, a visit on a key customer, a message of another team."""
    plain, key = people.customer(cast.owner, name="Kestrel"), people.customer(cast.owner, name="南粤", importance="key")
    step = {"next_step": "Send the offer", "next_step_on": dt.date(2026, 3, 20)}
    return [
        people.follow_up(cast.owner, plain, summary="First call", clock=at(NOW - days(2)), **step),
        people.follow_up(cast.owner, key, summary="拜访工厂", kind="visit", done=True, clock=at(NOW - days(1)), **step),
        people.follow_up(cast.stranger, plain, summary="Message", kind="wechat", content="云帆 compares us"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Message", "拜访工厂", "First call"]),
        ("kind=visit&kind=wechat", ["Message", "拜访工厂"]),
        ("view=key", ["拜访工厂"]),
        ("view=mine", ["拜访工厂", "First call"]),
        ("q=云帆", ["Message"]),
        ("q=offer&sort=name", ["First call", "拜访工厂"]),
        ("sort=kind", ["First call", "拜访工厂", "Message"]),
    ],
)
def test_filters_and_orders(cast: Any, three: Any, sign_in: Any, query: str, expected: list[str]) -> None:
    shown = see(sign_in(cast.owner), f"{PAGE}?{query}")
    assert shown.titles == expected
    assert len(shown.statements) <= MOST_QUERIES


def test_cells(cast: Any, three: Any, sign_in: Any) -> None:
    shown = see(sign_in(cast.owner), PAGE)
    assert cell(shown.text, "p3") == ["—", "Send the offer 2026-03-20 Done", "Send the offer 2026-03-20"]
    assert cell(shown.text, "c-badge") == ["WeChat", "Visit", "Call"]


@pytest.mark.parametrize("sales_see_all", [True, False])
def test_shows_what_each_may_see(cast: Any, three: Any, sign_in: Any, sales_see_all: bool) -> None:
    people.set_rule(CompanyRules.objects.get(), sales_see_all=sales_see_all)
    for user in cast.everybody():
        if user.is_active:
            may = {each.summary for each in three if user.has_perm("records.view_followup", each)}
            assert set(see(sign_in(user), PAGE).titles) == may, user


def test_the_same_cost_with_five_and_with_sixty_rows(cast: Any, sign_in: Any) -> None:
    client, customer = sign_in(cast.owner), people.customer(cast.owner)
    counts = []
    for number in (5, 55):
        for n in range(number):
            found = people.follow_up(cast.owner, customer, next_step="Call")
            if n % 5 == 1:
                move(found, cast.manager, NOW - days(1))
        counts.append(len(see(client, PAGE).statements))
    assert counts == [5, 5]


# ---- done ----


def done(client: Any, record: Any, **values: Any) -> Any:
    """Post that the next step is done."""
    return client.post(f"{PAGE}{record.pk}/done/", {"version": record.version} | values)


def test_done_is_saved_once_with_its_row(cast: Any, three: Any, sign_in: Any) -> None:
    client, call = sign_in(cast.owner), three[0]
    response = done(client, call)
    assert (response.status_code, response.url) == (302, "/")
    row = FollowUp.objects.get(pk=call.pk)
    assert row.done
    last = row.history.order_by("-history_id").first()
    assert (last.done, last.actor_name, last.channel) == (True, "Owner", "web")
    assert done(client, call).status_code == 302
    assert FollowUp.objects.get(pk=call.pk).version == row.version


def test_done_though_the_entry_time_moved_meanwhile(cast: Any, three: Any, sign_in: Any) -> None:
    call = three[0]
    move(FollowUp.objects.get(pk=call.pk), cast.manager, NOW - days(3))
    assert done(sign_in(cast.owner), call).status_code == 302
    row = FollowUp.objects.get(pk=call.pk)
    assert (row.done, row.entered_at) == (True, NOW - days(3))


def test_done_is_refused(cast: Any, three: Any, sign_in: Any) -> None:
    call = three[0]
    people.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    assert done(sign_in(cast.stranger), call).status_code == 404
    assert done(sign_in(cast.outsider), call).status_code == 404
    assert done(sign_in(cast.colleague), call).status_code == 403
    assert done(sign_in(cast.auditor), call).status_code == 403
    assert sign_in(cast.owner).get(f"{PAGE}{call.pk}/done/").status_code == 405
    assert not FollowUp.objects.get(pk=call.pk).done


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "999"])
def test_done_with_a_version_nobody_saw_says_so(cast: Any, three: Any, sign_in: Any, version: str) -> None:
    client = sign_in(cast.owner)
    response = done(client, three[0], version=version)
    assert response.status_code == 302
    assert "Somebody changed this follow-up" in client.get("/").content.decode()
    assert not FollowUp.objects.get(pk=three[0].pk).done


def test_done_of_an_archived_one_says_why_not(cast: Any, three: Any, sign_in: Any) -> None:
    archive(three[0], cast.manager)
    client = sign_in(cast.owner)
    assert done(client, FollowUp.objects.get(pk=three[0].pk)).status_code == 302
    assert "archived" in client.get("/").content.decode()


def test_other_posted_fields_change_nothing(cast: Any, three: Any, sign_in: Any) -> None:
    before = FollowUp.objects.get(pk=three[0].pk)
    done(
        sign_in(cast.owner),
        before,
        owner=cast.stranger.pk,
        entered_at="2020-01-01",
        summary="x",
        recorded_at="2020-01-01",
    )
    after = FollowUp.objects.get(pk=before.pk)
    assert (after.owner_id, after.entered_at, after.summary) == (before.owner_id, before.entered_at, before.summary)
