"""Grants on all records of a list: who may, what is left out, one batch, never twice, revoked as one."""

from __future__ import annotations

import pytest
from django.urls import reverse

from crm.models import User
from records.access import Checker
from records.models import Batch, CustomerGroupGrant, CustomerUserGrant, FollowUpUserGrant, Notice
from records.models.access import VIEW
from records.refusals import Refused
from records.services import grants
from records.services.grant_batches import MOST, grant_many, revoke_many, standing_of, widened
from records.services.grants import Terms
from tests import cast as make
from tests.beside import together
from tests.cast import NOW, clock, days

HISTORY = CustomerUserGrant.history.model


@pytest.fixture
def customers(cast):
    return [make.customer(cast.owner, name=f"Plain {n}") for n in range(3)]


@pytest.fixture
def key(cast):
    return make.customer(cast.owner, importance="key", name="Kestrel")


def give(records, to, by, token="one", extend=False, why="Trade fair", clock=clock, **terms):
    terms = Terms(**{"until": NOW + days(5), "days_back": 10} | terms)
    about = {"why": why, "by": by, "channel": "web", "clock": clock, "token": token, "extend": extend}
    return grant_many(records=records, to=to, terms=terms, **about)


def take(batch, by, why="Over", clock=clock):
    return revoke_many(batch=batch, why=why, by=by, channel="web", clock=clock)


def refused(code):
    return pytest.raises(Refused, match=code)


# ---- the service ----


def test_one_batch_with_its_id_on_every_row(cast, customers):
    done = give(customers, cast.colleague, cast.manager)
    assert (done.batch.kind, done.batch.count, done.batch.by, done.refused) == ("grants", 3, cast.manager, {})
    rows = list(HISTORY.objects.values_list("history_type", "batch", "actor_name", "history_change_reason"))
    assert rows == [("+", done.batch.pk, "Manager", "Trade fair")] * 3
    grant = CustomerUserGrant.objects.filter(content_object=customers[0]).get()
    assert (grant.days_back, grant.until, grant.granted_by, grant.version) == (10, NOW + days(5), cast.manager, 1)
    assert Checker(cast.colleague, NOW).has_perm("change_customer_entry_time", customers[2])


def test_records_that_may_not_be_granted_on_are_left_out_and_told(cast, customers, key):
    done = give([*customers, key], cast.colleague, cast.manager)
    assert (done.batch.count, done.refused) == (3, {"grant_right": 1})
    with refused("grant_right"):
        give([key], cast.stranger, cast.manager, token="two")
    assert give([*customers, key], cast.stranger, cast.senior, token="three").refused == {}


def test_more_than_one_holds_is_left_out_where_it_is_more(cast, customers, key):
    done = give([*customers, key], cast.colleague, cast.manager, kind=VIEW, days_back=0)
    assert (done.batch.count, done.refused) == (4, {})
    with refused("grant_ceiling"):
        give(customers, cast.colleague, cast.manager, token="two", days_back=31)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"until": NOW}, "grant_end"),
        ({"until": None}, "grant_end"),
        ({"why": " "}, "why"),
        ({"days_back": -1}, "value"),
    ],
)
def test_what_is_wrong_with_the_terms_refuses_all(cast, customers, terms, code):
    with refused(code):
        give(customers, cast.colleague, cast.manager, **terms)
    assert not CustomerUserGrant.objects.exists()
    assert not Batch.objects.exists()


def test_to_oneself_to_ones_group_or_to_somebody_inactive_is_refused(cast, customers):
    for to, code in ((cast.manager, "grant_self"), (cast.east.group, "grant_self"), (cast.gone, "grant_holder")):
        with refused(code):
            give(customers, to, cast.manager)
    for by in (cast.owner, cast.auditor, cast.outsider):
        with refused("grant_right"):
            give(customers, cast.colleague, by)


def test_standing_grants_are_left_or_extended_and_never_narrowed(cast, customers):
    first, second, third = customers
    make.grant(first, cast.colleague, cast.manager, until=NOW + days(1), days_back=3)
    make.grant(second, cast.colleague, cast.manager, until=NOW + days(50), days_back=20)
    done = give(customers, cast.colleague, cast.manager)
    assert (done.batch.count, done.refused) == (1, {"grant_stands": 2})
    revoked = take(done.batch, cast.manager)
    assert revoked.batch.count == 1
    done = give(customers, cast.colleague, cast.manager, token="two", extend=True)
    assert (done.batch.count, done.batch.facts["extended"], done.refused) == (2, 1, {"grant_stands": 1})
    terms = {g.content_object_id: (g.until, g.days_back) for g in CustomerUserGrant.objects.all()}
    assert terms[first.pk] == (NOW + days(5), 10)
    assert terms[second.pk] == (NOW + days(50), 20)
    assert terms[third.pk] == (NOW + days(5), 10)
    assert HISTORY.objects.filter(batch=done.batch.pk, history_type="~").count() == 1


def test_extending_keeps_the_wider_end_and_window():
    standing = Terms(until=NOW + days(3), days_back=5, covers=True)
    wide = widened(standing, Terms(until=NOW + days(1), days_back=9))
    assert (wide.until, wide.days_back, wide.covers) == (NOW + days(3), 9, True)
    crossed = widened(standing, Terms(until=NOW + days(9), days_back=9, longest_move=2))
    assert (crossed.until, crossed.days_back, crossed.longest_move) == (NOW + days(9), 5, None)


def test_an_ended_grant_makes_room(cast, customers):
    make.grant(customers[0], cast.colleague, cast.manager, until=NOW + days(1))
    later = NOW + days(2)
    done = give(customers, cast.colleague, cast.manager, clock=lambda: later)
    assert (done.batch.count, CustomerUserGrant.objects.count()) == (3, 3)
    assert HISTORY.objects.filter(batch=done.batch.pk, history_type="-").count() == 1


def test_sent_twice_it_is_done_once(cast, customers):
    first = give(customers, cast.colleague, cast.manager)
    again = give(customers, cast.colleague, cast.manager)
    assert (again.batch.pk, again.repeated) == (first.batch.pk, True)
    assert (Batch.objects.count(), HISTORY.objects.count()) == (1, 3)
    assert not give(customers, cast.stranger, cast.senior, token="one").repeated  # somebody else's token


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_batch(cast, customers):
    def run():
        return give(customers, cast.colleague, cast.manager).batch.pk

    first, second = together(run, run)
    assert first == second
    assert (Batch.objects.count(), CustomerUserGrant.objects.count()) == (1, 3)


def test_roles_and_teams_and_other_types(cast, customers):
    assert give(customers, cast.west.group, cast.manager, covers=True).batch.facts["holder"] == "group"
    assert set(CustomerGroupGrant.objects.values_list("covers", flat=True)) == {True}
    calls = [make.follow_up(cast.owner, customers[0]) for _ in range(2)]
    give(calls, cast.stranger, cast.manager, token="two", covers=True)
    assert set(FollowUpUserGrant.objects.values_list("covers", flat=True)) == {False}


def test_too_many_and_none_are_refused(cast, customers):
    with refused("grant_none"):
        give([], cast.colleague, cast.manager)
    with refused("grant_many"):
        give(customers * MOST, cast.colleague, cast.manager)


def test_who_gets_many_is_told_once(cast):
    few = [make.customer(cast.owner) for _ in range(2)]
    give(few, cast.colleague, cast.manager)
    assert Notice.objects.filter(user=cast.colleague, kind="granted").count() == 2
    many = [make.customer(cast.owner) for _ in range(21)]
    give(many, cast.stranger, cast.manager, token="two")
    assert [n.words for n in Notice.objects.filter(user=cast.stranger)] == ["Trade fair (+20)"]


# ---- revoking as one ----


def test_revoking_ends_what_stands_unchanged_under_a_batch_of_its_own(cast, customers):
    batch = give(customers, cast.colleague, cast.manager).batch
    first, second, _third = CustomerUserGrant.objects.order_by("pk")
    grants.revoke(grant=first, why="No", by=cast.manager, channel="web", clock=clock)
    terms = Terms(until=NOW + days(2), days_back=10)
    grants.change_grant(
        grant=second, seen_version=1, terms=terms, why="Less", by=cast.manager, channel="web", clock=clock
    )
    done = take(batch, cast.senior)
    assert (done.batch.kind, done.batch.count, done.batch.facts["of"]) == ("grants_revoked", 1, batch.pk)
    row = HISTORY.objects.get(batch=done.batch.pk)
    assert (row.history_type, row.history_change_reason, row.actor_name) == ("-", "Over", "Senior")
    assert list(CustomerUserGrant.objects.values_list("pk", flat=True)) == [second.pk]
    with refused("batch_ended"):
        take(batch, cast.senior)


def test_a_manager_revokes_what_they_may_and_the_rest_stays(cast, customers, key):
    batch = give([*customers, key], cast.colleague, cast.senior).batch
    done = take(batch, cast.manager)
    assert (done.batch.count, done.refused) == (3, {"grant_right": 1})
    with refused("grant_right"):
        take(batch, cast.manager)
    with refused("why"):
        take(batch, cast.senior, why="")
    assert take(batch, cast.senior).batch.count == 1


def test_what_has_ended_by_itself_is_not_revoked(cast, customers):
    batch = give(customers, cast.colleague, cast.manager).batch
    assert standing_of(batch, NOW).count() == 3
    with refused("batch_ended"):
        take(batch, cast.manager, clock=lambda: NOW + days(5))


# ---- the pages ----


def page(kind="customer", **query):
    return reverse("records:access_many", args=[kind], query=query)


def shown(response):
    return " ".join(response.content.decode().split())


def typed(holder, **more):
    return {
        "to": f"user:{holder.pk}",
        "right": "redate",
        "until": "2026-03-31",
        "days_back": "10",
        "why": "Trade fair",
        "standing": "leave",
        "token": "t1",
    } | more


def seen(response):
    return response.context["form"]["seen"].value()


@pytest.mark.usefixtures("at_now")
def test_the_list_leads_to_it_with_its_filter(cast, sign_in, customers, key):
    text = shown(sign_in(cast.manager).get(reverse("records:customer_list", query={"view": "key", "sort": "name"})))
    assert f'href="{page(view="key")}"' in text
    for person in (cast.owner, cast.auditor):
        assert "Grant access to these" not in shown(sign_in(person).get(reverse("records:customer_list")))
        assert sign_in(person).get(page()).status_code == 403


@pytest.mark.usefixtures("at_now")
def test_looking_then_granting_then_the_batch_then_revoking_it(cast, sign_in, customers, key):
    client = sign_in(cast.manager)
    first = client.get(page())
    assert "4 records" in shown(first)
    assert "On 1 of them you may not grant anything" not in shown(first)  # sight of key records a manager may grant
    looked = client.post(page(), typed(cast.colleague))
    assert looked.status_code == 200
    assert "3 records are granted anew." in shown(looked)
    assert 'You may not grant this right on them. <span class="muted">Kestrel' in shown(looked)
    assert not CustomerUserGrant.objects.exists()
    done = client.post(page(), typed(cast.colleague, seen=seen(looked), confirmed="yes"))
    batch = Batch.objects.get()
    assert (done.status_code, done["Location"]) == (302, reverse("records:access_batch", args=[batch.pk]))
    again = client.post(page(), typed(cast.colleague, seen=seen(looked), confirmed="yes"))
    assert again["Location"] == done["Location"]
    assert (Batch.objects.count(), CustomerUserGrant.objects.count()) == (1, 3)
    text = shown(client.get(done["Location"]))
    assert "3 stand as they were given" in text
    assert "Change the entry time, 10 days back" in text
    revoke = reverse("records:access_batch_revoke", args=[batch.pk])
    assert "3 grants stand as the batch left them" in shown(client.get(revoke))
    assert client.post(revoke, {"why": ""}).status_code == 422
    ended = client.post(revoke, {"why": "Over"}, follow=True)
    assert "3 grants are revoked." in shown(ended)
    assert not CustomerUserGrant.objects.exists()
    assert "No grant of this batch stands as it left it." in shown(client.post(revoke, {"why": "x"}, follow=True))


@pytest.mark.usefixtures("at_now")
def test_the_filter_is_asked_again_and_a_list_that_changed_is_shown_first(cast, sign_in, customers):
    client, address = sign_in(cast.manager), page(q="Plain")
    looked = client.post(address, typed(cast.colleague))
    make.customer(cast.owner, name="Plain four")
    assert client.post(address, typed(cast.colleague, seen=seen(looked), confirmed="yes")).status_code == 409
    assert not CustomerUserGrant.objects.exists()
    looked = client.post(address, typed(cast.colleague))
    changed = typed(cast.colleague, seen=seen(looked), confirmed="yes", days_back="20")
    answer = client.post(address, changed)
    assert answer.status_code == 409
    assert "The list or the terms have changed since you looked." in shown(answer)
    assert client.post(address, changed | {"seen": seen(answer)}).status_code == 302
    assert CustomerUserGrant.objects.count() == 4


@pytest.mark.usefixtures("at_now")
def test_standing_grants_are_told_before(cast, sign_in, customers):
    make.grant(customers[0], cast.colleague, cast.manager, until=NOW + days(1), days_back=3)
    client = sign_in(cast.manager)
    assert "It is granted there already, and left as it is." in shown(client.post(page(), typed(cast.colleague)))
    assert "1 grant that stands is extended." in shown(client.post(page(), typed(cast.colleague, standing="extend")))


@pytest.mark.usefixtures("at_now")
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"to": ""}, "Choose a person, a role or a team."),
        ({"until": "2026-03-17"}, "Choose an end that lies ahead."),
        ({"why": " "}, "Write why."),
        ({"days_back": ""}, "Write how many days back"),
        ({"confirmed": "yes", "until": "soon"}, "Not a time."),
    ],
)
def test_what_is_wrong_is_said_at_the_field(cast, sign_in, customers, values, sentence):
    response = sign_in(cast.manager).post(page(), typed(cast.colleague, **values))
    assert response.status_code == 422
    assert sentence in shown(response)


@pytest.mark.usefixtures("at_now")
def test_lists_that_cannot_be_granted_on_say_why(cast, sign_in, customers, monkeypatch):
    client = sign_in(cast.manager)
    assert client.get(page(**{"from": "soon"})).status_code == 422
    assert "The list holds no record." in shown(client.get(page(q="nothing")))
    assert client.get(page("task")).status_code == 404
    assert client.post(page(q="nothing"), typed(cast.colleague)).status_code == 422
    monkeypatch.setattr("records.views.granting_many.MOST", 2)
    assert "The list holds more than" in shown(client.get(page()))
    assert client.post(page(), typed(cast.colleague)).status_code == 422


@pytest.mark.usefixtures("at_now")
def test_a_batch_is_seen_by_those_who_may_end_some_of_it(cast, sign_in, key):
    batch = give([key], cast.colleague, cast.senior).batch
    for name in ("access_batch", "access_batch_revoke"):
        address = reverse(f"records:{name}", args=[batch.pk])
        assert sign_in(cast.administrator).get(address).status_code == 200
        assert sign_in(cast.manager).get(address).status_code == 404
        assert sign_in(cast.owner).get(address).status_code == 403
    for who, number in (("administrator", 1), ("senior", 1), ("manager", 0)):
        page = shown(sign_in(getattr(cast, who)).get(reverse("records:access_batches")))
        assert page.count(reverse("records:access_batch", args=[batch.pk])) == number
    other = Batch.objects.create(kind="import", at=NOW, by=cast.senior, record_type="customer", title="x", count=1)
    assert sign_in(cast.senior).get(reverse("records:access_batch", args=[other.pk])).status_code == 404


def test_two_hundred_cost_as_many_statements_as_two(cast, django_assert_max_num_queries):
    many = [make.customer(cast.owner) for _ in range(60)]
    holder = User.objects.get(pk=cast.colleague.pk)
    with django_assert_max_num_queries(24):
        give(many, holder, cast.manager)
