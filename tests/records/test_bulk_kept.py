"""What was previewed is what is applied: rows, rights and rules that changed between the preview and the change."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from records.models import Batch, BulkChange, CompanyRules, FollowUp, TimeRequest, TypeRule
from records.services.assign import change_owner
from records.services.entry_time import change_entry_time
from tests import cast as make
from tests.cast import NOW, clock, days

from .test_bulk_pages import WORDS, address, calls, choose, go, outcomes, preview, times, verdicts  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SAID = {"reason": "back_fill", "note": "By another", "channel": "web", "clock": clock}


def record_changes(cast: make.Cast, call: FollowUp) -> None:
    change_owner(record=call, seen_version=call.version, owner=cast.colleague, by=cast.manager, **SAID)


def right_is_lost(cast: make.Cast, call: FollowUp) -> None:
    """The record goes to another and back: who owns it is as it was, the rule for owners is not."""
    make.set_rule(TypeRule.objects.get(record_type="followup"), owners_may=False)


def rule_changes(cast: make.Cast, call: FollowUp) -> None:
    make.close_through(dt.date(2026, 3, 17), "followup")


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (record_changes, "1 row does not come out as previewed"),
        (right_is_lost, "6 rows do not come out as previewed"),
        (rule_changes, "6 rows do not come out as previewed"),
    ],
)
def test_none_at_all_is_done_where_any_does_not_come_out_as_previewed(sign_in, cast, calls, happens, said):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls), on_moved="refuse")
    happens(cast, calls[0])
    response = client.post(
        address(bulk, "apply"), {"do": "all", "step": client.get(address(bulk)).context["step"]}, follow=True
    )
    assert said in response.content.decode()
    assert times() == [NOW] * 6
    assert outcomes(bulk) == [""] * 6
    assert not Batch.objects.exists()


@pytest.mark.parametrize("happens", [record_changes, right_is_lost, rule_changes])
def test_or_they_are_left_out_and_named(sign_in, cast, calls, happens):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls), on_moved="leave_out")
    happens(cast, calls[0])
    go(client, bulk, "all")
    left = [outcome for outcome in outcomes(bulk) if outcome != "done"]
    assert left[0] in {"moved", "no", "ask"}
    assert FollowUp.history.filter(channel="bulk").count() == 6 - len(left)
    page = client.get(f"{address(bulk)}?v=left").content.decode()
    assert f"Left out {len(left)}" in page
    assert "Call 0" in page


def test_a_row_that_needs_an_approval_only_when_it_is_done_is_asked_for(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:3]), days="3")
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    assert verdicts(bulk) == ["ok"] * 3
    go(client, bulk, "all")
    assert outcomes(bulk) == ["ask"] * 3
    page = client.get(address(bulk)).content.decode()
    assert "3 rows need the approval of somebody else." in page
    assert "Request them as one" in page
    client.post(address(bulk, "ask"))
    assert outcomes(bulk) == ["asked"] * 3
    assert TimeRequest.objects.filter(bulk=bulk.pk, state="open").count() == 3
    assert "Request them as one" not in client.get(address(bulk)).content.decode()
    assert times() == [NOW] * 6


def test_all_left_out_can_be_previewed_anew(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:2]))
    make.close_through(dt.date(2026, 3, 17), "followup")
    go(client, bulk, "all")
    assert outcomes(bulk) == ["no"] * 2
    preview(client, bulk, days="0", hours="2")
    assert (verdicts(bulk), outcomes(bulk)) == (["ok"] * 2, [""] * 2)


def test_a_trial_taken_back_leaves_the_preview_as_it_was(sign_in, cast, calls):  # noqa: F811
    """Nothing is read anew: a row of another that changed since the preview is found out all the same."""
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    kept = list(bulk.rows.order_by("pk").values_list("pk", "before", "after", "verdict"))
    go(client, bulk, "trial", pick=[calls[0].pk, calls[1].pk])
    other = calls[5]
    change_entry_time(record=other, seen_version=1, entered_at=NOW - days(2), by=cast.owner, **SAID)
    page = client.post(address(bulk, "back"), follow=True).content.decode()
    assert "2 rows are taken back. The preview stands as it was" in page
    bulk.refresh_from_db()
    assert (bulk.state, outcomes(bulk)) == ("preview", [""] * 6)
    assert list(bulk.rows.order_by("pk").values_list("pk", "before", "after", "verdict")) == kept
    assert "Change all 6" in page
    go(client, bulk, "trial", pick=[calls[0].pk])
    assert outcomes(bulk) == ["done", *[""] * 5]
    client.post(address(bulk, "back"))
    go(client, bulk, "all")
    assert outcomes(bulk) == ["done"] * 5 + ["moved"]
    assert "Changed by Owner" in client.get(f"{address(bulk)}?v=left").content.decode()


def test_an_owner_who_changed_during_the_trial_is_found_out(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.manager)
    preview(client, bulk := choose(client, calls[:2]))
    go(client, bulk, "trial", pick=[calls[0].pk])
    call = FollowUp.objects.get(pk=calls[0].pk)
    change_owner(record=call, seen_version=call.version, owner=cast.colleague, by=cast.manager, **SAID)
    client.post(address(bulk, "back"))
    assert outcomes(bulk) == ["", ""]
    go(client, bulk, "all")
    assert outcomes(bulk) == ["moved", "done"]


def test_a_trial_row_touched_since_is_not_taken_back_and_that_is_said(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:3]))
    go(client, bulk, "trial", pick=[calls[0].pk, calls[1].pk])
    call = FollowUp.objects.get(pk=calls[0].pk)
    change_entry_time(record=call, seen_version=call.version, entered_at=NOW - days(2), by=cast.owner, **SAID)
    page = client.post(address(bulk, "back"), follow=True).content.decode()
    assert "1 row is taken back." in page
    assert "1 row is not taken back" in page
    assert outcomes(bulk) == ["done", "", ""]


def test_a_second_trial_is_not_begun_on_top_of_the_first(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    go(client, bulk, "trial", pick=[calls[0].pk])
    go(client, bulk, "trial", pick=[calls[1].pk])
    assert outcomes(bulk).count("done") == 1


@pytest.mark.parametrize(("kind", "more"), [("owner", True), ("archive", False)])
def test_owners_and_archiving_are_tried_taken_back_and_undone(sign_in, cast, calls, kind, more):  # noqa: F811
    client = sign_in(cast.manager)
    bulk = choose(client, calls[:3], kind)
    client.post(address(bulk), WORDS | ({"owner": cast.colleague.pk} if more else {}))
    page = client.get(address(bulk)).content.decode()
    assert ("Colleague" if more else "In the archive") in page
    assert "Allowed 3" in page

    def done() -> int:
        rows = FollowUp.objects.filter(owner=cast.colleague) if more else FollowUp.objects.exclude(archived_at=None)
        return rows.count()

    assert done() == 0
    go(client, bulk, "trial", pick=[calls[0].pk])
    assert done() == 1
    client.post(address(bulk, "back"))
    assert done() == 0
    go(client, bulk, "all")
    assert (done(), outcomes(bulk)) == (3, ["done"] * 3)
    batch = Batch.objects.latest("pk")
    foreseen = client.get(f"/batches/{batch.pk}/")
    token = foreseen.context["form"]["token"].value()
    given = {"note": "Wrong rows", "token": token, "confirmed": "yes"}
    assert client.post(f"/batches/{batch.pk}/undo/", given).status_code == 302
    assert done() == 0


def test_what_one_may_not_assign_or_archive_is_refused_by_name(sign_in, cast, calls):  # noqa: F811
    other = make.follow_up(cast.colleague, calls[0].customer, summary="Another's")
    client = sign_in(cast.owner)
    for kind, given in (("owner", {"owner": cast.owner.pk}), ("archive", {})):
        bulk = choose(client, [other], kind)
        client.post(address(bulk), WORDS | given)
        assert verdicts(bulk) == ["no"]
        page = client.get(address(bulk)).content.decode()
        assert "You may" in page
        go(client, bulk, "all")
        assert outcomes(bulk) == [""]
    assert BulkChange.objects.filter(state="done").count() == 0


def test_nothing_is_told_of_a_record_that_is_not_to_be_seen_any_more(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    other = make.follow_up(cast.stranger, make.customer(cast.stranger), summary="Hidden later")
    preview(client, bulk := choose(client, [calls[0], other]))
    assert "Hidden later" in client.get(address(bulk)).content.decode()
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    page = client.get(address(bulk))
    assert "Hidden later" not in page.content.decode()
    assert (page.context["figures"].total, len(page.context["rows"])) == (1, 1)


def totals(page: Any) -> list[tuple[str, int, int, int, int]]:
    return [(m.name, m.before, m.leave, m.enter, m.after) for m in page.context["months"]]


def test_the_months_that_move_show_their_totals_before_and_after(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.manager)
    old = make.follow_up(cast.owner, calls[0].customer, summary="Older")
    change_entry_time(record=old, seen_version=1, entered_at=NOW - days(20), by=cast.manager, **SAID)
    preview(client, bulk := choose(client, calls[:4]), days="25")
    page = client.get(address(bulk))
    assert totals(page) == [("2026-03", 6, 4, 0, 2), ("2026-02", 1, 0, 4, 5)]
    assert "Totals that move" in page.content.decode()
    go(client, bulk, "trial", pick=[calls[0].pk])
    assert totals(client.get(address(bulk))) == [("2026-03", 5, 3, 0, 2), ("2026-02", 2, 0, 3, 5)]


def test_totals_count_only_what_one_may_see(sign_in, cast, calls):  # noqa: F811
    make.follow_up(cast.stranger, make.customer(cast.stranger), summary="Not theirs")
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:1]))
    bulk.refresh_from_db()
    BulkChange.objects.filter(pk=bulk.pk).update(spec=bulk.spec | {"months": {"2026-03": [1, 0]}})
    assert totals(client.get(address(bulk))) == [("2026-03", 7, 1, 0, 6)]
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    assert totals(client.get(address(bulk))) == [("2026-03", 6, 1, 0, 5)]


def test_more_than_are_counted_is_said_so(sign_in, cast, calls, monkeypatch):  # noqa: F811
    from records import bulk_months

    monkeypatch.setattr(bulk_months, "MOST", 3)
    client = sign_in(cast.manager)
    preview(client, bulk := choose(client, calls), days="25")
    page = client.get(address(bulk)).content.decode()
    assert "more than" in page
    assert "−6" in page
