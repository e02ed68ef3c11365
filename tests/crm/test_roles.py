"""Roles: what each may, and their names."""

from __future__ import annotations

from django.urls import reverse

from audit.models import Event
from crm.models import Role
from records.models import Window
from records.permissions import ROLES, SENTENCES
from tests.cast import set_rule


def test_the_list_says_how_far_each_may_go(cast, sign_in):
    facts = {each.role.key: each for each in sign_in(cast.administrator).get(reverse("roles")).context["roles"]}
    told = {key: (each.moves, each.ordinary, each.key) for key, each in facts.items()}
    assert told == {
        "sales": ("Own ordinary records", "7 days", "–"),
        "sales_manager": ("All ordinary records", "30 days", "–"),
        "senior_sales_manager": ("All records", "90 days", "90 days"),
        "administrator": ("All records", "No limit", "No limit"),
        "auditor": ("None", "–", "–"),
    }
    assert facts["sales"].people == 3
    window = Window.objects.get(role__key="sales", record_type="customer")
    set_rule(window, days_back=1)
    facts = {each.role.key: each for each in sign_in(cast.administrator).get(reverse("roles")).context["roles"]}
    assert facts["sales"].ordinary == "1 day"
    assert facts["sales"].summary == "Own ordinary records: up to 1 day back"


def test_a_role_says_every_sentence_it_may(cast, sign_in):
    client = sign_in(cast.administrator)
    for key, held in ROLES.items():
        said = {sentence for sentence, _types in client.get(reverse("role", args=[key])).context["sentences"]}
        assert said == {str(SENTENCES[name]) for name in held}


def test_a_role_is_renamed_in_both_languages(cast, sign_in):
    client = sign_in(cast.administrator)
    values = {"name_en": "Account manager", "name_zh": "客户经理", "note": "Our word."}
    answer = client.post(reverse("role", args=["sales"]), values | {"key": "administrator", "order": "9", "group": "1"})
    assert answer.status_code == 302
    role = Role.objects.get(key="sales")
    assert (role.name_en, role.name_zh, role.order) == ("Account manager", "客户经理", 0)
    assert Event.objects.get().kind == "role_renamed"
    assert "Account manager" in client.get(reverse("people")).text
    client.cookies["django_language"] = "zh-hans"
    assert "客户经理" in client.get(reverse("people")).text


def test_wrong_names_are_refused(cast, sign_in):
    client = sign_in(cast.administrator)
    for values in ({"name_en": ""}, {"name_en": "Auditor"}, {"name_zh": "x" * 61}, {"note": ""}):
        good = {"name_en": "Sales", "name_zh": "销售", "note": "x"}
        assert client.post(reverse("role", args=["sales"]), good | values).status_code == 422
    assert Role.objects.get(key="sales").name_en == "Sales"


def test_an_unknown_role_is_not_found(cast, sign_in):
    assert sign_in(cast.administrator).get(reverse("role", args=["boss"])).status_code == 404
