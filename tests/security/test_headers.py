"""What goes along with pages and files: nothing is kept by caches or by the next person at the same desk."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from audit.models import Event
from crm.models import User
from tests import cast as make
from tests.cast import PASSWORD
from tests.records.importing.uploading import CSV, begun, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LOGIN = "/accounts/login/"
KEPT = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def answers(cast: make.Cast, sign_in: Any) -> dict[str, Any]:
    """Pages, parts of pages, answers to posts, and every kind of file."""
    customer = make.customer(cast.owner)
    manager, auditor = sign_in(cast.manager), sign_in(cast.auditor)
    draft = begun(manager, CSV)
    evidence = f"/evidence/customer/{customer.pk}/"
    picked = {"do": "csv", "pick": [customer.pk], "query": ""}
    return {
        "page": manager.get(f"/customers/{customer.pk}/"),
        "part": manager.get("/customers/suggest/?customer=Customer", headers={"HX-Request": "true"}),
        "not there": manager.get("/customers/999/"),
        "not allowed": manager.get("/trail/"),
        "redirect": manager.post("/bulk/customer/new/", {"do": "entry_time", "query": ""}),
        "list as csv": manager.post("/bulk/customer/new/", picked),
        "list as xlsx": manager.post("/bulk/customer/new/", picked | {"do": "xlsx"}),
        "template": manager.get("/import/template/customer/"),
        "faulty rows": manager.get(page(draft, "faulty")),
        "trail": auditor.post("/trail/export/", {"format": "csv", "query": ""}),
        "evidence": auditor.post(evidence),
    }


def test_nothing_is_cached_sniffed_framed_or_told_to_others(cast, sign_in):
    for what, response in answers(cast, sign_in).items():
        assert {name: response.headers.get(name) for name in KEPT} == KEPT, what
        assert "default-src 'none'" in response.headers["Content-Security-Policy"], what
        if "Content-Disposition" in response.headers:
            assert response.headers["Content-Disposition"].startswith("attachment"), what


def test_cookies_are_not_for_scripts_nor_for_other_sites(cast):
    client = Client()
    client.post(LOGIN, {"login": "owner", "password": PASSWORD})
    session = client.cookies["sessionid"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")


def test_signing_in_gives_another_session(cast):
    client = Client()
    client.get(LOGIN)
    client.cookies["sessionid"] = "a" * 32  # put there by somebody who knows it
    client.post(LOGIN, {"login": "owner", "password": PASSWORD})
    assert client.cookies["sessionid"].value != "a" * 32


def test_what_one_was_about_to_be_told_is_not_told_to_the_next(cast, sign_in):
    customer = make.customer(cast.owner, name="Zeppelin")
    client = sign_in(cast.owner)
    said = {"do": "entry_time", "query": "", "pick": [customer.pk]}
    bulk = client.post("/bulk/customer/new/", said).url
    client.post(f"{bulk}apply/", {"do": "all", "step": "x"})  # its toast is never fetched
    client.post("/accounts/logout/")
    client.post(LOGIN, {"login": "colleague", "password": PASSWORD})
    assert "Look at the rows again" not in client.get("/help/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_signing_in_leads_nowhere_else(cast, elsewhere):
    response = Client().post(LOGIN, {"login": "owner", "password": PASSWORD, "next": elsewhere})
    assert response.status_code == 302
    assert response.url == "/"


def test_the_address_is_the_one_that_our_proxies_vouch_for(cast):
    Client().post(LOGIN, {"login": "owner", "password": PASSWORD}, headers={"X-Forwarded-For": "6.6.6.6"})
    assert Event.objects.get(kind="signed_in").remote_addr == "127.0.0.1"


def test_a_new_password_is_offered_to_who_may_sign_in_and_by_our_own_host(cast):
    cache.clear()
    reset = "/accounts/password/reset/"
    for name, host in (("gone", "testserver"), ("owner", "evil.example")):
        Client().post(reset, {"email": f"{name}@redate.example"}, headers={"Host": host})
    assert mail.outbox == []
    User.objects.filter(username="owner").update(is_active=True)
    Client().post(reset, {"email": "owner@redate.example"}, headers={"X-Forwarded-Host": "evil.example"})
    assert re.findall(r"http://([^/\s]+)", mail.outbox[0].body) == ["testserver"]
