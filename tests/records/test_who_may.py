"""Who may, as the read-only card, the access page and the refusals tell it; and why somebody may not."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone, translation

from crm.models import Role, User
from records.models import TypeRule
from records.models.access import VIEW, permission_id
from records.who_may import Helper, WhoMay, who_may, why_not
from tests import cast as make
from tests.cast import NOW, days

SHANGHAI = timezone.zoneinfo.ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def in_shanghai(db):
    permission_id("view_customer")  # the ids are remembered: no part of what is counted here
    with timezone.override(SHANGHAI), translation.override("en"):
        yield


@pytest.fixture
def acme(cast):
    return make.customer(cast.owner)


@pytest.fixture
def key(cast):
    return make.customer(cast.owner, importance="key")


def names(found: WhoMay) -> list[str]:
    return [helper.name for helper in found.people]


def test_an_ordinary_record_is_for_its_owner_and_the_managing_roles(cast, acme):
    found = who_may(acme, NOW)
    assert found.owner
    assert found.roles == ["Sales manager", "Senior sales manager", "Administrator"]
    assert found.people[:2] == [Helper("Manager", "Sales manager"), Helper("Senior", "Senior sales manager")]
    assert names(found) == ["Manager", "Senior", "Administrator", "Root"]  # gone is inactive


def test_a_key_record_is_not_for_its_owner_nor_for_managers(cast, key):
    call = make.follow_up(cast.owner, key)
    for record in (key, call):
        found = who_may(record, NOW)
        assert not found.owner
        assert names(found) == ["Senior", "Administrator", "Root"]


def test_grants_stand_first_with_their_end_and_end_exactly_then(cast, key):
    make.grant(key, cast.colleague, cast.senior)
    make.grant(key, cast.west.group, cast.senior, until=NOW + days(1))
    assert who_may(key, NOW).people[:2] == [
        Helper("Colleague", "granted until 2026-03-22 14:32"),
        Helper("West", "granted until 2026-03-19 14:32"),
    ]
    assert "West" in names(who_may(key, NOW + days(1) - dt.timedelta(microseconds=1)))
    assert "West" not in names(who_may(key, NOW + days(1)))


def test_a_covering_grant_speaks_for_what_hangs_on_the_customer_and_others_do_not(cast, key):
    call, other = make.follow_up(cast.owner, key), make.customer(cast.owner)
    make.grant(key, cast.colleague, cast.senior, covers=True)
    make.grant(key, cast.stranger, cast.senior)
    make.grant(key, cast.auditor, cast.senior, kind=VIEW, covers=True)
    assert names(who_may(key, NOW))[:2] == ["Colleague", "Stranger"]
    assert names(who_may(call, NOW))[0] == "Colleague"
    assert not {"Stranger", "Auditor"} & set(names(who_may(call, NOW)))
    assert "Colleague" not in names(who_may(other, NOW))


def test_one_person_through_two_grants_and_a_role_stands_once(cast, acme):
    call = make.follow_up(cast.owner, acme)
    make.grant(acme, cast.manager, cast.senior, covers=True)
    make.grant(call, cast.manager, cast.senior, until=NOW + days(2))
    assert [helper for helper in who_may(call, NOW).people if helper.name == "Manager"] == [
        Helper("Manager", "granted until 2026-03-20 14:32")
    ]


def test_inactive_people_and_empty_teams_are_left_out(cast, acme):
    empty = make.team("South")
    make.grant(acme, cast.stranger, cast.senior)
    make.grant(acme, empty.group, cast.senior)
    User.objects.filter(pk__in=[cast.owner.pk, cast.senior.pk, cast.stranger.pk]).update(is_active=False)
    found = who_may(acme, NOW)
    assert not found.owner
    assert "Senior sales manager" not in found.roles
    assert not {"Stranger", "South", "Senior"} & set(names(found))


def test_the_owner_rule_off_or_an_owner_who_may_not_own(cast, acme):
    contract = make.contract(cast.owner, acme)
    assert not who_may(contract, NOW).owner
    cast.owner.groups.clear()
    assert not who_may(acme, NOW).owner


def test_the_limit_and_the_number_of_queries_hold_with_many_grants(cast, acme, django_assert_num_queries):
    call = make.follow_up(cast.owner, acme)
    with django_assert_num_queries(3):
        who_may(call, NOW)
    for number in range(12):
        make.grant(call, make.person(f"helper{number:02}"), cast.senior)
    call.refresh_from_db()
    call.customer  # noqa: B018 the page has it
    with django_assert_num_queries(3):
        assert names(who_may(call, NOW, limit=3)) == ["Helper00", "Helper01", "Helper02"]


def test_in_chinese_roles_bear_their_chinese_names(cast, key):
    make.grant(key, Role.objects.get(key="sales").group, cast.senior)
    with translation.override("zh-hans"):
        assert names(who_may(key, NOW))[0] == "销售"
        assert who_may(key, NOW).roles == ["高级销售经理", "管理员"]


def test_nobody_may(cast, acme):
    Group.objects.get(name="role:administrator").user_set.clear()
    User.objects.exclude(pk=cast.owner.pk).update(is_active=False)
    make.set_rule(TypeRule.objects.get(record_type="customer"), owners_may=False)
    assert not who_may(acme, NOW)


# ---- why not ----


def test_why_not_an_owner_of_a_key_customer(cast, key):
    sentence = why_not(cast.owner, key, NOW)
    assert sentence == "The rule “Customers” lets owners change their own, but this is a key account."


def test_why_not_an_owner_where_the_rule_is_off(cast, acme, key):
    for record in (make.contract(cast.owner, acme), make.contract(cast.owner, key)):
        assert why_not(cast.owner, record, NOW) == "Contracts: owners may not change entry times."


def test_why_not_somebody_elses(cast, acme, django_assert_num_queries):
    for person in (cast.colleague, cast.auditor, cast.outsider):
        with django_assert_num_queries(2):
            sentence = why_not(person, acme, NOW)
        assert sentence == "You do not own this record, and your role may not change entry times."


def test_why_not_a_manager_on_a_key_record(cast, key):
    sentence = "Your role may change the entry times of ordinary records, but this is a key account."
    assert why_not(cast.manager, make.follow_up(cast.owner, key), NOW) == sentence


def test_why_not_an_owner_who_lost_the_role(cast, acme):
    cast.owner.groups.clear()
    assert why_not(cast.owner, acme, NOW) == "You own this record, but no role of yours may change entry times."


def test_why_not_after_a_grant_ended(cast, key):
    call = make.follow_up(cast.owner, key)
    make.grant(key, cast.colleague, cast.senior, until=NOW + days(1), covers=True)
    make.grant(key, cast.west.group, cast.senior, until=NOW + days(2))
    later = NOW + days(3)
    assert why_not(cast.colleague, call, later) == "Your grant ended on 2026-03-19 14:32."
    assert why_not(cast.stranger, key, later) == "Your grant ended on 2026-03-20 14:32."
    assert why_not(cast.stranger, call, later).startswith("You do not own")  # it covered the customer alone
