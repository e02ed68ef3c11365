"""The pages for administrators: who gets in, what each form does, and what no form can do."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Event
from crm.models import Role, User
from tests import cast as make

ADDRESSES = ("people", "person_new", "roles", "teams", "team_new")
NEW = {
    "display_name": "林悦 Lin Yue",
    "username": "lin",
    "email": "lin@yunqiao.example",
    "roles": ["sales"],
    "first": "set",
    "password": "a long enough one",
    "note": "Starts on Monday.",
}


def addresses(cast):
    found = [reverse(name) for name in ADDRESSES]
    found += [reverse(name, args=[cast.owner.pk]) for name in ("person", "person_deactivate")]
    found += [reverse("person_activate", args=[cast.gone.pk]), reverse("role", args=["sales"])]
    return [*found, reverse("team", args=[cast.east.pk])]


@pytest.fixture
def admin(cast, sign_in):
    return sign_in(cast.administrator)


def posted(person, **values):
    page = {
        "display_name": person.display_name,
        "email": person.email,
        "roles": [role.key for role in Role.objects.filter(group__user=person)],
        "team": person.team_id or "",
        "note": "As agreed.",
    }
    return page | values


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_administrators_get_in(cast, admin, language):
    admin.cookies["django_language"] = language
    for address in addresses(cast):
        assert admin.get(address).status_code == 200, address


@pytest.mark.parametrize("name", ["owner", "manager", "senior", "auditor", "outsider"])
def test_others_are_told_who_may_and_change_nothing(cast, sign_in, name):
    client = sign_in(getattr(cast, name))
    for address in addresses(cast):
        for answer in (
            client.get(address),
            client.post(address, NEW | {"name": "North", "name_en": "A", "name_zh": "B"}),
        ):
            assert answer.status_code in (403, 405), address
    answer = client.get(reverse("people"))
    assert "for administrators" in answer.text
    assert "Administrator" in answer.text
    assert not Event.objects.exists()


def test_visitors_sign_in_first(cast):
    for address in addresses(cast):
        assert Client().get(address).status_code == 302


@pytest.mark.parametrize("name", ["person", "person_deactivate", "person_activate", "team"])
@pytest.mark.parametrize("pk", [0, 424242, 10**30])
def test_who_does_not_exist_is_not_found(cast, admin, name, pk):
    assert admin.get(reverse(name, args=[pk])).status_code == 404


def test_the_list_shows_everybody_with_role_and_team(cast, admin):
    answer = admin.get(reverse("people"))
    for person in cast.everybody():
        assert person.username in answer.text
    assert "10 people, 9 of them active" in answer.text
    assert "Senior sales manager" in answer.text


def names(answer):
    return [person.username for person in answer.context["people"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=OWN", ["owner"]),
        ("q=stranger@redate", ["stranger"]),
        ("role=sales", ["colleague", "owner", "stranger"]),
        ("role=sales&role=auditor&active=yes", ["colleague", "owner", "stranger", "auditor"]),
        ("role=sales_manager", ["manager", "gone"]),
        ("role=sales_manager&active=yes", ["manager"]),
        ("role=nonsense", []),
        ("team=x&team=²", None),
        ("team=99999999999999999", []),
    ],
)
def test_filters(cast, admin, query, expected):
    answer = admin.get(f"{reverse('people')}?{query}")
    assert answer.status_code == 200
    assert expected is None or names(answer) == expected


def test_the_team_filter(cast, admin):
    answer = admin.get(f"{reverse('people')}?team={cast.west.pk}")
    assert names(answer) == ["stranger"]


def test_the_list_costs_the_same_for_many(cast, admin):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert admin.get(reverse("people")).status_code == 200
        return len(queries)

    few = cost()
    for number in range(30):
        make.person(f"sales{number}", "sales", cast.east)
    assert cost() == few <= 11


# ---- adding ----


def test_a_person_is_added_with_a_password_and_signs_in(cast, admin):
    answer = admin.post(reverse("person_new"), NEW | {"team": cast.east.pk})
    person = User.objects.get(username="lin")
    assert (answer.status_code, answer.url) == (302, reverse("person", args=[person.pk]))
    assert (person.team, person.display_name, person.is_superuser, person.is_staff) == (
        cast.east,
        "林悦 Lin Yue",
        False,
        False,
    )
    assert Event.objects.get(kind="person_added").actor_id == cast.administrator.pk
    assert not mail.outbox
    client = Client()
    client.post(reverse("account_login"), {"login": "lin", "password": NEW["password"]})
    assert client.get(reverse("profile")).status_code == 200


def test_by_mail_a_person_gets_a_link_that_sets_a_password(cast, admin):
    admin.post(reverse("person_new"), NEW | {"first": "mail", "password": "ignored"})
    person = User.objects.get(username="lin")
    assert not person.has_usable_password()
    [sent] = mail.outbox
    assert sent.to == ["lin@yunqiao.example"]
    assert "lin" in sent.body
    link = next(word for word in sent.body.split() if "/password/reset/key/" in word)
    client = Client()
    form = client.get(link.replace("http://testserver", ""), follow=True)
    address = form.redirect_chain[-1][0]
    client.post(address, {"password1": "one of my own 77", "password2": "one of my own 77"})
    assert User.objects.get(username="lin").check_password("one of my own 77")


def test_where_no_mail_goes_out_the_person_is_there_all_the_same(cast, admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = admin.post(reverse("person_new"), NEW | {"first": "mail"}, follow=True)
    assert answer.status_code == 200
    assert "mail could not be sent" in answer.text
    assert User.objects.filter(username="lin").exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "OWNER"}, "username"),
        ({"username": "lin@home"}, "username"),
        ({"username": "two words"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"email": ""}, "email"),
        ({"email": "none"}, "email"),
        ({"email": "Owner@redate.example"}, "email"),
        ({"display_name": " "}, "display_name"),
        ({"password": "short"}, "password"),
        ({"password": ""}, "password"),
        ({"first": "x"}, "first"),
        ({"roles": ["boss"]}, "roles"),
        ({"team": "4711"}, "team"),
        ({"note": ""}, "note"),
    ],
)
def test_a_wrong_field_gets_its_sentence_and_the_typed_values_stay(cast, admin, values, field):
    answer = admin.post(reverse("person_new"), NEW | values)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    if field != "display_name":
        assert "林悦 Lin Yue" in answer.text
    assert "a long enough one" not in answer.text
    assert not User.objects.filter(email="lin@yunqiao.example").exists()


def test_extra_fields_change_nothing(cast, admin):
    extra = {"is_superuser": "on", "is_staff": "on", "is_active": "", "groups": "1", "user_permissions": "1", "id": "1"}
    admin.post(reverse("person_new"), NEW | extra)
    added = User.objects.get(username="lin")
    before = User.objects.get(pk=cast.owner.pk)
    extra |= {"password": "hijacked password", "username": "changed"}
    admin.post(reverse("person", args=[cast.owner.pk]), posted(cast.owner, display_name="Lin", **extra))
    after = User.objects.get(pk=cast.owner.pk)
    assert (after.display_name, after.username, after.password) == ("Lin", before.username, before.password)
    for person in (added, after):
        assert (person.is_superuser, person.is_staff, person.is_active) == (False, False, True)
        assert not person.user_permissions.exists()


# ---- changing ----


def test_roles_and_team_change_at_once_for_the_person(cast, admin, sign_in):
    owner = sign_in(cast.owner)
    assert owner.get(reverse("people")).status_code == 403
    answer = admin.post(
        reverse("person", args=[cast.owner.pk]), posted(cast.owner, roles=["administrator"], team=cast.west.pk)
    )
    assert answer.status_code == 302
    assert owner.get(reverse("people")).status_code == 200
    assert set(Event.objects.values_list("kind", flat=True)) == {"role_given", "role_taken", "team_changed"}
    page = admin.get(reverse("person", args=[cast.owner.pk]))
    assert "Role given: Administrator" in page.text
    assert "As agreed." in page.text


def test_saving_what_stands_already_writes_nothing(cast, admin):
    answer = admin.post(reverse("person", args=[cast.owner.pk]), posted(cast.owner), follow=True)
    assert "Nothing was changed." in answer.text
    assert not Event.objects.exists()


def test_a_page_that_is_out_of_date_is_refused(cast, admin):
    address = reverse("person", args=[cast.owner.pk])
    seen = admin.get(address).context["form"]["seen"].value()
    admin.post(address, posted(cast.owner, roles=["auditor"], seen=seen))
    answer = admin.post(address, posted(cast.owner, roles=["sales"], seen=seen))
    assert answer.status_code == 422
    assert "meanwhile" in answer.text
    assert [role.key for role in Role.objects.filter(group__user=cast.owner)] == ["auditor"]


def test_the_last_administrator_is_told_at_the_roles(cast, admin):
    User.objects.filter(pk=cast.root.pk).update(is_active=False)
    answer = admin.post(reverse("person", args=[cast.administrator.pk]), posted(cast.administrator, roles=["sales"]))
    assert answer.status_code == 422
    assert "last active administrator" in str(answer.context["form"].errors["roles"])


# ---- deactivating ----


def test_a_deactivated_person_is_out_at_once_and_may_nothing(cast, admin, sign_in):
    record = make.customer(cast.owner)
    owner = sign_in(cast.owner)
    assert owner.get(reverse("profile")).status_code == 200
    page = admin.get(reverse("person_deactivate", args=[cast.owner.pk]))
    assert "1 customer" in page.text
    answer = admin.post(reverse("person_deactivate", args=[cast.owner.pk]), {"note": "Left."})
    assert answer.status_code == 302
    assert owner.get(reverse("profile")).status_code == 302
    gone = User.objects.get(pk=cast.owner.pk)
    assert not gone.has_perm("records.view_customer", record)
    assert not gone.has_perm("records.change_customer_entry_time", record)
    assert not gone.has_perm("records.add_customer")
    admin.post(reverse("person_activate", args=[cast.owner.pk]), {"note": "Back."})
    assert owner.get(reverse("profile")).status_code == 302  # the old session stays ended
    back = User.objects.get(pk=cast.owner.pk)
    assert back.has_perm("records.change_customer_entry_time", record)
    assert list(Event.objects.values_list("kind", flat=True)) == ["person_deactivated", "person_activated"]


@pytest.mark.parametrize("name", ["administrator", "owner"])
def test_oneself_and_without_a_reason_is_refused(cast, admin, name):
    person = getattr(cast, name)
    note = "x" if name == "administrator" else " "
    answer = admin.post(reverse("person_deactivate", args=[person.pk]), {"note": note})
    assert answer.status_code == 422
    assert User.objects.get(pk=person.pk).is_active


def test_other_sessions_stay(cast, admin, sign_in):
    colleague = sign_in(cast.colleague)
    admin.post(reverse("person_deactivate", args=[cast.owner.pk]), {"note": "Left."})
    assert colleague.get(reverse("profile")).status_code == 200
    assert admin.get(reverse("people")).status_code == 200


def test_posts_need_a_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.administrator, backend="crm.backends.SignInOnly")
    assert client.post(reverse("person_deactivate", args=[cast.owner.pk]), {"note": "x"}).status_code == 403
