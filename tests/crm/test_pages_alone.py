"""Pages outside the shell: sign-in, password, errors, probes, the language switch."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import path

from audit.models import Event
from crm import urls as site
from crm.errors import server_error
from crm.models import User
from tests.cast import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

LOGIN = "/accounts/login/"


def boom(request):
    raise RuntimeError("secret detail")


def locked(request):
    denied = PermissionDenied("It is a key account.")
    denied.helpers, denied.rule = ["王志强"], "Customers, key accounts"
    raise denied


urlpatterns = [path("boom/", boom), path("locked/", locked), *site.urlpatterns]
handler400, handler403 = site.handler400, site.handler403
handler404, handler500 = site.handler404, site.handler500


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


def sign_in_as(client, name, password=PASSWORD, **more):
    return client.post(LOGIN, {"login": name, "password": password, **more})


# ---- sign in ----


def test_sign_in_shows_a_form_and_no_demo_people(client, cast):
    page = client.get(LOGIN)
    assert page.status_code == 200
    assert b"Sign in" in page.content
    assert b"Demo sign-ins" not in page.content


def test_the_demo_shows_who_may_sign_in(client, cast, settings):
    settings.DEMO = True
    User.objects.filter(pk=cast.owner.pk).update(username="lin")
    assert b'data-sign-in-as="lin"' in client.get(LOGIN).content


def test_no_page_allows_inline_scripts_or_styles(client, cast):
    policy = client.get(LOGIN)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_no_page_holds_an_inline_script_or_style(client, cast):
    html = client.get(LOGIN).content.decode()
    assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", html)


def test_signing_in_by_name_or_by_mail_leaves_an_event(client, cast):
    for name in ("owner", "OWNER@redate.example"):
        answer = sign_in_as(client, name)
        assert (answer.status_code, answer.url) == (302, "/")
        client.logout()
    assert (
        list(Event.objects.filter(kind="signed_in").values_list("actor_name", "remote_addr"))
        == [("Owner", "127.0.0.1")] * 2
    )


def test_the_first_sign_in_keeps_the_zone_of_the_browser(client, cast):
    sign_in_as(client, "owner", zone="Europe/Berlin")
    cast.owner.refresh_from_db()
    assert cast.owner.zone == "Europe/Berlin"
    assert Event.objects.get(kind="person_changed").what == {"zone": ["", "Europe/Berlin"]}


def test_a_zone_set_to_the_companys_later_stays_so(client, cast):
    sign_in_as(client, "owner", zone="Europe/Berlin")
    User.objects.filter(pk=cast.owner.pk).update(zone="")
    client.logout()
    sign_in_as(client, "owner", zone="Europe/Berlin")
    cast.owner.refresh_from_db()
    assert cast.owner.zone == ""


def test_an_unknown_zone_is_left_out(client, cast):
    assert sign_in_as(client, "owner", zone="Mars/Olympus").status_code == 302
    cast.owner.refresh_from_db()
    assert cast.owner.zone == ""


def test_a_wrong_password_is_a_sentence_and_keeps_the_name(client, cast):
    page = sign_in_as(client, "owner", "wrong")
    assert "User name or password is wrong." in page.content.decode()
    assert 'value="owner"' in page.content.decode()
    event = Event.objects.get(kind="sign_in_failed")
    assert (event.actor_id, event.what) == (cast.owner.pk, {"why": "wrong password"})


def test_an_unknown_name_gets_the_same_sentence_and_what_was_typed_is_not_kept(client, cast):
    page = sign_in_as(client, "my secret password", "x")
    assert "User name or password is wrong." in page.content.decode()
    assert "secret" not in str(Event.objects.get(kind="sign_in_failed").__dict__)


def test_too_many_wrong_passwords_are_slowed_down(client, cast):
    pages = [sign_in_as(client, "owner", "wrong") for _ in range(6)]
    assert "Too many wrong passwords." in pages[-1].content.decode()
    assert client.get("/help/").status_code == 302


def test_too_many_posts_from_one_address_get_429(client, cast):
    answers = [client.post(LOGIN, {}) for _ in range(31)]
    assert answers[-1].status_code == 429
    assert "Wait five minutes" in answers[-1].content.decode()


def test_an_inactive_person_cannot_sign_in(client, cast):
    answer = sign_in_as(client, "gone")
    assert answer.url == "/accounts/inactive/"
    assert "not active" in client.get(answer.url).content.decode()
    assert "_auth_user_id" not in client.session
    assert Event.objects.get(kind="sign_in_failed").what == {"why": "inactive"}


def test_a_session_ends_when_its_person_is_deactivated(cast, sign_in):
    client = sign_in(cast.owner)
    User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    assert client.get("/help/").url == "/accounts/login/?next=/help/"


def test_htmx_reloads_the_page_when_the_session_has_ended(client, cast):
    answer = client.get("/help/", headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"


def test_signing_out_asks_on_a_link_and_leaves_an_event_on_a_post(cast, sign_in):
    client = sign_in(cast.owner)
    assert "You are signed in as Owner" in client.get("/accounts/logout/").content.decode()
    assert client.post("/accounts/logout/").status_code == 302
    assert Event.objects.get(kind="signed_out").actor_name == "Owner"


@pytest.mark.parametrize(
    "page", ["signup/", "email/", "confirm-email/", "password/set/", "login/code/", "reauthenticate/", "3rdparty/", ""]
)
def test_nobody_signs_up_or_manages_mails(client, cast, page):
    assert client.get(f"/accounts/{page}").status_code == 404


# ---- password ----


def test_a_forgotten_password_is_set_by_a_link(client, cast):
    client.post("/accounts/password/reset/", {"email": "owner@redate.example"})
    (message,) = mail.outbox
    assert message.subject == "[Redate] Reset your password"
    link = re.search(r"http://testserver(\S+)", message.body)[1]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    new = "another horse battery"
    assert client.post(form, {"password1": new, "password2": new}).url == "/accounts/password/reset/key/done/"
    assert "does not work any more" in client.get(link).content.decode()
    assert sign_in_as(client, "owner", new).status_code == 302
    assert Event.objects.get(kind="password_changed").actor_name == "Owner"


def test_an_unknown_mail_gets_the_same_answer_and_no_mail(client, cast):
    answers = [
        client.post("/accounts/password/reset/", {"email": who}) for who in ("owner@redate.example", "nobody@x.example")
    ]
    assert answers[0].url == answers[1].url
    assert len(mail.outbox) == 1


def test_changing_the_password_ends_the_other_sessions(cast, sign_in):
    here, there = sign_in(cast.owner), sign_in(cast.owner)
    new = "another horse battery"
    typed = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/accounts/password/change/", typed).status_code == 302
    assert here.get("/help/").status_code == 200
    assert there.get("/help/").status_code == 302


# ---- errors ----


def test_a_refusal_says_why_and_who_can(cast, sign_in):
    page = sign_in(cast.owner).get("/locked/")
    html = page.content.decode()
    assert page.status_code == 403
    assert "It is a key account." in html
    assert "Customers, key accounts" in html
    assert '<span lang="zh-Hans">王志强</span>' in html


def test_a_refusal_leads_back_to_our_pages_only(cast, sign_in):
    client = sign_in(cast.owner)
    ours = client.get("/locked/", headers={"Referer": "http://testserver/help/"})
    theirs = client.get("/locked/", headers={"Referer": "https://elsewhere.example/"})
    assert b'href="http://testserver/help/"' in ours.content
    assert b"elsewhere" not in theirs.content


def test_a_missing_page_says_nothing_of_records(client, cast, sign_in):
    for visitor in (client, sign_in(cast.owner)):
        page = visitor.get("/nothing/here/")
        assert page.status_code == 404
        assert "There is no page here" in page.content.decode()


def test_a_failure_shows_a_reference_that_is_in_the_log_and_no_detail(cast, sign_in, caplog):
    client = sign_in(cast.owner)
    client.raise_request_exception = False
    page = client.get("/boom/")
    reference = re.search(r"rd-[0-9a-f]{4}-\d{8}-\d{4}", page.content.decode())[0]
    assert page.status_code == 500
    assert b"secret detail" not in page.content
    assert reference in caplog.text


def test_a_failure_page_makes_no_query(cast, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert server_error(RequestFactory().post("/boom/")).status_code == 500


def test_a_strange_host_gets_400(client, cast):
    assert client.get(LOGIN, headers={"Host": "evil.example"}).status_code == 400


def test_a_form_without_its_token_is_refused_with_a_sentence(cast):
    page = Client(enforce_csrf_checks=True).post(LOGIN, {"login": "owner", "password": PASSWORD})
    assert page.status_code == 403
    assert "too old to be sent" in page.content.decode()


# ---- language, probes ----


def test_the_language_is_kept_for_browser_and_person(cast, sign_in):
    client = sign_in(cast.owner)
    assert client.post("/language/", {"language": "zh-hans", "next": "/help/"}).url == "/help/"
    cast.owner.refresh_from_db()
    assert cast.owner.language == "zh-hans"
    assert client.cookies["django_language"].value == "zh-hans"
    assert b'<html lang="zh-Hans"' in client.get("/help/").content


def test_the_persons_language_holds_until_this_browser_chose_one(cast, sign_in):
    User.objects.filter(pk=cast.owner.pk).update(language="zh-hans")
    client = sign_in(cast.owner)
    assert b'<html lang="zh-Hans"' in client.get("/help/").content
    client.cookies["django_language"] = "en"
    assert b'<html lang="en"' in client.get("/help/").content


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_the_language_switch_leads_nowhere_else(client, cast, elsewhere):
    assert client.post("/language/", {"language": "en", "next": elsewhere}).url == "/"


def test_a_language_that_is_not_offered_is_refused(client, cast):
    assert client.post("/language/", {"language": "fr"}).status_code == 400
    assert client.get("/language/").status_code == 405


def test_probes_answer_without_signing_in(client, cast, django_assert_num_queries):
    with django_assert_num_queries(0):
        alive = client.get("/livez")
    ready = client.get("/readyz")
    assert (alive.status_code, ready.status_code) == (200, 200)
    assert "no-store" in alive["Cache-Control"]
    assert "no-store" in ready["Cache-Control"]


def test_a_missing_cache_table_is_not_ready(client, cast, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "missing"}}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"the cache table is missing: createcachetable\n")


def test_a_theme_chosen_here_is_drawn_by_the_server(client, cast):
    client.cookies["theme"] = "dark"
    assert b'data-theme="dark"' in client.get(LOGIN).content
    client.cookies["theme"] = '"><script>'
    assert b'<html lang="en">' in client.get(LOGIN).content
