"""All tables, read-only: for administrators alone, nothing can be written, nothing secret leaves the database."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from audit.models import Seal
from crm.admin_site import MOST, FirstRows, site
from crm.models import Role, User
from records.models import Customer, ProofFile
from records.services.time_requests import ask
from tests import cast as make
from tests.audit import house
from tests.cast import NOW, clock, days

TABLES = sorted(model._meta.label_lower.replace(".", "_") for model in site._registry)
NAMES = [each.name for each in site.get_urls()]
NONE = 12345
POSTS = ("post", "put", "patch", "delete")


@pytest.fixture
def client(cast, sign_in):
    """An administrator, beside one row in every tracked table."""
    house.build(cast)
    return sign_in(cast.administrator)


def row_of(name):
    """A row of the page's table, if there is any; else an id that is none."""
    label = name.rpartition("_")[0]
    model = next(model for model in site._registry if model._meta.label_lower.replace(".", "_") == label)
    return model._base_manager.values_list("pk", flat=True).first() or NONE


def address(name):
    args = [row_of(name)] if name.endswith(("_change", "_history")) else []
    return reverse(f"admin:{name}", args=args)


def text(response):
    return response.content.decode()


def list_of(label):
    return reverse(f"admin:{label}_changelist")


def test_every_table_of_ours_is_there_and_sessions_are_not():
    apps = {model._meta.app_label for model in site._registry}
    assert apps == {"audit", "records", "crm", "auth"}
    assert len(TABLES) > 55
    assert "crm_user" in TABLES
    assert {name.split("_")[-1] for name in NAMES} == {"index", "changelist", "change", "history"}


def test_every_page_opens_for_an_administrator(client):
    wrong = {}
    for name in NAMES:
        status = client.get(address(name)).status_code
        expected = (
            404 if name.endswith("_change") and row_of(name) == 12345 else 302 if name.endswith("_history") else 200
        )
        if name.endswith("_history") and row_of(name) == 12345:
            expected = 404
        if status != expected:
            wrong[name] = (status, expected)
    assert not wrong


def test_nothing_can_be_posted_anywhere(client, cast):
    rows = {name: row_of(name) for name in NAMES if name.endswith("_change")}
    before = Customer.objects.values().get()
    for name in NAMES:
        for method in POSTS:
            data = {"name": "Mine", "action": "delete_selected", "post": "yes"}
            assert getattr(client, method)(address(name), data).status_code == 405
    assert Customer.objects.values().get() == before
    assert {name: row_of(name) for name in rows} == rows


def test_there_is_no_page_that_adds_deletes_or_signs_in(client):
    for path in ("login/", "logout/", "password_change/", "jsi18n/", "crm/user/add/", "crm/user/1/delete/", "r/1/1/"):
        assert client.get(f"/admin/{path}").status_code == 404
        assert client.post(f"/admin/{path}").status_code == 404


def test_no_page_opens_for_others(cast, sign_in):
    client = sign_in(cast.senior)
    assert {client.get(address(name)).status_code for name in NAMES} == {403}


@pytest.mark.parametrize("who", ["owner", "manager", "auditor", "outsider"])
def test_others_are_told_who_may(cast, sign_in, who):
    client = sign_in(getattr(cast, who))
    response = client.get("/admin/")
    assert "All tables are for administrators." in text(response)
    assert "Administrator" in text(response)
    assert client.post("/admin/crm/user/").status_code == 403


def test_a_superusers_mark_counts_for_nothing(cast, sign_in):
    marked = make.person("marked", "sales", is_superuser=True, is_staff=True)
    assert sign_in(marked).get("/admin/").status_code == 403
    assert sign_in(cast.root).get("/admin/").status_code == 200  # an administrator by role


def test_half_of_the_rights_is_not_enough(cast, sign_in):
    group = Group.objects.create(name="role:half")
    Role.objects.create(key="half", name_en="Half", name_zh="半", group=group)
    group.permissions.set(Permission.objects.filter(codename__in=("manage_people", "manage_rules", "view_trail")))
    half = make.person("half")
    half.groups.add(group)
    assert sign_in(half).get("/admin/").status_code == 403


def test_visitors_sign_in_on_our_page(db):
    response = Client().get("/admin/crm/user/")
    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/admin/crm/user/")


# ---- what is shown ----


def test_a_list_and_a_row(client, cast):
    customer = Customer.objects.get()
    html = text(client.get(list_of("records_customer")))
    for words in ("records_customer", customer.number, "owner_id", f"/admin/records/customer/{customer.pk}/change/"):
        assert words in html
    html = text(client.get(reverse("admin:records_customer_change", args=[customer.pk])))
    for words in ("original_entered_at", "2026-03-18 06:32:00+00:00", customer.name, str(cast.owner.pk)):
        assert words in html
    assert "<input" not in html.split("<main")[1]


def test_the_history_of_a_row_is_its_rows_in_the_trail(client):
    customer = Customer.objects.get()
    response = client.get(reverse("admin:records_customer_history", args=[customer.pk]), follow=True)
    assert response.redirect_chain == [(f"/admin/audit/historicalcustomer/?id={customer.pk}", 302)]
    assert len(response.context["rows"]) == customer.history.count()
    assert client.get("/admin/audit/historicalcustomer/?id=999").context["rows"] == []


def test_nothing_secret_is_shown_nor_read(client, cast):
    seal = Seal.objects.create(
        number=1, at=NOW, root="a" * 64, count=1, columns={}, head="b" * 64, mac="c" * 64, key_name="k"
    )
    wish = {"wanted": NOW - days(9), "why_code": "other", "words": "", "proof": ("card.txt", b"Hidden content")}
    ask(record=Customer.objects.get(), seen_version=1, by=cast.owner, channel="web", clock=clock, **wish)
    file = ProofFile.objects.get()
    pages = {
        "crm_user": (cast.owner.pk, User.objects.get(pk=cast.owner.pk).password, "password"),
        "audit_seal": (seal.pk, "c" * 64, "mac"),
        "records_prooffile": (file.pk, "Hidden content", "data"),
    }
    for label, (pk, secret, column) in pages.items():
        for where in (list_of(label), reverse(f"admin:{label}_change", args=[pk])):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                html = text(client.get(where))
            assert secret not in html
            read = [q["sql"] for q in queries if f'"{label}"."{column}"' in q["sql"]]
            assert [sql for sql in read if "unread" not in sql] == []  # the session reads who is signed in
        assert "not shown" in html


@pytest.mark.parametrize(
    "query",
    [
        "password__startswith=argon2",
        "password=x",
        "is_superuser=1",
        "groups__name=x",
        "logentry__id=1",
        "email__contains=a",
    ],
)
def test_no_column_can_be_guessed_at_in_the_address(client, query):
    assert client.get(f"{list_of('crm_user')}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["o=1", "o=-2.3", "all=", "p=99", "p=x", "_to_field=password", "_popup=1", "e=1"])
def test_odd_addresses_do_no_harm(client, query):
    assert client.get(f"{list_of('crm_user')}?{query}", follow=True).status_code in (200, 400)


def test_rows_are_found_by_id_and_number(client, cast):
    customer, label = Customer.objects.get(), list_of("records_customer")
    make.customer(cast.owner)
    for term in (customer.number, str(customer.pk)):
        assert len(client.get(label, {"q": term}).context["rows"]) == 1
    assert client.get(label, {"q": "\u0000x"}).status_code == 400
    for term in ("nothing", "9" * 30, "١", "%"):
        assert len(client.get(label, {"q": term}).context["rows"]) == 0
    assert len(client.get(list_of("crm_user"), {"q": "owner"}).context["rows"]) == 1


# ---- what it costs ----


def test_a_list_costs_the_same_for_many_rows_as_for_few(client, cast):
    def cost(label):
        with CaptureQueriesContext(connection) as queries:
            client.get(list_of(label))
        return [q["sql"] for q in queries]

    few = cost("records_customer")
    for _ in range(30):
        make.customer(cast.owner)
    many = cost("records_customer")
    assert len(many) == len(few) <= 8
    counts = [sql for sql in many if "COUNT(" in sql.upper() and '"records_customer"' in sql]
    assert counts
    assert all("LIMIT" in sql for sql in counts)
    assert not [sql for sql in many if "JOIN" in sql and 'FROM "records_customer"' in sql]


def test_paging_is_bounded(client, cast, monkeypatch):
    monkeypatch.setattr("crm.admin_site.MOST", 60)
    assert FirstRows(Permission.objects.all(), 50).count == 60
    assert MOST == 1000
    first = client.get(list_of("auth_permission"))
    assert len(first.context["rows"]) == 50
    assert first.context["older"] == "?p=2"
    assert "of the newest 1,000 rows" not in text(client.get(list_of("records_customer")))
    second = client.get(list_of("auth_permission") + "?p=2")
    assert (len(second.context["rows"]), second.context["older"]) == (10, "")


def test_a_small_link_leads_there(cast, sign_in):
    assert "All tables, read-only" in text(sign_in(cast.administrator).get("/people/"))
    assert "/admin/" not in text(sign_in(cast.owner).get("/"))


def test_the_site_holds_no_other_admin():
    prefixes = [str(each.pattern) for each in get_resolver().url_patterns if getattr(each, "app_name", "") == "admin"]
    assert prefixes == ["admin/"]
