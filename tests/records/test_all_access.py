"""All access: which grants are listed to whom, in which order, by which filters; a person's access; finding records."""

from __future__ import annotations

import datetime as dt
import itertools
from html import unescape

import pytest
from django.urls import reverse
from django.utils.http import urlencode

from crm.models import Role, User
from records.all_grants import Wanted, listed
from records.models import CompanyRules, CustomerUserGrant
from records.models.access import VIEW
from records.services import grants
from records.services.entry_time import change_entry_time
from records.services.exceptions import add_exception
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.lists import at

pytestmark = pytest.mark.usefixtures("at_now")


@pytest.fixture
def key(cast):
    return make.customer(cast.owner, importance="key", name="Kestrel")


@pytest.fixture
def acme(cast):
    return make.customer(cast.owner, name="Acme")


def text(response):
    return unescape(" ".join(response.content.decode().split()))


def names(user, at=NOW, **wanted):
    return [(row.title, row.name) for row in listed(Wanted(**wanted), user, at).rows]


def revoke(grant, by, moment=NOW, why="Done"):
    grants.revoke(grant=grant, why=why, by=by, channel="web", clock=at(moment))


def move(record, by, moment, hours=1):
    seen = type(record).objects.get(pk=record.pk)
    wanted = seen.entered_at - dt.timedelta(hours=hours)
    about = {"record": seen, "seen_version": seen.version, "entered_at": wanted, "reason": "other", "note": "Told late"}
    change_entry_time(**about, by=by, channel="web", clock=at(moment))


# ---- who sees which ----


def test_only_who_may_grant_opens_it_and_others_are_told_who(cast, sign_in):
    for name in ("all_access", "access_person", "access_record", "access_check"):
        for who in ("owner", "auditor", "outsider"):
            response = sign_in(getattr(cast, who)).get(reverse(f"records:{name}"))
            assert response.status_code == 403
            assert "Administrator (Administrator)" in text(response)
        for who in ("manager", "senior", "administrator", "root"):
            assert sign_in(getattr(cast, who)).get(reverse(f"records:{name}")).status_code == 200


def test_the_menu_has_it_for_those(cast, sign_in):
    for who, there in (("manager", True), ("administrator", True), ("owner", False), ("auditor", False)):
        page = text(sign_in(getattr(cast, who)).get(reverse("records:customer_list")))
        assert (f'href="{reverse("records:all_access")}"' in page) is there
    assert 'href="/access/" aria-current="page"' in text(sign_in(cast.manager).get(reverse("records:access_check")))


def test_managers_see_grants_on_records_they_may_grant_on(cast, key, acme):
    make.grant(key, cast.colleague, cast.senior)
    make.grant(key, cast.stranger, cast.senior, kind=VIEW)
    make.grant(acme, cast.colleague, cast.manager)
    make.grant(make.opportunity(cast.owner), cast.west.group, cast.manager)
    everything = names(cast.administrator)
    assert len(everything) == 4
    mine = names(cast.manager)
    assert set(everything) - set(mine) == {("Kestrel", "Colleague")}
    assert names(cast.owner) == []


def test_a_manager_who_does_not_see_all_records_sees_only_grants_on_those_they_see(cast, acme):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    make.grant(acme, cast.stranger, cast.administrator)
    group = Role.objects.get(key="sales_manager").group
    group.permissions.remove(group.permissions.get(codename="see_all_records"))
    far = make.person("far", "sales_manager", cast.west)
    assert names(far) == []
    assert names(User.objects.get(pk=cast.manager.pk)) == [("Acme", "Stranger")]  # of the owner's team


# ---- order and pages ----


def grants_of_all_tables(cast, number=3):
    customer = make.customer(cast.owner)
    records = [customer, make.opportunity(cast.owner, customer), make.follow_up(cast.owner, customer)]
    records.append(make.contract(cast.owner, customer))
    for count in range(number):
        person, team = make.person(f"p{count}"), make.team(f"T{count}")
        for place, record in enumerate(records):
            for offset, to in enumerate((person, team.group)):
                ends = NOW + days(1 + (place * 7 + count * 3 + offset) % 5)  # many end at the same moment
                make.grant(record, to, cast.administrator, until=ends)
    return 8 * number


@pytest.mark.parametrize("size", [1, 5, 7])
def test_the_pages_hold_every_grant_once_by_its_end_and_lead_back(cast, size):
    number, pages, after = grants_of_all_tables(cast), [], ""
    while True:
        page = listed(Wanted(), cast.administrator, NOW, after=after, size=size)
        pages.append(page)
        if not page.after:
            break
        after = page.after
    rows = [row for page in pages for row in page.rows]
    assert len({(row.kind, row.holder, row.pk) for row in rows}) == len(rows) == number
    assert [row.until for row in rows] == sorted(row.until for row in rows)
    for before, page in itertools.pairwise(pages):
        back = listed(Wanted(), cast.administrator, NOW, before=page.before, size=size)
        assert [r.row_id for r in back.rows] == [r.row_id for r in before.rows]
    assert not pages[0].before


@pytest.mark.parametrize("size", [1, 5])
def test_ended_ones_come_last_first_from_both_tables(cast, size):
    number = grants_of_all_tables(cast)
    for grant in CustomerUserGrant.objects.all():
        revoke(grant, cast.administrator, NOW + days(0.5))
    later, rows, after = NOW + days(30), [], ""
    while True:
        page = listed(Wanted(show="ended"), cast.administrator, later, after=after, size=size)
        rows += page.rows
        after = page.after
        if not after:
            break
    assert len(rows) == number
    assert [row.ended_at for row in rows] == sorted((row.ended_at for row in rows), reverse=True)
    assert {row.ended_by for row in rows if row.revoked} == {"Administrator"}
    assert sum(row.revoked for row in rows) == 3


def test_a_key_made_elsewhere_is_none(cast, sign_in, acme):
    make.grant(acme, cast.colleague, cast.manager)
    first = listed(Wanted(), cast.manager, NOW).rows
    assert listed(Wanted(), cast.manager, NOW, after="x:y", before="z").rows == first
    assert sign_in(cast.manager).get(reverse("records:all_access"), {"after": "[1]"}).status_code == 200


# ---- filters ----


def test_filters_by_who_type_and_words(cast, acme, key):
    call = make.follow_up(cast.owner, acme, summary="Call Li")
    make.grant(acme, cast.colleague, cast.administrator)
    make.grant(key, cast.west.group, cast.administrator)
    make.grant(call, cast.colleague, cast.administrator)
    by = cast.administrator
    assert names(by, users=frozenset({cast.colleague.pk})) == [("Acme", "Colleague"), ("Call Li", "Colleague")]
    assert names(by, groups=frozenset({cast.west.group.pk})) == [("Kestrel", "West")]
    assert names(by, record_type="followup") == [("Call Li", "Colleague")]
    assert names(by, words="kestrel") == [("Kestrel", "West")]
    assert names(by, words=acme.number) == [("Acme", "Colleague")]
    assert names(by, record_type="contract", users=frozenset({1})) == []


def test_the_page_shows_rows_with_the_way_back(cast, sign_in, key):
    grant = make.grant(key, cast.colleague, cast.senior, covers=True)
    client = sign_in(cast.senior)
    address = reverse("records:all_access", query={"who": f"user:{cast.colleague.pk}"})
    page = text(client.get(address))
    for words in ("Kestrel", "in 4 days", "14 days back", "this customer and all under it", "Cards entered late"):
        assert words in page
    change = reverse("records:grant_change", args=["customer", "user", grant.pk])
    assert f"{change}?{urlencode({'next': address})}" in page
    asked = {"version": 1, "until": "2026-03-30", "days_back": "3", "covers": "all", "why": "Longer"}
    done = client.post(f"{change}?{urlencode({'next': address})}", asked)
    assert (done.status_code, done["Location"]) == (302, address)
    revoking = reverse("records:grant_revoke", args=["customer", "user", grant.pk])
    away = client.post(f"{revoking}?next=//evil.example/access/", {"why": "x"})
    assert away["Location"] == reverse("records:customer_access", args=[key.pk])


@pytest.mark.parametrize("query", [{"show": "x"}, {"who": "user:99999"}, {"type": "task"}])
def test_a_filter_that_is_none_is_told(cast, sign_in, query):
    response = sign_in(cast.senior).get(reverse("records:all_access"), query)
    assert response.status_code == 422
    assert "Nothing is listed." in text(response)


def test_ending_soon_is_within_seven_days(cast, acme):
    make.grant(acme, cast.colleague, cast.manager, until=NOW + days(7))
    make.grant(acme, cast.stranger, cast.manager, until=NOW + days(7) + dt.timedelta(seconds=1))
    assert names(cast.manager, show="soon") == [("Acme", "Colleague")]


def test_ended_ones_say_how(cast, sign_in, acme, at_now):
    make.grant(acme, cast.stranger, cast.manager, until=NOW + days(1))
    revoke(make.grant(acme, cast.colleague, cast.manager), cast.senior, why="Left the project")
    at_now.move_to(NOW + days(2))
    page = text(sign_in(cast.manager).get(reverse("records:all_access"), {"show": "ended"}))
    for words in ("Revoked by Senior", "Left the project", "Ended by itself"):
        assert words in page
    assert page.index("Ended by itself") < page.index("Left the project")
    assert "Revoke…" not in page


# ---- granted, used, revoked within a day ----


@pytest.fixture
def call(cast, key):
    return make.follow_up(cast.owner, key)


QUICK = Wanted(show="quick")


def test_given_used_and_revoked_within_a_day_is_listed_with_its_use(cast, sign_in, call):
    grant = make.grant(call, cast.colleague, cast.senior)
    move(call, cast.colleague, NOW + days(0.1))
    revoke(grant, cast.senior, NOW + days(1))
    found = listed(QUICK, cast.senior, NOW + days(1)).rows
    assert [(row.title, row.name, row.used) for row in found] == [(call.title, "Colleague", NOW + days(0.1))]
    assert listed(QUICK, cast.senior, NOW + days(92)).rows == []
    page = text(sign_in(cast.senior).get(reverse("records:all_access"), {"show": "quick"}))
    assert 'used <time datetime="2026-03-18T16:56+08:00">' in page
    assert "No grant was used" in text(sign_in(cast.manager).get(reverse("records:all_access"), {"show": "quick"}))


@pytest.mark.parametrize("holder", ["colleague", "west"])
def test_a_covering_grant_used_below_its_customer_is_found_too(cast, key, call, holder):
    to = cast.west.group if holder == "west" else cast.colleague
    grant = make.grant(key, to, cast.senior, covers=True)
    move(call, cast.stranger if holder == "west" else cast.colleague, NOW + days(0.1))
    revoke(grant, cast.senior, NOW + days(0.5))
    assert [row.title for row in listed(QUICK, cast.senior, NOW + days(1)).rows] == ["Kestrel"]


def test_unused_slower_and_ended_ones_are_not_listed(cast, key, call):
    unused = make.grant(call, cast.stranger, cast.senior)
    revoke(unused, cast.senior, NOW + days(0.5))
    slow = make.grant(call, cast.colleague, cast.senior)
    move(call, cast.colleague, NOW + days(0.1))
    revoke(slow, cast.senior, NOW + days(1) + dt.timedelta(seconds=1))
    assert listed(QUICK, cast.senior, NOW + days(2)).rows == []


# ---- by person, by record ----


def test_a_persons_page_tells_roles_owner_rule_grants_and_exceptions(cast, sign_in, key, acme):
    make.grant(key, cast.east.group, cast.senior)
    make.grant(acme, cast.colleague, cast.senior)
    about = {"to": cast.colleague, "record_type": "contract", "until": NOW + days(2), "why": "Year end"}
    about["by"] = cast.administrator
    add_exception(**about, channel="web", clock=clock)
    page = text(sign_in(cast.senior).get(reverse("records:access_person"), {"person": cast.colleague.pk}))
    for words in ("Sales", "Acme", "Kestrel", "East", "Year end", "May change entry times of own ordinary records."):
        assert words in page
    page = text(sign_in(cast.senior).get(reverse("records:access_person"), {"person": cast.manager.pk}))
    assert "Customers: 30 days back" in page
    page = text(sign_in(cast.senior).get(reverse("records:access_person"), {"person": cast.senior.pk}))
    assert "Customers: 90 days back, key accounts too" in page
    page = text(sign_in(cast.manager).get(reverse("records:access_person"), {"person": cast.colleague.pk}))
    assert "Kestrel" not in page.split("Through grants")[1]
    page = text(sign_in(cast.manager).get(reverse("records:access_person"), {"person": cast.gone.pk}))
    assert "Gone may no longer sign in" in page
    assert sign_in(cast.manager).get(reverse("records:access_person"), {"person": "99999"}).status_code == 422


def test_a_record_is_found_by_number_or_words(cast, sign_in, acme, key):
    make.opportunity(cast.owner, acme, name="Acme licence")
    client, address = sign_in(cast.manager), reverse("records:access_record")
    one = client.get(address, {"q": acme.number})
    assert (one.status_code, one["Location"]) == (302, reverse("records:customer_access", args=[acme.pk]))
    page = text(client.get(address, {"q": "acme"}))
    assert "Acme licence" in page
    assert reverse("records:customer_access", args=[acme.pk]) in page
    assert "No record that you may see fits" in text(client.get(address, {"q": "nothing"}))
