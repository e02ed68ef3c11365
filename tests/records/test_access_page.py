"""The access page of a record over HTTP: who sees it, who grants, changes and revokes, and what each leaves."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from audit.models import Event
from crm.models import Role, User
from records.models import CompanyRules, CustomerGroupGrant, CustomerUserGrant, FollowUp, FollowUpUserGrant
from records.models.access import VIEW
from records.services import grants
from tests import cast as make
from tests.cast import clock, days

pytestmark = pytest.mark.usefixtures("at_now")


@pytest.fixture
def key(cast):
    return make.customer(cast.owner, importance="key", name="Kestrel")


@pytest.fixture
def call(cast, key):
    return make.follow_up(cast.owner, key)


@pytest.fixture
def standing(cast, key):
    return make.grant(key, cast.colleague, cast.senior, covers=True)


def page(record):
    return reverse(record.page("access"), args=[record.pk])


def grant_page(name, grant, kind="customer", holder="user"):
    return reverse(f"records:grant_{name}", args=[kind, holder, grant.pk])


def post(client, record, holder, **values):
    kind = "user" if isinstance(holder, User) else "group"
    shown = {"to": f"{kind}:{holder.pk}", "right": "redate", "until": "2026-03-31", "days_back": "14"}
    return client.post(page(record), shown | {"why": "Cards late"} | values)


def text(response):
    return " ".join(response.content.decode().split())


# ---- who sees what ----


def test_everybody_who_sees_the_record_sees_who_may_and_through_what(cast, sign_in, call, standing):
    for name in ("owner", "colleague", "stranger", "manager", "senior", "administrator", "auditor"):
        response = sign_in(getattr(cast, name)).get(page(call))
        assert response.status_code == 200, name
        shown = text(response)
        for words in ("Senior sales manager", "90 days back", "Colleague", "14 days back", "Cards entered late"):
            assert words in shown, (name, words)
        assert "Through Kestrel and all under it" in shown
        assert ('id="grant"' in shown) is (name in ("senior", "administrator", "manager")), name  # managers grant sight
        assert ("Revoke…" in shown) is (name in ("senior", "administrator")), name


def test_who_may_not_see_the_record_may_not_know_of_its_grants(cast, sign_in, key, call, standing):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    for person in (cast.outsider, cast.stranger):
        client = sign_in(person)
        for url in (page(key), page(call), grant_page("change", standing), grant_page("revoke", standing)):
            assert client.get(url).status_code == 404
            assert client.post(url, {"why": "x"}).status_code == 404
    assert CustomerUserGrant.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "holder", "pk"), [("customer", "user", 999), ("task", "user", 1), ("customer", "x", 1)]
)
def test_a_grant_that_is_none_is_not_found(cast, sign_in, kind, holder, pk):
    url = reverse("records:grant_revoke", args=[kind, holder, pk])
    assert sign_in(cast.administrator).get(url).status_code == 404


def test_the_page_tells_the_reader_whether_they_may(cast, sign_in, key, standing):
    assert "It is granted to you until 2026-03-22 14:32." in text(sign_in(cast.colleague).get(page(key)))
    assert "Your role includes it." in text(sign_in(cast.senior).get(page(key)))
    assert "but this is a key account" in text(sign_in(cast.owner).get(page(key)))
    ordinary = make.customer(cast.owner)
    assert "You own this record." in text(sign_in(cast.owner).get(page(ordinary)))
    contract = make.contract(cast.owner, ordinary)
    assert "Contracts: owners may not change entry times." in text(sign_in(cast.owner).get(page(contract)))


def test_the_grant_of_somebody_inactive_is_shown_as_not_in_effect(cast, sign_in, key, standing):
    make.grant(key, make.team("South").group, cast.senior)
    User.objects.filter(pk=cast.colleague.pk).update(is_active=False)
    shown = text(sign_in(cast.senior).get(page(key)))
    assert "Not in effect: may not sign in" in shown
    assert "Not in effect: nobody active in it" in shown


def test_all_four_types_have_the_page(cast, sign_in, key):
    client = sign_in(cast.administrator)
    made = (key, make.opportunity(cast.owner, key), make.follow_up(cast.owner, key), make.contract(cast.owner, key))
    for record in (*made, make.opportunity(cast.owner)):
        assert client.get(page(record)).status_code == 200


def test_the_number_of_queries_does_not_grow_with_grants(cast, sign_in, key, django_assert_max_num_queries):
    client = sign_in(cast.senior)
    client.get(page(key))
    for number in range(2):
        for each in range(number * 15):
            make.grant(key, make.person(f"p{each}"), cast.senior)
        with django_assert_max_num_queries(22):
            client.get(page(key))


# ---- granting ----


def test_a_senior_manager_grants_and_a_day_alone_means_through_that_day(cast, sign_in, key, call):
    response = post(sign_in(cast.senior), key, cast.colleague, covers="all")
    assert (response.status_code, response["Location"]) == (302, page(key))
    made = CustomerUserGrant.objects.get()
    assert made.until == dt.datetime(2026, 3, 31, 16, tzinfo=dt.UTC)  # 2026-04-01 00:00 in Shanghai
    assert (made.days_back, made.covers, made.why, made.granted_by) == (14, True, "Cards late", cast.senior)
    shown = text(sign_in(cast.senior).get(page(key)))
    assert "2026-04-01 00:00" in shown
    row = CustomerUserGrant.history.get()
    assert (row.channel, row.actor_name, row.remote_addr) == ("web", "Senior", "127.0.0.1")


def test_a_time_is_read_in_the_readers_zone_and_a_day_in_the_companys(cast, sign_in, key):
    User.objects.filter(pk=cast.senior.pk).update(zone="Europe/London")
    client = sign_in(cast.senior)
    post(client, key, cast.colleague, until="2026-03-31 18:00")
    post(client, key, cast.owner, until="2026-03-31")
    ends = list(CustomerUserGrant.objects.order_by("pk").values_list("until", flat=True))
    assert ends == [dt.datetime(2026, 3, 31, 17, tzinfo=dt.UTC), dt.datetime(2026, 3, 31, 16, tzinfo=dt.UTC)]


def test_the_form_tells_the_moment_that_a_day_means(cast, sign_in):
    client = sign_in(cast.owner)
    for typed, said in (
        ("2026-03-31", "Until 2026-04-01 00:00, Asia/Shanghai (UTC+8)"),
        ("2026-03-31 18:00", "Until 2026-03-31 18:00, Asia/Shanghai (UTC+8)"),
        ("2026-03-17", "2026-03-18 00:00 has passed."),
        ("2026-02-30", ""),
        ("", ""),
    ):
        assert text(client.get(reverse("records:grant_end"), {"until": typed})) == said


def test_roles_and_teams_are_granted_to_and_sight_alone_too(cast, sign_in, key):
    client = sign_in(cast.senior)
    assert post(client, key, cast.west.group).status_code == 302
    assert post(client, key, Role.objects.get(key="sales").group, right="view", days_back="").status_code == 302
    kinds = CustomerGroupGrant.objects.order_by("pk").values_list("permission__codename", flat=True)
    assert list(kinds) == ["change_customer_entry_time", "view_customer"]
    assert cast.stranger.has_perm("records.change_customer_entry_time", key)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"to": ""}, "Choose a person, a role or a team."),
        ({"to": "user:99999"}, "Choose a person, a role or a team."),
        ({"to": "user:" + "9" * 40}, "Choose a person, a role or a team."),
        ({"to": "team:1"}, "Choose a person, a role or a team."),
        ({"right": "own"}, "Select a valid choice"),
        ({"until": ""}, "Write a date and a time, like 2026-03-16 09:12."),
        ({"until": "next week"}, "Not a time."),
        ({"until": "2026-03-17"}, "Choose an end that lies ahead."),
        ({"days_back": ""}, "Write how many days back"),
        ({"days_back": "-1"}, "greater than or equal to 0"),
        ({"days_back": "91"}, "You cannot grant more than you hold."),
        ({"days_back": "9" * 30}, "This value is not allowed here."),
        ({"why": "  "}, "Write why."),
        ({"why": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(cast, sign_in, key, values, sentence):
    response = post(sign_in(cast.senior), key, cast.colleague, **values)
    assert response.status_code == 422
    assert sentence in text(response)
    if "why" not in values:
        assert "Cards late" in text(response)
    assert not CustomerUserGrant.objects.exists()


def test_no_limit_is_offered_to_those_who_hold_none(cast, sign_in, key):
    assert "no_limit" not in text(sign_in(cast.senior).get(page(key)))
    post(sign_in(cast.senior), key, cast.colleague, no_limit="on")
    assert not CustomerUserGrant.objects.get().no_limit
    assert "no_limit" in text(sign_in(cast.administrator).get(page(key)))
    post(sign_in(cast.administrator), key, cast.owner, no_limit="on", days_back="")
    assert CustomerUserGrant.objects.get(user=cast.owner).no_limit


def test_to_oneself_to_a_group_of_ones_own_and_to_the_inactive_is_refused(cast, sign_in, key):
    client = sign_in(cast.senior)
    for to in (cast.senior, Role.objects.get(key="senior_sales_manager").group):
        assert "Nobody grants a right to themselves" in text(post(client, key, to))
    assert "Choose an active person" in text(post(client, key, cast.gone))
    assert not CustomerUserGrant.objects.exists()
    offered = text(client.get("/people/suggest/?of=holders&name=to&to="))
    assert "Colleague (colleague)" in offered
    for absent in ("Senior (senior)", "Gone (gone)", "Senior sales managers (role)"):
        assert absent not in offered


@pytest.mark.parametrize("name", ["owner", "colleague", "manager", "auditor"])
def test_who_may_look_only_is_told_who_may_grant_and_the_attempt_is_kept(cast, sign_in, key, standing, name):
    client = sign_in(getattr(cast, name))
    for response in (
        post(client, key, cast.stranger),
        client.post(grant_page("revoke", standing), {"why": "x"}),
        client.post(grant_page("change", standing), {"version": 1, "until": "2026-03-19", "days_back": 1, "why": "x"}),
        client.get(grant_page("revoke", standing)),
        client.get(grant_page("change", standing)),
    ):
        assert response.status_code == 403
        assert "You may see Kestrel, but not grant or end rights on it." in text(response)
        assert "Senior (Senior sales manager)" in text(response)
    assert [event.what["codes"] for event in Event.objects.filter(kind="refused")] == [["grant_right"]] * 3
    assert list(CustomerUserGrant.objects.values_list("until", flat=True)) == [standing.until]


# ---- over a standing grant, changing, revoking ----


def test_granting_over_an_open_grant_shows_it_and_asks(cast, sign_in, key, standing):
    client = sign_in(cast.administrator)
    response = post(client, key, cast.colleague, until="2026-04-30", days_back="20")
    assert response.status_code == 422
    shown = text(response)
    assert "This right is granted already" in shown
    assert "Colleague holds it until 2026-03-22 14:32." in shown
    assert ", 14 days back" in shown
    assert 'value="2026-04-30"' in shown
    asked = {"version": 1, "until": "2026-04-30", "days_back": "20", "covers": "all", "why": "Longer"}
    assert client.post(grant_page("change", standing), asked).status_code == 302
    changed = CustomerUserGrant.objects.get()
    assert (changed.pk, changed.days_back, changed.version) == (standing.pk, 20, 2)
    assert changed.until == dt.datetime(2026, 4, 30, 16, tzinfo=dt.UTC)
    assert CustomerUserGrant.history.filter(history_type="~").get().history_change_reason == "Longer"


def test_an_old_tab_is_told_that_the_grant_changed(cast, sign_in, standing):
    client = sign_in(cast.senior)
    first = {"version": 1, "until": "2026-03-20", "days_back": "14", "covers": "all", "why": "Shorter"}
    assert client.post(grant_page("change", standing), first).status_code == 302
    again = client.post(grant_page("change", standing), first | {"until": "2026-04-30", "why": "Longer"})
    assert again.status_code == 409
    assert "it now ends on 2026-03-21 00:00" in text(again)
    assert 'value="2026-04-30"' in text(again)
    assert 'name="version" value="2"' in text(again)


def test_changing_a_grant_of_sight_asks_for_no_days(cast, sign_in, key):
    sight = make.grant(key, cast.colleague, cast.senior, kind=VIEW)
    client = sign_in(cast.senior)
    assert "days_back" not in text(client.get(grant_page("change", sight)))
    client.post(grant_page("change", sight), {"version": 1, "until": "2026-04-30", "why": "Longer"})
    assert CustomerUserGrant.objects.get().until > sight.until


def test_revoking_asks_why_ends_it_at_once_and_lists_it_as_ended(cast, sign_in, key, standing):
    client = sign_in(cast.senior)
    assert "Revoke the grant to Colleague?" in text(client.get(grant_page("revoke", standing)))
    assert "Until 2026-03-22 14:32, Asia/Shanghai (UTC+8)" in text(client.get(grant_page("change", standing)))
    assert client.post(grant_page("revoke", standing), {"why": ""}).status_code == 422
    assert client.post(grant_page("revoke", standing), {"why": "Left the project"}).status_code == 302
    assert not CustomerUserGrant.objects.exists()
    shown = text(sign_in(cast.owner).get(page(key)))
    assert "Nobody holds a grant on this record." in shown
    assert "Revoked by Senior" in shown
    assert "Left the project" in shown


def test_ended_grants_are_kept_as_history_and_can_no_longer_be_changed(cast, sign_in, key, standing, at_now):
    at_now.move_to(standing.until)
    client = sign_in(cast.senior)
    shown = text(client.get(page(key)))
    assert 'Ended <time datetime="2026-03-22T14:32+08:00">' in shown
    assert "Revoke…" not in shown
    for name in ("change", "revoke"):
        response = client.post(grant_page(name, standing), {"why": "x"}, follow=True)
        assert response.redirect_chain == [(page(key), 302)]
        assert "This grant has ended or was revoked already." in text(response)
    assert post(client, key, cast.colleague, why="Again").status_code == 302
    shown = text(client.get(page(key)))
    assert 'Ended <time datetime="2026-03-22T14:32+08:00">' in shown  # the row that was replaced
    assert "Again" in shown


# ---- the story ----


def test_lin_changes_it_the_moment_it_is_granted_and_not_a_moment_after_it_ends(cast, sign_in, call, at_now):
    lin, wang = sign_in(cast.colleague), sign_in(cast.senior)
    url = reverse("records:follow_up_entry_time", args=[call.pk])

    def change(hours):
        version = FollowUp.objects.get().version
        wanted = (call.entered_at - dt.timedelta(hours=hours) + days(8 / 24)).strftime("%Y-%m-%d %H:%M")
        values = {
            "version": version,
            "entered_at": wanted,
            "why": "typing_error",
            "note": "Told late",
            "confirmed": "yes",
        }
        lin.post(url, values)
        return FollowUp.objects.get().version > version

    assert not change(1)
    assert post(wang, call, cast.colleague, until="2026-03-19 18:00").status_code == 302
    assert change(1)
    end = FollowUpUserGrant.objects.get().until
    at_now.move_to(end - dt.timedelta(seconds=1))
    assert change(2)
    at_now.move_to(end)
    assert not change(3)
    assert "Your grant ended on 2026-03-19 18:00." in text(lin.get(page(call)))


def test_a_right_revoked_while_the_card_is_open_is_refused(cast, sign_in, call):
    lin = sign_in(cast.colleague)
    grant = make.grant(call, cast.colleague, cast.senior)
    grants.revoke(grant=grant, why="Done", by=cast.senior, channel="web", clock=clock)
    wanted = {"version": 1, "entered_at": "2026-03-18 10:00", "why": "typing_error", "note": "Told", "confirmed": "yes"}
    assert lin.post(reverse("records:follow_up_entry_time", args=[call.pk]), wanted).status_code in (403, 422)
    assert FollowUp.objects.get().entered_at == call.entered_at
