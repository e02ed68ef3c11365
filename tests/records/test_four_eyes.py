"""The attacks on four eyes, by form: each is refused by its code and kept as an attempt, and nothing changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse

from audit.models import Event
from crm.models import Role, User
from crm.people.services import change_person, deactivate_person
from records.models import Customer, FollowUp, Reason, TimeRequest, TypeRule, Window
from records.refusals import Refused
from records.services.assign import change_importance, change_owner, change_parent
from records.services.entry_time import change_entry_time
from records.services.grants import revoke
from records.services.records import update_record
from records.services.time_requests import Seen, approve, withdraw
from tests import cast as make
from tests.cast import NOW, clock, days

from .requesting import answer, asked, looked, page, seen_now, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
HISTORY = FollowUp.history.model


@dataclass
class Scene:
    """A request of `asker` that waits, and how people sign in."""

    cast: make.Cast
    call: Any
    request: TimeRequest
    sign_in: Callable[[Any], Any]


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


@pytest.fixture
def scene(cast, call, sign_in):
    return Scene(cast, call, asked(call, cast.owner), sign_in)


def give_role(user: User, key: str) -> None:
    user.groups.add(Role.objects.get(key=key).group)


def acting(by: Any) -> dict[str, Any]:
    return {"by": by, "reason": "", "note": "As agreed", "channel": "web", "clock": clock}


def own_request(s: Scene, by: User) -> Any:
    """A request of somebody who may answer others: beyond their own window."""
    s.request = asked(s.call, by, wanted=NOW - days(60))
    return s.sign_in(by)


# ---- the attacks: each gives the answer of the server ----


def approver_is_requester(s):
    return answer(own_request(s, s.cast.manager), s.request)


def second_tab(s):
    """The form was opened by somebody who may; who asked signs in beside it, in another tab, and sends it."""
    seen = looked(s.sign_in(s.cast.manager), s.request)
    return answer(s.sign_in(s.cast.owner), s.request, seen)


def role_changed_since(s):
    give_role(s.cast.owner, "senior_sales_manager")
    return answer(s.sign_in(s.cast.owner), s.request)


def member_of_the_approving_group(s):
    """The right comes from a grant to a team, and who asks belongs to it; they answer requests by their role."""
    make.grant(s.call, s.cast.east.group, by=s.cast.administrator, days_back=30)
    give_role(s.cast.owner, "sales_manager")
    return answer(s.sign_in(s.cast.owner), s.request)


def superuser_approves_their_own(s):
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    s.request = asked(s.call, s.cast.root)
    return answer(s.sign_in(s.cast.root), s.request)


def wish_changed_between_look_and_approve(s):
    """What was looked at was withdrawn and asked again with another time; the old form is sent to the new request."""
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    withdraw(request=s.request, by=s.cast.owner, channel="web", clock=clock)
    s.request = asked(s.call, s.cast.owner, wanted=NOW - days(25))
    return answer(client, s.request, seen)


def form_with_other_values(s):
    """A form made by hand, with another time than the request has."""
    version, record_version, before, wanted = seen_now(s.request).split(".")
    return answer(s.sign_in(s.cast.manager), s.request, f"{version}.{record_version}.{before}.{int(wanted) - 86400}")


def old_tab(s):
    """The record was edited after the page was opened."""
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    update_record(
        record=s.call, seen_version=1, values={"summary": "Else"}, by=s.cast.owner, channel="web", clock=clock
    )
    return answer(client, s.request, seen)


def record_changed(s):
    """The entry time itself was changed by somebody else: the request no longer starts from it."""
    client = s.sign_in(s.cast.senior)
    seen = looked(client, s.request)
    change_entry_time(
        record=s.call,
        seen_version=1,
        entered_at=NOW - days(1),
        reason="other",
        note="",
        by=s.cast.manager,
        channel="web",
        clock=clock,
    )
    return answer(client, s.request, seen)


def moved_to_another_owner(s):
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    change_owner(record=s.call, seen_version=1, owner=s.cast.colleague, **acting(s.cast.administrator))
    return answer(client, s.request, seen)


def moved_to_another_customer(s):
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    other = make.customer(s.cast.owner)
    change_parent(record=s.call, seen_version=1, customer=other, opportunity=None, **acting(s.cast.administrator))
    return answer(client, s.request, seen)


def customer_made_key(s):
    """The manager may not change times on key records."""
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    customer = Customer.objects.get()
    change_importance(record=customer, seen_version=1, importance="key", **acting(s.cast.senior))
    return answer(client, s.request, seen)


def period_closed_meanwhile(s):
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    make.close_through(dt.date(2026, 2, 28), "followup")
    return answer(client, s.request, seen)


def approver_lost_the_role(s):
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    change_person(
        person=s.cast.manager,
        display_name="Manager",
        email=s.cast.manager.email,
        roles=["sales"],
        team=s.cast.east,
        by=s.cast.administrator,
        note="Moved on",
        channel="web",
        clock=clock,
    )
    return answer(client, s.request, seen)


def approver_lost_the_window(s):
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    window = Window.objects.get(role__key="sales_manager", record_type="followup", customer_class="ordinary")
    make.set_rule(window, days_back=10)
    return answer(client, s.request, seen)


def requester_granted_the_right(s):
    """Who asks may grant on ordinary records; who answers may there only through them."""
    helper = decider_without_records(s)
    s.request = asked(s.call, s.cast.manager, wanted=NOW - days(60))
    make.grant(s.call, helper, by=s.cast.manager, days_back=30)
    return answer(s.sign_in(helper), s.request)


def requester_widened_the_window(s):
    """Who answers may by their role, but not so far; the wider window was given by who asks."""
    s.request = asked(s.call, s.cast.senior, wanted=NOW - days(100))
    make.grant(s.call, s.cast.manager, by=s.cast.senior, days_back=90)
    make.set_rule(
        Window.objects.get(role__key="senior_sales_manager", record_type="followup", customer_class="ordinary"),
        days_back=50,
    )
    withdraw(request=s.request, by=s.cast.senior, channel="web", clock=clock)
    s.request = asked(s.call, s.cast.senior, wanted=NOW - days(60))
    return answer(s.sign_in(s.cast.manager), s.request)


def grant_revoked_meanwhile(s):
    helper = decider_without_records(s)
    right = make.grant(s.call, helper, by=s.cast.administrator, days_back=30)
    client = s.sign_in(helper)
    seen = looked(client, s.request)
    revoke(grant=right, why="Back", by=s.cast.administrator, channel="web", clock=clock)
    return answer(client, s.request, seen)


def answers_without_the_right_to_answer(s):
    """May change this entry time, but answers no requests."""
    make.grant(s.call, s.cast.colleague, by=s.cast.manager, days_back=30)
    return answer(s.sign_in(s.cast.colleague), s.request)


def withdrawn_meanwhile(s):
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    withdraw(request=s.request, by=s.cast.owner, channel="web", clock=clock)
    return answer(client, s.request, seen)


def answered_by_somebody_else(s):
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    answer(s.sign_in(s.cast.senior), s.request, answer="reject", note="No proof.")
    return answer(client, s.request, seen)


def reason_no_longer_offered(s):
    client = s.sign_in(s.cast.manager)
    seen = looked(client, s.request)
    make.set_rule(Reason.objects.get(code="back_fill"), active=False)
    return answer(client, s.request, seen)


def decider_without_records(s: Scene) -> User:
    """Somebody who answers requests, and may change entry times only where a grant lets them."""
    from django.contrib.auth.models import Group, Permission

    group = Group.objects.create(name="role:deciders")
    Role.objects.create(key="deciders", name_en="Deciders", name_zh="审批人", group=group)
    for codename in ("decide_requests", "view_followup", "see_all_records"):
        group.permissions.add(Permission.objects.get(codename=codename, content_type__app_label="records"))
    return make.person("helper", "deciders")


# attack → (the code it is refused with, status)
ATTACKS = {
    approver_is_requester: ("four_eyes", 403),
    second_tab: ("four_eyes", 403),
    role_changed_since: ("four_eyes", 403),
    member_of_the_approving_group: ("four_eyes", 403),
    superuser_approves_their_own: ("four_eyes", 403),
    wish_changed_between_look_and_approve: ("stale", 409),
    form_with_other_values: ("stale", 409),
    old_tab: ("stale", 409),
    record_changed: ("overtaken", 422),
    moved_to_another_owner: ("overtaken", 422),
    moved_to_another_customer: ("overtaken", 422),
    customer_made_key: ("right", 403),
    period_closed_meanwhile: ("closed", 422),
    approver_lost_the_role: ("decide_right", 403),
    approver_lost_the_window: ("window", 422),
    requester_granted_the_right: ("asker_granted", 403),
    requester_widened_the_window: ("window", 422),
    grant_revoked_meanwhile: ("right", 403),
    answers_without_the_right_to_answer: ("decide_right", 403),
    withdrawn_meanwhile: ("answered", 422),
    answered_by_somebody_else: ("answered", 422),
    reason_no_longer_offered: ("reason_unknown", 422),
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_it_is_refused_kept_and_changes_nothing(scene, attack):
    code, status = ATTACKS[attack]
    before = FollowUp.objects.get().entered_at
    response = attack(scene)
    assert response.status_code == status, text(response)
    kept = [e for e in Event.objects.filter(kind="refused") if e.what["action"] == "approve_request"]
    assert [(event.what["codes"], event.record_id) for event in kept] == [([code], scene.request.pk)]
    assert not TimeRequest.objects.filter(state="approved").exists()
    assert not HISTORY.objects.filter(channel="request").exists()
    if attack is not record_changed:
        assert FollowUp.objects.get().entered_at == before


def test_both_values_are_shown_where_another_was_seen(scene):
    response = form_with_other_values(scene)
    assert "Something else stands here now than you saw." in text(response)
    assert "2026-02-25 14:32" in text(response)  # what the form said
    assert "2026-02-26 14:32" in text(response)  # what was asked for
    assert f'name="seen" value="{seen_now(scene.request)}"' in text(response)


def test_a_deactivated_approver_is_signed_out_and_their_form_refused(scene):
    client = scene.sign_in(scene.cast.manager)
    seen = looked(client, scene.request)
    deactivate_person(person=scene.cast.manager, note="Left", by=scene.cast.administrator, channel="web", clock=clock)
    response = answer(client, scene.request, seen)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    with pytest.raises(Refused, match="inactive"):
        approve(request=scene.request, seen=Seen.read(seen), by=scene.cast.manager, clock=clock)
    assert Event.objects.filter(kind="refused", what__codes=["inactive"]).exists()
    assert FollowUp.objects.get().entered_at == scene.call.entered_at


def test_a_replayed_post_gets_the_same_answer_and_is_one_change(scene):
    client = scene.sign_in(scene.cast.manager)
    seen = looked(client, scene.request)
    answers = [answer(client, scene.request, seen) for _time in range(3)]
    assert {(each.status_code, each["Location"]) for each in answers} == {(302, page(scene.request))}
    assert HISTORY.objects.count() == 2
    assert TimeRequest.history.count() == 2


def test_of_many_ones_own_is_left_out_and_named_and_the_others_are_done(scene):
    cast = scene.cast
    mine = asked(make.follow_up(cast.owner, Customer.objects.get()), cast.manager, wanted=NOW - days(60))
    other = asked(make.follow_up(cast.owner, Customer.objects.get()), cast.colleague)
    chosen = [f"{each.pk}:{seen_now(each)}" for each in (scene.request, mine, other)]
    response = scene.sign_in(cast.manager).post(
        reverse("records:request_list"), {"chosen": chosen, "answer": "approve", "note": ""}
    )
    assert response.status_code == 422
    assert "2 requests approved." in text(response)
    assert f"R-{mine.pk:04d}" in text(response)
    assert "You asked for this yourself. Somebody else has to answer it." in text(response)
    states = dict(TimeRequest.objects.values_list("pk", "state"))
    assert states == {scene.request.pk: "approved", mine.pk: "open", other.pk: "approved"}
    kept = Event.objects.get(kind="refused", what__action="approve_request")
    assert (kept.what["codes"], kept.record_id) == (["four_eyes"], mine.pk)


def test_somebody_who_does_not_see_the_record_does_not_see_the_request(scene):
    client = scene.sign_in(scene.cast.outsider)
    assert answer(client, scene.request).status_code == 404
    assert client.get(page(scene.request)).status_code == 404
