"""Who may answer a request: by role, grant and owner rule, never who asks or whom only they gave the right."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.models import Role
from records.deciders import deciders, number_waiting, waiting_for
from tests import cast as make
from tests.cast import NOW, days

from .requesting import asked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
BY_ROLE = {"manager", "senior", "administrator", "root"}


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


@pytest.fixture
def helper(cast):
    """Answers requests, and may change entry times only where a grant or the owner rule lets them."""
    group = Group.objects.create(name="role:deciders")
    Role.objects.create(key="deciders", name_en="Deciders", name_zh="审批人", group=group)
    for codename in ("decide_requests", "view_followup", "see_all_records", "own_records", "add_followup"):
        group.permissions.add(Permission.objects.get(codename=codename, content_type__app_label="records"))
    return make.person("helper", "deciders", cast.west)


def names(record, **more):
    return {person.username for person in deciders(record, NOW, **more)}


def agrees(record, asker):
    """The people of a request and the requests of a person are the same answer."""
    request = asked(record, asker)
    everybody = type(asker).objects.all()
    return {p.username for p in everybody if waiting_for(p, NOW).filter(pk=request.pk).exists()}


def test_by_role_and_without_who_asks(cast, call, helper):
    assert names(call) == BY_ROLE
    assert names(call, but=cast.manager) == BY_ROLE - {"manager"}
    assert agrees(call, cast.owner) == BY_ROLE


def test_on_key_records_only_who_may_there(cast):
    call = make.follow_up(cast.owner, make.customer(cast.owner, importance="key"))
    assert names(call) == agrees(call, cast.owner) == BY_ROLE - {"manager"}


@pytest.mark.parametrize("how", ["person", "team", "customer"])
def test_through_a_grant_in_force_that_who_asks_has_not_given(cast, call, helper, how):
    record = call.customer if how == "customer" else call
    make.grant(record, cast.west.group if how == "team" else helper, by=cast.manager, covers=how == "customer")
    assert names(call) == BY_ROLE | {"helper"}
    assert names(call, but=cast.manager) == BY_ROLE - {"manager"}
    assert {p.username for p in deciders(call, NOW + days(4))} == BY_ROLE
    assert agrees(call, cast.owner) == BY_ROLE | {"helper"}


def test_through_the_owner_rule(cast, helper):
    call = make.follow_up(helper, make.customer(cast.owner), by=cast.administrator)
    assert names(call) == agrees(call, cast.colleague) == BY_ROLE | {"helper"}


def test_the_count_is_one_query_and_ends(cast, call, helper, monkeypatch):
    asked(call, cast.owner)
    asked(call, cast.colleague)
    number_waiting(cast.manager, NOW)
    with CaptureQueriesContext(connection) as captured:
        assert number_waiting(cast.manager, NOW) == "2"
    assert len(captured) == 1
    monkeypatch.setattr("records.deciders.COUNTED", 1)
    assert number_waiting(cast.manager, NOW) == "1+"
    assert number_waiting(cast.owner, NOW) == number_waiting(cast.gone, NOW) == ""
    assert number_waiting(helper, NOW) == ""
