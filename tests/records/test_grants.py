"""Grants: who may give what to whom, for how long and how far; changed, ended, replaced, each with its rows."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from audit.models import Event
from crm.models import Role, User
from records.access import Checker
from records.models import GRANTS, CustomerUserGrant, FollowUp, Window
from records.models.access import REDATE, VIEW
from records.refusals import Refused, StaleRecord
from records.services import grants
from records.services.entry_time import change_entry_time
from records.services.grants import Terms
from tests import cast as make
from tests.cast import NOW, clock, days

HISTORY = CustomerUserGrant.history.model
MAY = "records.change_followup_entry_time"


@pytest.fixture
def acme(cast):
    return make.customer(cast.owner)


@pytest.fixture
def key(cast):
    return make.customer(cast.owner, importance="key")


@pytest.fixture
def standing(cast, key):
    return make.grant(key, cast.colleague, cast.senior)


def change(grant, by, why="Longer", clock=clock, version=None, **terms):
    standing = {"until": grant.until, "days_back": grant.days_back, "covers": grant.covers}
    terms = standing | {"longest_move": grant.longest_move} | terms
    version = grant.version if version is None else version
    values = {"terms": Terms(**terms), "seen_version": version, "why": why, "by": by}
    return grants.change_grant(grant=grant, channel="web", clock=clock, **values)


def revoke(grant, by, why="Done", clock=clock):
    grants.revoke(grant=grant, why=why, by=by, channel="web", clock=clock)


def later(moment):
    return lambda: moment


def may(person, record, at=NOW):
    return Checker(User.objects.get(pk=person.pk), at).has_perm(REDATE.format(record._meta.model_name), record)


def refused(code):
    return pytest.raises(Refused, match=code)


# ---- who may give what ----


def test_a_grant_gives_the_right_and_leaves_a_row(cast, key, standing):
    assert may(cast.colleague, key)
    row = HISTORY.objects.get()
    assert (row.history_type, row.actor_name, row.actor_role) == ("+", "Senior", "senior_sales_manager")
    assert (row.why, row.history_change_reason, row.history_date) == ("Cards entered late",) * 2 + (NOW,)


@pytest.mark.parametrize("name", ["owner", "stranger", "manager", "auditor", "outsider"])
def test_who_lacks_the_right_by_role_grants_nothing(cast, key, name):
    with refused("grant_right"):
        make.grant(key, cast.colleague, getattr(cast, name))
    assert Event.objects.get(kind="refused").what["codes"] == ["grant_right"]


def test_who_holds_the_right_through_a_grant_or_as_owner_cannot_pass_it_on(cast, key):
    own = make.customer(cast.manager, importance="key", by=cast.senior)
    make.grant(key, cast.manager, cast.senior)
    for record in (key, own):
        with refused("grant_right"):
            make.grant(record, cast.colleague, cast.manager)


def test_managers_grant_the_sight_of_key_records_too(cast, key):
    make.grant(key, cast.colleague, cast.manager, kind=VIEW)
    assert not may(cast.colleague, key)
    assert key in type(key).objects.visible_to(cast.colleague)


def test_nobody_grants_to_themselves_nor_to_a_group_of_theirs(cast, acme):
    for to in (cast.manager, cast.east.group, Role.objects.get(key="sales_manager").group):
        with refused("grant_self"):
            make.grant(acme, to, cast.manager)


def test_a_grant_to_oneself_cannot_be_widened_or_shortened(cast, acme):
    mine = make.grant(acme, cast.manager, cast.senior)
    for until in (NOW + days(1), NOW + days(9)):
        with refused("grant_self"):
            change(mine, cast.manager, until=until)


def test_only_active_people_roles_and_teams_are_given_grants(cast, acme):
    for to in (cast.gone, Group.objects.create(name="anything")):
        with refused("grant_holder"):
            make.grant(acme, to, cast.senior)
    stale = User.objects.get(pk=cast.stranger.pk)
    User.objects.filter(pk=stale.pk).update(is_active=False)
    with refused("grant_holder"):
        make.grant(acme, stale, cast.senior)


def test_the_right_is_asked_of_the_person_as_they_are_now(cast, acme):
    holder = User.objects.get(pk=cast.manager.pk)
    assert grants.may_grant(acme, Checker(holder, NOW))
    cast.manager.groups.clear()
    with refused("grant_right"):
        make.grant(acme, cast.colleague, holder)
    User.objects.filter(pk=holder.pk).update(is_active=False)
    with refused("inactive"):
        make.grant(acme, cast.colleague, holder)


def test_a_superuser_without_a_role_grants_nothing(cast, acme):
    cast.root.groups.clear()
    with refused("grant_right"):
        make.grant(acme, cast.colleague, cast.root)


# ---- how far, how long ----


@pytest.mark.parametrize(
    ("name", "terms", "code"),
    [
        ("manager", {"days_back": 30}, None),
        ("manager", {"days_back": 31}, "grant_ceiling"),
        ("manager", {"no_limit": True}, "grant_ceiling"),
        ("manager", {"days_back": 1, "days_forward": 1}, "grant_ceiling"),
        ("senior", {"days_back": 90}, None),
        ("administrator", {"no_limit": True}, None),
        ("administrator", {"days_back": -1}, "value"),
        ("administrator", {"days_forward": -1}, "value"),
        ("administrator", {"days_back": 10**12}, "value"),
        ("administrator", {"kind": "assign_{}"}, "value"),
        ("manager", {"until": NOW}, "grant_end"),
        ("manager", {"until": NOW + dt.timedelta(seconds=1)}, None),
        ("manager", {"until": None}, "grant_end"),
    ],
)
def test_nobody_grants_more_than_they_hold_and_every_grant_ends(cast, acme, name, terms, code):
    if code:
        with refused(code):
            make.grant(acme, cast.colleague, getattr(cast, name), **terms)
        assert not HISTORY.objects.exists()
    else:
        assert make.grant(acme, cast.colleague, getattr(cast, name), **terms).pk


@pytest.mark.parametrize("why", ["", "  \n ", "x" * 1001])
def test_a_grant_says_why_in_at_most_a_thousand_characters(cast, acme, why):
    with pytest.raises(Refused):
        make.grant(acme, cast.colleague, cast.manager, why=why)
    assert make.grant(acme, cast.colleague, cast.manager, why=" y" * 500).why.startswith("y")


def test_a_grant_that_covers_is_held_to_the_narrowest_type_under_it(cast, acme):
    role = Role.objects.get(key="sales_manager")
    contracts = Window.objects.get(role=role, record_type="contract", customer_class="ordinary")
    make.set_rule(contracts, days_back=10)
    assert make.grant(acme, cast.colleague, cast.manager, days_back=14).pk
    with refused("grant_ceiling"):
        make.grant(acme, cast.stranger, cast.manager, days_back=14, covers=True)
    role.group.permissions.remove(role.group.permissions.get(codename="change_contract_entry_time"))
    with refused("grant_ceiling"):
        make.grant(acme, cast.stranger, cast.manager, days_back=5, covers=True)


@pytest.fixture
def at_most_two_days_at_once():
    for window in Window.objects.filter(role__key="sales_manager"):
        make.set_rule(window, longest_move=2)


@pytest.mark.parametrize(("longest", "code"), [(None, "grant_ceiling"), (3, "grant_ceiling"), (2, None), (0, None)])
def test_a_window_with_a_longest_move_gives_no_longer_one(cast, acme, at_most_two_days_at_once, longest, code):
    terms = {"days_back": 20, "longest_move": longest}
    if code:
        with refused(code):
            make.grant(acme, cast.colleague, cast.manager, **terms)
    else:
        made = make.grant(acme, cast.colleague, cast.manager, **terms)
        assert (made.longest_move, HISTORY.objects.get().longest_move) == (longest, longest)


def test_the_longest_move_of_a_grant_holds_at_the_door_and_is_not_lifted_by_shortening(
    cast, key, acme, at_most_two_days_at_once
):
    call = make.follow_up(cast.stranger, acme)
    grant = make.grant(call, cast.colleague, cast.manager, longest_move=2)

    def move(hours):
        values = {"reason": "other", "note": "Told late.", "by": cast.colleague, "channel": "web", "clock": clock}
        return change_entry_time(record=call, seen_version=1, entered_at=NOW - dt.timedelta(hours=hours), **values)

    for window in Window.objects.filter(role__key="sales"):
        make.set_rule(window, days_back=0, no_limit=False)
    with refused("too_far"):
        move(49)
    with refused("grant_ceiling"):
        change(grant, cast.manager, longest_move=None)
    assert change(grant, cast.manager, until=NOW + days(1), longest_move=2).longest_move == 2
    assert move(48).version == 2


def test_only_customers_cover(cast, acme):
    call = make.follow_up(cast.owner, acme)
    assert not make.grant(call, cast.stranger, cast.manager, covers=True).covers
    assert make.grant(acme, cast.stranger, cast.manager, covers=True).covers


def test_in_force_until_the_last_moment_and_not_at_the_end(cast, key):
    end = NOW + days(1)
    make.grant(key, cast.colleague, cast.senior, until=end, covers=True)
    call = make.follow_up(cast.owner, key)
    for at, answer in ((end - dt.timedelta(microseconds=1), True), (end, False)):
        assert may(cast.colleague, call, at) is answer
        assert (call in FollowUp.objects.redatable_by(cast.colleague, at)) is answer


def test_the_door_opens_the_moment_it_is_granted_and_not_a_moment_after_it_ends(cast, key):
    call, end = make.follow_up(cast.owner, key), NOW + days(1)

    def move(at, hours):
        wanted = call.entered_at - dt.timedelta(hours=hours)
        values = {"reason": "other", "note": "Told late.", "by": cast.colleague, "channel": "web"}
        seen = FollowUp.objects.get(pk=call.pk)
        return change_entry_time(record=seen, seen_version=seen.version, entered_at=wanted, clock=later(at), **values)

    with refused("right"):
        move(NOW, 1)
    grant = make.grant(call, cast.colleague, cast.senior, until=end)
    done = move(NOW, 1)
    row = FollowUp.history.model.objects.get(history_id=done.history_id)
    assert (row.allowed_by_kind, row.allowed_by_id) == ("user", grant.pk)
    move(end - dt.timedelta(microseconds=1), 2)
    with refused("right"):
        move(end, 3)


# ---- again, changed, ended ----


def test_granting_over_an_open_grant_is_refused_and_over_an_ended_one_replaces_it(cast, key, standing):
    with refused("grant_stands"):
        make.grant(key, cast.colleague, cast.administrator)
    made = make.grant(
        key, cast.colleague, cast.senior, clock=later(standing.until), until=standing.until + days(1), why="Again"
    )
    rows = HISTORY.objects.order_by("history_id").values_list("history_type", "id", "history_change_reason")
    assert list(rows) == [
        ("+", standing.pk, "Cards entered late"),
        ("-", standing.pk, "Again"),
        ("+", made.pk, "Again"),
    ]


def test_extending_is_judged_like_a_new_grant(cast, acme):
    wide = make.grant(acme, cast.colleague, cast.senior, days_back=60)
    with refused("grant_ceiling"):
        change(wide, cast.manager, until=NOW + days(30))
    changed = change(wide, cast.manager, until=NOW + days(30), days_back=30)
    assert (changed.version, changed.granted_by, changed.why) == (2, cast.manager, "Longer")
    assert HISTORY.objects.filter(history_type="~").get().until == NOW + days(30)


def test_who_may_end_a_grant_may_shorten_it_however_wide_it_is(cast, acme, key, standing):
    wide = make.grant(acme, cast.colleague, cast.senior, days_back=60, covers=True)
    changed = change(wide, cast.manager, until=NOW + days(1), days_back=60)
    assert (changed.days_back, changed.until) == (60, NOW + days(1))
    with refused("grant_right"):
        change(standing, cast.manager, until=NOW + days(1))
    with refused("grant_right"):
        revoke(standing, cast.manager)


def test_an_inactive_persons_grant_can_be_shortened_not_extended(cast, key, standing):
    User.objects.filter(pk=cast.colleague.pk).update(is_active=False)
    with refused("grant_holder"):
        change(standing, cast.senior, until=standing.until + days(1))
    assert change(standing, cast.senior, until=NOW + days(1)).until == NOW + days(1)


def test_leaving_a_grant_as_it_is_writes_nothing_and_another_right_cannot_slip_in(cast, standing):
    assert change(standing, cast.senior).version == 1
    assert change(standing, cast.senior, kind=VIEW, days_back=7).permission.codename == "change_customer_entry_time"
    assert HISTORY.objects.count() == 2


def test_two_people_change_the_same_grant_one_is_told(cast, standing):
    change(standing, cast.senior, until=NOW + days(1))
    with pytest.raises(StaleRecord):
        change(standing, cast.administrator, until=NOW + days(9), version=1)
    assert CustomerUserGrant.objects.get().until == NOW + days(1)


def test_revoking_ends_it_at_once_and_keeps_the_reason(cast, key, standing):
    with refused("why"):
        revoke(standing, cast.senior, why=" ")
    revoke(standing, cast.administrator, why="Left the project")
    assert not may(cast.colleague, key)
    row = HISTORY.objects.get(history_type="-")
    assert (row.history_change_reason, row.actor_name, row.until) == (
        "Left the project",
        "Administrator",
        standing.until,
    )
    with refused("grant_ended"):
        revoke(standing, cast.senior)
    with refused("grant_ended"):
        change(standing, cast.senior, until=NOW + days(9))


def test_an_ended_grant_is_neither_changed_nor_revoked(cast, standing):
    at = later(standing.until)
    with refused("grant_ended"):
        change(standing, cast.senior, clock=at, until=standing.until + days(1))
    with refused("grant_ended"):
        revoke(standing, cast.senior, clock=at)


def test_guardians_own_ways_are_shut(cast, key, standing):
    for models in GRANTS.values():
        for model in models:
            for name in ("assign_perm", "remove_perm", "bulk_assign_perm"):
                with pytest.raises(RuntimeError):
                    getattr(model.objects, name)("change_customer_entry_time", cast.colleague, key)
    for no in (lambda: standing.save(), lambda: standing.delete(), lambda: CustomerUserGrant.objects.all().delete()):
        with pytest.raises(RuntimeError), transaction.atomic():
            no()


# ---- at once ----


@pytest.mark.django_db(transaction=True)
def test_two_granters_at_once_give_one_grant_and_one_refusal(cast, key):
    start, answers = threading.Barrier(2), []

    def run(by):
        try:
            start.wait()
            make.grant(key, cast.colleague, by)
            answers.append("granted")
        except Refused as no:
            answers.append(*no.codes)
        except Exception as error:
            answers.append(repr(error))
        finally:
            connection.close()

    for _ in range(10):
        threads = [threading.Thread(target=run, args=(by,)) for by in (cast.senior, cast.administrator)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == ["grant_stands", "granted"]
        answers.clear()
        revoke(CustomerUserGrant.objects.get(), cast.senior)
