"""The first start: a page that makes the first administrator, then never shows again."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from crm.models import User
from records.models import CompanyRules, TypeRule
from tests import cast as make

VALUES = {
    "username": "boss",
    "display_name": "沈嘉 Shen Jia",
    "email": "boss@yunqiao.example",
    "password": "a long enough one",
    "password2": "a long enough one",
    "company": "云桥商贸 Yunqiao Trading",
    "zone": "Asia/Shanghai",
    "language": "zh-hans",
    "owners_may": ["customer", "followup"],
}


def test_everything_in_one_go_then_it_is_closed(db):
    client = Client()
    assert client.get(reverse("setup")).status_code == 200
    answer = client.post(reverse("setup"), VALUES | {"is_superuser": "on", "roles": "auditor"})
    assert (answer.status_code, answer.url) == (302, reverse("setup_done"))
    person = User.objects.get()
    assert (person.username, person.language, person.zone, person.is_superuser) == ("boss", "zh-hans", "", False)
    assert person.has_perm("crm.manage_people")
    assert CompanyRules.objects.get().zone == "Asia/Shanghai"
    on = TypeRule.objects.filter(owners_may=True).order_by("record_type")
    assert [rule.record_type for rule in on] == ["customer", "followup"]
    assert set(Event.objects.values_list("kind", flat=True)) == {"person_added", "role_given", "signed_in"}
    page = client.get(answer.url)
    assert page.status_code == 200
    assert 'lang="zh-Hans"' in page.text
    for name in ("people", "teams", "roles", "records:customer_new"):
        assert reverse(name) in page.text
    for visitor in (client, Client()):
        assert visitor.get(reverse("setup")).status_code == 404
        assert visitor.post(reverse("setup"), VALUES | {"username": "second"}).status_code == 404
    assert User.objects.count() == 1


def test_the_owner_rules_are_off_unless_asked_for(db):
    Client().post(reverse("setup"), {name: value for name, value in VALUES.items() if name != "owners_may"})
    assert User.objects.exists()
    assert not TypeRule.objects.filter(owners_may=True).exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a@b"}, "username"),
        ({"username": "two words"}, "username"),
        ({"display_name": ""}, "display_name"),
        ({"email": ""}, "email"),
        ({"email": "none"}, "email"),
        ({"password": ""}, "password"),
        ({"password": "short", "password2": "short"}, "password"),
        ({"password": "123456789012", "password2": "123456789012"}, "password"),
        ({"password2": "another one, longer"}, "password2"),
        ({"company": ""}, "company"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"language": "tlh"}, "language"),
        ({"owners_may": ["invoice"]}, "owners_may"),
    ],
)
def test_a_wrong_field_gets_its_sentence_and_nothing_is_written(db, values, field):
    answer = Client().post(reverse("setup"), VALUES | values)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert "a long enough one" not in answer.text
    assert not User.objects.exists()
    assert CompanyRules.objects.get().name == ""


def test_the_sign_in_page_leads_to_it_only_while_nobody_is_administrator(db):
    make.person("lin", "sales")
    assert Client().get(reverse("account_login")).url == reverse("setup")
    make.person("admin", "administrator")
    assert Client().get(reverse("account_login")).status_code == 200


def test_a_deactivated_administrator_does_not_open_it_again(cast):
    User.objects.update(is_active=False)
    assert Client().get(reverse("setup")).status_code == 404


def test_somebody_quicker_sends_one_to_the_sign_in(db, monkeypatch):
    answers = iter([True, False, False, False])
    make.person("admin", "administrator")
    monkeypatch.setattr("crm.setup.needs_setup", lambda: next(answers))
    answer = Client().post(reverse("setup"), VALUES)
    assert (answer.status_code, answer.url) == (302, reverse("account_login"))
    assert Event.objects.get().what["codes"] == ["set_up_done"]
