"""Checking a person: the answer is what the door would do, and every source says why."""

from __future__ import annotations

import datetime as dt
import random
from html import unescape

import pytest
from django.urls import reverse

from crm.models import User
from records.checking import check_person
from records.models import RECORDS, CompanyRules, TypeRule, Window
from records.refusals import Refused
from records.services.entry_time import Move, foresee
from records.services.exceptions import add_exception
from records.services.records import archive_record
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.usefixtures("at_now")
SECOND = dt.timedelta(seconds=1)
MIDNIGHT = dt.datetime(2026, 3, 17, 16, tzinfo=dt.UTC)  # of 18 March in Shanghai


@pytest.fixture
def key(cast):
    return make.customer(cast.owner, importance="key", name="Kestrel")


@pytest.fixture
def acme(cast):
    return make.customer(cast.owner, name="Acme")


def check(person, record, at=NOW):
    return check_person(User.objects.get(pk=person.pk), record, at)


def steps(checked):
    return {step.name: (step.answers, step.why) for step in checked.steps}


def text(response):
    return unescape(" ".join(response.content.decode().split()))


def may_set(person, record, moment):
    """Whether the door would let the person set that time, at least after a second person agreed."""
    move = Move(entered_at=moment, reason="other", note="Told late by the customer, as written down there.")
    try:
        foresee(record=record, move=move, by=User.objects.get(pk=person.pk), channel="web", at=NOW)
    except Refused as no:
        return set(no.codes) == {"approval"}
    return True


# ---- the path ----


def test_a_grant_answers_where_nothing_else_does(cast, key):
    make.grant(key, cast.colleague, cast.senior)
    checked = check(cast.colleague, key)
    assert (checked.may, checked.until, checked.through) == (True, NOW + days(4), "a grant")
    assert (checked.first, checked.last) == (MIDNIGHT - days(14), NOW)
    told = steps(checked)
    assert told["Grant"] == (True, "14 days back, by Senior: “Cards entered late”")
    assert told["Owner rule"] == (False, "Does not own it.")
    assert told["Sales"][0] is False
    assert "does not include" in told["Sales"][1]


def test_a_role_answers_with_its_days_and_not_on_key_accounts(cast, key, acme):
    checked = check(cast.manager, acme)
    assert (checked.may, checked.until, checked.first) == (True, None, MIDNIGHT - days(30))
    assert steps(checked)["Sales manager"] == (True, "Includes it: 30 days back.")
    checked = check(cast.manager, key)
    assert not checked.may
    assert steps(checked)["Sales manager"][1].endswith("this is a key account.")
    assert checked.because == ["Neither a role, nor the owner rule, nor a grant says so."]
    assert check(cast.administrator, key).unlimited


def test_the_owner_rule_says_why_or_why_not(cast, key, acme):
    contract = make.contract(cast.owner, acme)
    assert check(cast.owner, acme).may
    assert check(cast.owner, acme).through == "the owner rule"
    assert steps(check(cast.owner, key))["Owner rule"] == (False, "Owns it, but it is a key account.")
    why = "Owns it, but the rule does not let owners change their own."
    assert steps(check(cast.owner, contract))["Owner rule"] == (False, why)
    assert steps(check(cast.colleague, contract))["Owner rule"][1] == "Does not own it, and the rule is off."


def test_grants_that_do_not_answer_are_told_too(cast, key):
    call = make.follow_up(cast.owner, key)
    make.grant(key, cast.colleague, cast.senior)
    assert steps(check(cast.colleague, call))["Grant"] == (
        False,
        "Holds one on the customer, but not on all under it.",
    )
    assert steps(check(cast.stranger, call))["Grant"] == (False, "Holds none on this record.")
    make.grant(call, cast.west.group, cast.senior)
    assert steps(check(cast.stranger, call))["Grant to West"][0] is True
    later = check(cast.stranger, call, NOW + days(4))
    assert not later.may
    assert steps(later)["Grant to West"] == (False, "Has ended. By Senior: “Cards entered late”")


def test_what_stands_against_it_is_said(cast, acme):
    make.set_rule(TypeRule.objects.get(record_type="contract"), lock_signed=True, owners_may=True)
    signed = make.contract(cast.owner, acme, status="signed")
    assert check(cast.manager, signed).because == ["A signed contract locks this entry time."]
    archive_record(record=acme, seen_version=1, by=cast.owner, reason="", note="Double", channel="web", clock=clock)
    acme.refresh_from_db()
    assert check(cast.manager, acme).because == ["The record is archived."]
    assert check(cast.gone, signed).because == ["May no longer sign in, so nothing is allowed."]


def test_closed_periods_and_exceptions_are_told(cast, acme):
    make.close_through(dt.date(2026, 3, 17))
    checked = check(cast.manager, acme)
    assert (checked.may, checked.first, checked.closed) == (True, MIDNIGHT, dt.date(2026, 3, 17))
    make.close_through(dt.date(2026, 3, 18))
    assert check(cast.manager, acme).because == ["Its entry time lies in a closed period and stays there."]
    about = {"to": cast.manager, "record_type": "customer", "until": NOW + days(2), "why": "Year end"}
    add_exception(**about, by=cast.administrator, channel="web", clock=clock)
    checked = check(cast.manager, acme)
    assert (checked.may, checked.first) == (True, MIDNIGHT - days(30))
    assert [(each.why, each.until) for each in checked.exceptions] == [("Year end", NOW + days(2))]


def test_a_longest_move_cuts_what_may_be_set(cast, acme):
    for window in Window.objects.filter(role__key="sales_manager"):
        make.set_rule(window, longest_move=2)
    checked = check(cast.manager, acme)
    assert checked.first == acme.entered_at - days(2)
    make.set_rule(TypeRule.objects.get(record_type="customer"), approval_days=1)
    assert check(cast.manager, acme).because == ["Changes of more than 1 day need the approval of a second person."]


# ---- the same as the door ----


@pytest.mark.parametrize("seed", range(4))
def test_first_and_last_are_what_the_door_admits(cast, seed):
    dice = random.Random(seed)
    make.set_rule(CompanyRules.objects.get(), zone=dice.choice(["Asia/Shanghai", "America/New_York", "UTC"]))
    for rule in TypeRule.objects.all():
        closed = dice.choice([None, None, dt.date(2026, 3, 5), dt.date(2026, 3, 16)])
        values = {"closed_through": closed, "allow_future": dice.random() < 0.3, "owners_may": dice.random() < 0.7}
        make.set_rule(rule, **values, lock_signed=dice.random() < 0.3, approval_days=dice.choice([None, 3]))
    for window in Window.objects.exclude(role__key="administrator"):
        make.set_rule(window, longest_move=dice.choice([None, None, 2, 9]), days_forward=dice.choice([0, 2]))
    customers = [make.customer(cast.owner, importance=level) for level in ("ordinary", "key")]
    records = []
    for customer in customers:
        records += [customer, make.opportunity(cast.owner, customer), make.follow_up(cast.colleague, customer)]
        records.append(make.contract(cast.owner, customer, status=dice.choice(["draft", "signed"])))
    for record in records:
        if dice.random() < 0.5:
            terms = {"days_back": dice.choice([0, 3, 40]), "longest_move": dice.choice([None, 1])}
            make.grant(record, dice.choice([cast.colleague, cast.west.group]), cast.administrator, **terms)
    for person in cast.everybody():
        for record in records:
            fresh = RECORDS[record._meta.model_name].objects.get(pk=record.pk)
            checked, about = check(person, fresh), (person.username, record)
            if not checked.may:
                for hours in (1, 30):
                    assert not may_set(person, fresh, fresh.entered_at - dt.timedelta(hours=hours)), about
                continue
            assert may_set(person, fresh, checked.first), about
            assert may_set(person, fresh, checked.last), about
            if not checked.unlimited:
                assert not may_set(person, fresh, checked.first - SECOND), about
            assert not may_set(person, fresh, checked.last + SECOND), about


# ---- the page ----


def test_the_page_answers_for_a_number_and_lets_choose_among_several(cast, sign_in, key, acme):
    make.grant(key, cast.colleague, cast.senior)
    make.opportunity(cast.owner, acme, name="Acme licence")
    client, address = sign_in(cast.manager), reverse("records:access_check")
    page = text(client.get(address, {"person": cast.colleague.pk, "record": key.number}))
    for words in ("Yes, through a grant.", "Colleague may set it from", "2026-03-04 00:00", "The right ends on"):
        assert words in page
    page = text(client.get(address, {"person": cast.owner.pk, "record": "Kestrel"}))
    assert "No, Owner may not." in page
    several = text(client.get(address, {"person": cast.owner.pk, "record": "acme"}))
    assert "Several records fit. Choose one." in several
    chosen = client.get(address, {"person": cast.owner.pk, "record": f"customer:{acme.pk}"})
    assert "Yes, through the owner rule." in text(chosen)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"person": "", "record": "x"}, "Choose a person."),
        ({"person": "99999", "record": "x"}, "Choose a person."),
        ({"person": "me", "record": "nothing such"}, "No record is called so."),
        ({"person": "me", "record": ""}, "Write a number or a name."),
    ],
)
def test_what_cannot_be_checked_is_said(cast, sign_in, query, sentence):
    query = query | ({"person": cast.owner.pk} if query["person"] == "me" else {})
    response = sign_in(cast.manager).get(reverse("records:access_check"), query)
    assert response.status_code == 422
    assert sentence in text(response)


def test_records_that_the_reader_may_not_see_are_not_found(cast, sign_in, acme):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    group = cast.manager.groups.get(role__isnull=False)
    group.permissions.remove(group.permissions.get(codename="see_all_records"))
    far = make.person("far", "sales_manager", cast.west)
    for typed in (acme.number, f"customer:{acme.pk}"):
        query = {"person": cast.owner.pk, "record": typed}
        assert sign_in(far).get(reverse("records:access_check"), query).status_code == 422
