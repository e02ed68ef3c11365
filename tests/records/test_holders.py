"""Choosing people, roles and teams by typing: on every form and filter, with thousands of them, with no script."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.models import User
from records.models import BulkChange, FollowUp, PeriodException
from tests import cast as make
from tests.cast import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
ZH = {"HTTP_ACCEPT_LANGUAGE": "zh-hans"}


@pytest.fixture
def crowd(cast):
    """Two thousand more."""
    people = [User(username=f"p{n}", display_name=f"Person {n}", email=f"p{n}@redate.example") for n in range(2000)]
    User.objects.bulk_create(people)


def text(response):
    return response.content.decode()


def suggest(client, of, typed, **more):
    return text(client.get("/people/suggest/", {"of": of, "name": "to", "to": typed}, **more))


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def assign(client, call, owner, **more):
    return client.post(f"/follow-ups/{call.pk}/assign/", {"version": 1, "why": "Leaves", "owner": owner}, **more)


@pytest.mark.parametrize("typed", ["Colleague (colleague)", "colleague", "COLLEAGUE", " Colleague ", "x （colleague）"])
def test_a_person_is_known_by_what_people_type(cast, sign_in, call, typed):
    assert assign(sign_in(cast.manager), call, typed).status_code == 302
    assert FollowUp.objects.get().owner == cast.colleague


def test_namesakes_are_told_apart(cast, sign_in, call):
    twin = make.person("twin", "sales")
    twin.display_name = "Colleague"
    twin.save()
    answer = assign(sign_in(cast.manager), call, "Colleague", **ZH)
    assert answer.status_code == 422
    for each in ("Colleague (colleague)", "Colleague (twin)", 'value="Colleague"'):
        assert each in text(answer)
    said = text(assign(sign_in(cast.manager), call, "Colleague"))
    assert "More than one is called Colleague. Write which one: Colleague (colleague)" in said
    assert assign(sign_in(cast.manager), call, "Colleague (twin)").status_code == 302
    assert FollowUp.objects.get().owner == twin


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Coll", "Nobody here is called Coll. Close to it: Colleague (colleague)."),
        ("Zzz", "Nobody here is called Zzz. Write a name, or the name for signing in."),
        ("Gone", "Nobody here is called Gone."),  # has left
        ("Auditor", "Nobody here is called Auditor."),  # may own nothing
        ("Owner", "Choose one of the list."),  # has it already
        ("", "Choose one of the list."),
        ("9" * 40, "Choose one of the list."),
        ("x" * 300, "at most 240 characters"),
    ],
)
def test_who_is_not_meant_is_said_and_nothing_is_written(cast, sign_in, call, typed, said):
    answer = assign(sign_in(cast.manager), call, typed)
    assert (answer.status_code, said in text(answer)) == (422, True), said
    assert FollowUp.history.count() == 1


def test_roles_and_teams_are_called_by_name_in_both_languages(cast, sign_in):
    client = sign_in(cast.administrator)
    assert "Sales (role)" in suggest(client, "holders", "sal")
    assert "East (team)" in suggest(client, "holders", "east")
    given = {"record_type": "followup", "until": "2026-03-31", "why": "The fair"}
    for typed in ("East (team)", "west"):
        assert client.post("/rules/exceptions/new/", given | {"to": typed}).status_code == 302
    assert {str(each.group.team) for each in PeriodException.objects.all()} == {"East", "West"}
    chinese = suggest(client, "holders", "销售", **ZH)
    assert "销售" in chinese


def test_every_form_has_the_same_picker(cast, sign_in, call):
    client = sign_in(cast.administrator)
    client.post("/bulk/followup/new/", {"do": "owner", "pick": [call.pk], "query": ""})
    bulk = BulkChange.objects.get()
    for address, name, of in (
        (f"/follow-ups/{call.pk}/assign/", "owner", "owners"),
        ("/follow-ups/new/", "owner", "owners"),
        (f"/bulk/{bulk.pk}/", "owner", "owners"),
        (f"/follow-ups/{call.pk}/access/", "to", "holders"),
        ("/rules/exceptions/new/", "to", "holders"),
        ("/rules/notices/", "to", "everybody"),
        (f"/follow-ups/{call.pk}/behalf/", "asker", "others"),
        ("/access/", "who", "listed"),
        ("/access/person/", "person", "listed_people"),
        ("/access/check/", "person", "listed_people"),
    ):
        shown = text(client.get(address))
        assert f'hx-get="/people/suggest/?of={of}&amp;name={name}"' in shown, address
        assert 'hx-select="unset"' in shown  # a list would look for its rows in the answer, and take the datalist away
        assert f'name="{name}"' in shown
        assert "<datalist" in shown


@pytest.mark.parametrize(
    ("of", "absent"),
    [
        ("owners", ["Auditor", "Gone", "Outsider"]),
        ("holders", ["Gone", "Administrator (administrator)", "Administrators (role)"]),
        ("others", ["Gone", "Administrator (", "(role)"]),
        ("everybody", ["Gone"]),
        ("listed_people", ["Gone", "(team)"]),
    ],
)
def test_nobody_who_left_and_nobody_out_of_place_is_suggested(cast, sign_in, of, absent):
    client = sign_in(cast.administrator)
    found = "".join(suggest(client, of, typed) for typed in ("", "o", "a", "gone", "administrator", "auditor"))
    assert "Owner (owner)" in found
    assert [name for name in absent if name in found] == []


def test_the_suggestions_know_no_other_circle(cast, sign_in):
    client = sign_in(cast.owner)
    assert client.get("/people/suggest/?of=secrets").status_code == 404
    assert client.get("/people/suggest/?of=owners").status_code == 200
    assert client.get("/people/suggest/?of=owners&name=to&to=%25_").status_code == 200
    for wrong in ("customers/?owner=", "customers/?part_of=", "people/suggest/?of=owners&name=to&to="):
        assert client.get(f"/{wrong}%00x").status_code == 400


# ---- thousands ----


def cost(client, address):
    with CaptureQueriesContext(connection) as queries:
        shown = text(client.get(address))
    return len(queries), shown


ADDRESSES = (
    "/people/suggest/?of=holders&name=to&to=person",
    "/customers/",
    "/customers/?owner=owner",
    "/access/",
    "/access/person/",
    "/rules/exceptions/new/",
    "/rules/notices/",
    "/follow-ups/new/",
)


def test_two_thousand_cost_no_more_queries_and_make_no_page_longer(cast, sign_in, call):
    client = sign_in(cast.administrator)
    before = {address: cost(client, address) for address in ADDRESSES}
    User.objects.bulk_create(
        User(username=f"p{n}", display_name=f"Person {n}", email=f"p{n}@x.cn") for n in range(2000)
    )
    for address, (queries, shown) in before.items():
        now, longer = cost(client, address)
        assert now <= queries + (address == "/customers/?owner=owner"), address
        assert len(longer) < len(shown) + 2_000, address
        assert longer.count("Person 1") <= 10, address


def test_the_owner_filter_of_thousands_is_typed(cast, sign_in, call, crowd):
    other = make.follow_up(cast.colleague, call.customer, summary="Other call")
    client = sign_in(cast.owner)
    for asked in ("owner", "Owner (owner)", cast.owner.pk):
        shown = text(client.get("/follow-ups/", {"owner": ["", asked]}, **ZH))
        assert call.summary in shown
        assert other.summary not in shown
        assert f'name="owner" value="{cast.owner.pk}" checked' in shown
        assert 'list="f-owner-list"' in shown
    both = text(client.get("/follow-ups/", {"owner": ["owner", cast.colleague.pk]}))
    assert (call.summary in both, other.summary in both, "Owner <b>2</b>" in both) == (True, True, True)
    nobody = client.get("/follow-ups/", {"owner": "Nobody at all"})
    assert nobody.status_code == 422
    assert "is not offered here" in text(nobody)


def test_who_has_left_is_still_found_by_a_filter(cast, sign_in, crowd):
    client = sign_in(cast.administrator)
    assert "Gone" in text(client.get("/access/person/", {"person": "gone"}))
    assert 'value="Gone (gone)"' in text(client.get("/access/person/", {"person": cast.gone.pk}))
    assert client.get("/customers/", {"owner": cast.gone.pk}).status_code == 200
    make.grant(make.customer(cast.owner), cast.colleague, cast.manager, until=NOW + make.days(1))
    for who in ("Colleague (colleague)", f"user:{cast.colleague.pk}"):
        shown = text(client.get("/access/", {"who": who}))
        assert 'value="Colleague (colleague)"' in shown
    assert client.get("/access/", {"who": "Nobody"}).status_code == 422
