"""What a new rule would have changed: moves of the last days judged again, as they were made."""

from __future__ import annotations

import datetime as dt

import pytest

from crm.models import Role
from records import preview as module
from records.models import CompanyRules, FollowUp, TypeRule
from records.preview import preview
from records.rules import WindowLimit
from records.services.entry_time import change_entry_time
from records.services.undo import undo_change
from tests import cast as make
from tests.cast import NOW, days

pytestmark = pytest.mark.django_db
LATER = NOW + days(5)


def rule(record_type="followup"):
    return TypeRule.objects.select_related("company").get(record_type=record_type)


def move(record, by, back, at=NOW):
    return change_entry_time(
        record=record,
        seen_version=type(record).objects.get(pk=record.pk).version,
        entered_at=at - days(back),
        reason="back_fill",
        note="Found the card",
        by=by,
        channel="web",
        clock=lambda: at,
    )


def cell(role, customer_class="ordinary"):
    return Role.objects.get(key=role).pk, customer_class


def figures(found):
    return found.looked, found.refused, found.asked


@pytest.fixture
def moved(cast):
    """Moves of follow-ups: the owner's 2 and 6 days back, a manager's 20, a senior's on a key customer 40."""
    ordinary = make.customer(cast.owner)
    key = make.customer(cast.owner, importance="key")
    calls = [make.follow_up(cast.owner, ordinary) for _n in range(3)]
    calls.append(make.follow_up(cast.owner, key))
    people = [(cast.owner, 2), (cast.owner, 6), (cast.manager, 20), (cast.senior, 40)]
    for call, (person, back) in zip(calls, people, strict=True):
        move(call, person, back)
    return calls


def test_what_changes_nothing_stops_none(cast, moved):
    assert figures(preview(rule(), LATER, cast.administrator, values={"owners_may": True})) == (4, 0, 0)


def test_a_narrower_window_turns_moves_into_requests_with_examples(cast, moved):
    windows = {cell("sales"): WindowLimit(3), cell("sales_manager"): None}
    found = preview(rule(), LATER, cast.administrator, windows=windows)
    assert figures(found) == (4, 0, 2)
    assert {example.record.pk for example in found.examples} == {moved[1].pk, moved[2].pk}
    one = next(example for example in found.examples if example.record.pk == moved[1].pk)
    assert (one.actor, one.before, one.after, one.at) == ("Owner", NOW, NOW - days(6), NOW)
    assert one.asked
    assert one.sentence.startswith("More than 3 days back.")


def test_where_requests_are_off_they_are_refused(cast, moved):
    make.set_rule(rule(), requests_allowed=False)
    assert figures(preview(rule(), LATER, cast.administrator, windows={cell("sales"): WindowLimit(3)})) == (4, 1, 0)


def test_a_wider_window_stops_none(cast, moved):
    assert figures(preview(rule(), LATER, cast.administrator, windows={cell("sales"): WindowLimit(30)})) == (4, 0, 0)


@pytest.mark.parametrize(
    ("values", "refused", "asked"),
    [
        ({"owners_may": False}, 0, 2),
        ({"approval_days": 10}, 0, 2),
        ({"approval_on_key": True}, 0, 1),
        ({"reported_through": dt.date(2026, 2, 28)}, 0, 2),
        ({"closed_through": dt.date(2026, 2, 28)}, 2, 0),
        ({"closed_hard_through": dt.date(2026, 1, 31)}, 0, 0),
        ({"closed_hard_through": dt.date(2026, 2, 10)}, 1, 0),
        ({"grace_days": 5}, 2, 0),
        ({"note_length": 50}, 4, 0),
        ({"allow_future": True}, 0, 0),
    ],
)
def test_each_narrowing_clause(cast, moved, values, refused, asked):
    assert figures(preview(rule(), LATER, cast.administrator, values=values)) == (4, refused, asked)


def test_locks_speak_about_contracts_and_opportunities(cast):
    customer = make.customer(cast.owner)
    opportunity = make.opportunity(cast.owner, customer)
    signed = make.contract(cast.owner, customer, opportunity=opportunity, status="signed")
    draft = make.contract(cast.owner, customer)
    for record in (opportunity, signed, draft):
        move(record, cast.manager, 3)
    found = preview(rule("contract"), LATER, cast.administrator, values={"lock_signed": True})
    assert figures(found) == (3, 1, 0)
    values = {"lock_signed": True, "lock_opportunity": True}
    assert figures(preview(rule("contract"), LATER, cast.administrator, values=values)) == (3, 2, 0)


def test_what_was_excepted_or_taken_back_or_granted_is_judged_as_such(cast, moved):
    make.grant(moved[0], cast.colleague, cast.manager)
    move(moved[0], cast.colleague, 12)
    late = NOW + dt.timedelta(minutes=5)
    result = move(moved[1], cast.owner, 1, late)
    undo_change(record=moved[1], history_id=result.history_id, by=cast.owner, channel="undo", clock=lambda: late)
    found = preview(rule(), LATER, cast.administrator, windows={cell("sales"): None})
    assert found.looked == 7
    assert found.asked == 3  # the owner's own moves; neither the grant's nor the taking back


def test_only_what_the_viewer_may_see_is_named(cast, moved):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    found = preview(rule(), LATER, cast.stranger, values={"note_length": 50})
    assert (found.refused, found.examples) == (4, [])


def test_older_moves_are_left_out_and_many_are_capped(cast, moved, monkeypatch):
    assert figures(preview(rule(), NOW + days(31), cast.administrator, values={"note_length": 50})) == (0, 0, 0)
    monkeypatch.setattr(module, "MOST", 3)
    monkeypatch.setattr(module, "EXAMPLES", 2)
    found = preview(rule(), LATER, cast.administrator, values={"note_length": 50})
    assert (found.looked, found.refused, found.more, len(found.examples)) == (3, 3, True, 2)


def test_it_writes_nothing_and_costs_the_same_for_many_rows(cast, moved, django_assert_max_num_queries):
    before = FollowUp.history.count(), TypeRule.history.count()
    with django_assert_max_num_queries(7):
        preview(rule(), LATER, cast.administrator, values={"note_length": 50})
    assert (FollowUp.history.count(), TypeRule.history.count()) == before
    assert not rule().note_length
