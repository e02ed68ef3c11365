"""The profile: what people say of themselves, and a true account of what they may."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client

from audit.models import Event
from crm.models import User
from records.models import Customer, TypeRule, Window
from records.services.entry_time import change_entry_time
from records.services.grants import Terms, grant
from records.services.records import archive_record
from tests import cast as make
from tests.cast import NOW, clock, days, set_rule

PAGE = "/profile/"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def posted(person, **values):
    page = {name: getattr(person, name) for name in ("display_name", "email", "theme", "zone", "mail")}
    return page | {"language": "en"} | values


def rights(client):
    found = client.get(PAGE).context["rights"]
    return [(line.what, line.small) for line in found.may], [(line.what, line.small) for line in found.may_not], found


# ---- saying ----


def test_the_profile_is_saved_and_only_what_differs_is_told(cast, sign_in):
    client = sign_in(cast.owner)
    answer = client.post(PAGE, posted(cast.owner, display_name="林悦", zone="Europe/Berlin", theme="dark"))
    assert (answer.status_code, answer.url) == (302, PAGE)
    assert Event.objects.get().what == {
        "display_name": ["Owner", "林悦"],
        "zone": ["", "Europe/Berlin"],
        "theme": ["", "dark"],
    }
    assert client.cookies["theme"].value == "dark"
    page = client.get(PAGE)
    assert "林悦" in page.text
    assert 'data-theme="dark"' in page.text
    client.post(PAGE, posted(User.objects.get(pk=cast.owner.pk), theme="", zone=""))
    assert "data-theme" not in client.get(PAGE).text.partition(">")[0]
    assert User.objects.get(pk=cast.owner.pk).zone == ""


def test_the_language_takes_effect_at_once(cast, sign_in):
    client = sign_in(cast.owner)
    client.post(PAGE, posted(cast.owner, language="zh-hans"))
    assert User.objects.get(pk=cast.owner.pk).language == "zh-hans"
    assert '<html lang="zh-Hans"' in client.get(PAGE).text


def test_saving_what_stands_already_writes_nothing(cast, sign_in):
    answer = sign_in(cast.owner).post(PAGE, posted(cast.owner), follow=True)
    assert "Nothing was changed." in answer.text
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"display_name": ""}, "display_name"),
        ({"email": ""}, "email"),
        ({"email": "COLLEAGUE@redate.example"}, "email"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"language": "tlh"}, "language"),
        ({"theme": "pink"}, "theme"),
    ],
)
def test_a_wrong_field_gets_its_sentence_and_the_typed_values_stay(cast, sign_in, values, field):
    answer = sign_in(cast.owner).post(PAGE, posted(cast.owner, **({"display_name": "Typed"} | values)))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert field == "display_name" or "Typed" in answer.text
    assert User.objects.get(pk=cast.owner.pk).display_name == "Owner"


def test_extra_fields_change_nothing(cast, sign_in):
    before = User.objects.get(pk=cast.owner.pk)
    extra = {
        "is_superuser": "on",
        "is_staff": "on",
        "groups": "1",
        "team": cast.west.pk,
        "username": "x",
        "password": "y",
    }
    sign_in(cast.owner).post(PAGE, posted(cast.owner, display_name="Lin", **extra))
    after = User.objects.get(pk=cast.owner.pk)
    assert after.display_name == "Lin"
    for name in ("is_superuser", "is_staff", "team", "username", "password", "is_active"):
        assert getattr(after, name) == getattr(before, name)
    assert set(after.groups.all()) == set(before.groups.all())


def test_the_company_zone_comes_first(cast, sign_in):
    choices = sign_in(cast.owner).get(PAGE).context["form"].fields["zone"].choices
    assert choices[0] == ("", "Company zone, Asia/Shanghai")
    assert ("Europe/Berlin", "Europe/Berlin") in choices


def test_visitors_sign_in_first(db):
    assert Client().get(PAGE).status_code == 302


# ---- what one may ----


def test_sales_may_change_their_own_where_the_rule_is_on(cast, sign_in):
    may, may_not, _found = rights(sign_in(cast.owner))
    assert may == [
        ("Customers you own, except key ones", "up to 7 days back, no future"),
        ("Opportunities you own, except those of key accounts", "up to 7 days back, no future"),
        ("Follow-ups you own, except those of key accounts", "up to 7 days back, no future"),
    ]
    managers = "Sales manager, Senior sales manager, Administrator may."
    assert may_not == [
        ("Records of other people", managers),
        ("Contracts", managers),
        ("Records of key accounts, without a grant", "Senior sales manager, Administrator may."),
    ]


def test_managers_and_above(cast, sign_in):
    may, may_not, _found = rights(sign_in(cast.manager))
    assert may[0] == ("All customers, except key ones", "up to 30 days back, no future")
    assert len(may) == 4
    assert may_not == [("Records of key accounts, without a grant", "Senior sales manager, Administrator may.")]
    may, may_not, _found = rights(sign_in(cast.senior))
    assert may[3] == ("All contracts, those of key accounts too", "up to 90 days back, no future")
    assert may_not == []
    may, may_not, _found = rights(sign_in(cast.administrator))
    assert may[0] == ("All customers, key ones too", "no limit back, no future")


@pytest.mark.parametrize("name", ["auditor", "outsider"])
def test_who_may_nothing_is_told_so(cast, sign_in, name):
    may, may_not, _found = rights(sign_in(getattr(cast, name)))
    assert may == []
    assert [what for what, _small in may_not] == ["Any record, without a grant"]


def test_windows_and_rules_as_they_stand(cast, sign_in):
    client = sign_in(cast.senior)
    for each in Window.objects.filter(role__key="senior_sales_manager", record_type="customer"):
        set_rule(each, days_back=0 if each.customer_class == "key" else 5, days_forward=2, longest_move=3)
    set_rule(TypeRule.objects.get(record_type="customer"), allow_future=True)
    may, _may_not, _found = rights(client)
    assert may[:2] == [
        ("All customers, except key ones", "up to 5 days back, up to 2 days ahead, 3 days at once"),
        ("Key customers", "today only, up to 2 days ahead, 3 days at once"),
    ]


def test_closed_periods_are_named_by_type(cast, sign_in):
    make.close_through(dt.date(2026, 1, 31))
    make.close_through(dt.date(2026, 2, 28), "customer")
    _may, may_not, _found = rights(sign_in(cast.senior))
    assert may_not == [
        ("Customers", "Closed through 2026-02-28. Administrator can reopen them."),
        ("Opportunities, Follow-ups, Contracts", "Closed through 2026-01-31. Administrator can reopen them."),
    ]


def test_open_grants_newest_first_with_their_reach(cast, sign_in):
    key = make.customer(cast.colleague, importance="key", name="宁波海川泵业")
    plain = make.customer(cast.colleague, name="Kestrel")
    ended, archived, of_others = (make.customer(cast.colleague) for _ in range(3))
    how = {"by": cast.senior, "channel": "web"}
    end = NOW + days(10)
    give = [
        (key, cast.owner, Terms(days_back=30, covers=True, until=end), clock),
        (plain, cast.east.group, Terms(days_back=2, until=end), lambda: NOW + days(0.01)),
        (ended, cast.owner, Terms(until=NOW + days(0.001)), clock),
        (archived, cast.owner, Terms(until=end), clock),
        (of_others, cast.stranger, Terms(until=end), clock),
    ]
    for record, to, terms, at in give:
        grant(record=record, to=to, terms=terms, why="Plant visits.", clock=at, **how)
    archive_record(record=archived, seen_version=1, by=cast.senior, reason="", note="x", channel="web", clock=clock)
    client = sign_in(cast.owner)
    with time_machine.travel(NOW + days(1), tick=False):
        page = client.get(PAGE)
    group, own = page.context["rights"].grants
    assert (group.record, group.through, group.far, group.until) == (plain, "Team East", "up to 7 days back", end)
    assert (own.record, own.covers, own.far, own.by) == (key, True, "up to 30 days back", "Senior")
    assert own.until == end
    assert "宁波海川泵业" in page.text
    assert "2026-03-28 14:32" in page.text


def test_what_the_page_says_is_what_the_door_does(cast, sign_in):
    """The window named is the last one that goes through."""
    record = make.customer(cast.owner)
    back = NOW - days(7)
    values = {"reason": "typing_error", "note": "", "by": cast.owner, "channel": "web", "clock": clock}
    assert change_entry_time(record=record, seen_version=1, entered_at=back, **values).version == 2
    assert Customer.objects.get().entered_at == back


def test_the_page_costs_the_same_for_many_grants(cast, sign_in, django_assert_max_num_queries):
    for _number in range(25):
        grant(
            record=make.customer(cast.colleague),
            to=Group.objects.get(role__key="sales"),
            terms=Terms(until=NOW + days(10)),
            why="x",
            by=cast.senior,
            channel="web",
            clock=clock,
        )
    client = sign_in(cast.owner)
    with django_assert_max_num_queries(24):
        assert len(client.get(PAGE).context["rights"].grants) == 20
