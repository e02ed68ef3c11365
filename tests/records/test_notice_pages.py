"""The page of notices, the bell, marking as read, and the page of who is told besides."""

from __future__ import annotations

import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Event
from crm.models import Role, User
from records.models import CompanyRules, Notice, NoticeRule
from records.services.entry_time import change_entry_time
from records.services.notices import tell
from tests import cast as make
from tests.audit import house
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PAGE = "/notices/"


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner, name="Kestrel"), summary="First call")


def say(record, to, number=1, at=NOW, **more):
    more = {"kind": "changed", "before": NOW - days(1), "after": NOW, "actor": None} | more
    with transaction.atomic():
        for _ in range(number):
            tell(record=record, at=at, to=to, **more)


def text(client, address=PAGE):
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def bell(client):
    return set(re.findall(r'aria-label="(Notices(?:, [^"]*)?)"', text(client, "/help/")))


# ---- the page ----


def test_a_change_stands_there_with_before_after_who_and_why(cast, call, sign_in):
    change_entry_time(
        record=call,
        seen_version=1,
        entered_at=NOW - days(2),
        reason="other",
        note="Wrong day",
        by=cast.manager,
        channel="web",
        clock=clock,
    )
    page = text(sign_in(cast.owner))
    link = f'<a href="/follow-ups/{call.pk}/" data-read="/notices/{Notice.objects.get().pk}/read/">'
    assert f'{link}<span class="vh">Unread: </span>Manager changed an entry time of yours</a>' in page
    assert '<time datetime="2026-03-16T14:32+08:00">2026-03-16 14:32</time>' in page
    assert "2 days earlier" in page
    assert "First call · Other · “Wrong day”" in page
    assert "Today</h2>" in page


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("asked", "Manager asks for a change of an entry time"),
        ("approved", "Your request was approved"),
        ("rejected", "Your request was rejected"),
        ("expired", "Your request expired"),
        ("overtaken", "Your request was overtaken: the record changed meanwhile"),
    ],
)
def test_what_became_of_a_request_leads_to_it(cast, call, sign_in, kind, sentence):
    request = house.request(call, asked_by=cast.colleague)
    say(call, [cast.colleague], kind=kind, actor=cast.manager, request=request)
    page = text(sign_in(cast.colleague))
    assert f"{sentence}</a>" in page
    assert f'href="{reverse("records:request_detail", args=[request.pk])}"' in page
    assert sentence in text(sign_in(cast.colleague), PAGE + "?show=requests")


def test_grants_say_until_when(cast, call, sign_in):
    given = make.grant(call, cast.colleague, cast.manager)
    page = text(sign_in(cast.colleague))
    assert "Manager granted you a right</a>" in page
    assert 'until <time datetime="2026-03-22T14:32+08:00">' in page
    assert given.why in page


def test_a_record_one_may_not_see_any_more_is_told_without_its_name(cast, call, sign_in):
    say(call, [cast.stranger], actor=cast.manager, words="Secret words")
    assert "First call" in text(sign_in(cast.stranger))
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    page = text(sign_in(cast.stranger))
    assert "A notice about a record you may not see" in page
    for part in ("First call", "Secret words", f"/follow-ups/{call.pk}/", "2026-03-17"):
        assert part not in page


def test_nobody_sees_somebody_elses(cast, call, sign_in):
    say(call, [cast.owner])
    assert "First call" not in text(sign_in(cast.manager))


def test_days_are_bands_of_the_reader(cast, call, sign_in):
    late = NOW.replace(hour=17)  # 01:00 of the next day in Shanghai
    say(call, [cast.owner], at=late - days(1))
    say(call, [cast.owner], at=late - days(2))
    assert re.findall(r'<h2 class="band">(.*?)</h2>', text(sign_in(cast.owner))) == [
        "Today",
        'Tuesday <time datetime="2026-03-17">2026-03-17</time>',
    ]
    User.objects.filter(pk=cast.owner.pk).update(zone="UTC")
    assert re.findall(r'<h2 class="band">(\w+)', text(sign_in(cast.owner))) == ["Tuesday", "Monday"]


def test_pages_by_key_there_and_back_show_each_once(cast, call, sign_in):
    for minute in range(70):
        say(call, [cast.owner], at=NOW - days(minute // 2 / 24), words=f"no. {minute}.")
    client, seen, address = sign_in(cast.owner), [], PAGE
    while address:
        page = text(client, address)
        seen += re.findall(r"no\. (\d+)\.", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = PAGE + older[1].replace("&amp;", "&") if older else ""
    assert seen == [str(n) for pair in range(35) for n in (2 * pair + 1, 2 * pair)]
    newer = re.search(r'rel="prev" href="([^"]+)"', page)
    assert len(re.findall(r"no\. \d+\.", text(client, PAGE + newer[1].replace("&amp;", "&")))) == 30


def test_the_number_of_queries_does_not_grow_with_the_rows(cast, call, sign_in):
    records = [call, call.customer, make.contract(cast.owner, call.customer)]
    client, counts = sign_in(cast.owner), []
    for number in (1, 30):
        for record in records:
            say(record, [cast.owner], number)
        with CaptureQueriesContext(connection) as queries:
            text(client)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8, counts


def test_nothing_yet(cast, sign_in):
    assert "Nothing yet" in text(sign_in(cast.outsider))
    assert "Nothing new" in text(sign_in(cast.outsider), PAGE + "?show=unread")


# ---- reading ----


def test_marking_one_takes_it_from_the_unread_and_comes_back(cast, call, sign_in):
    say(call, [cast.owner], 2)
    client, notice = sign_in(cast.owner), Notice.objects.first()
    answer = client.post(f"/notices/{notice.pk}/read/?show=unread")
    assert (answer.status_code, answer["Location"]) == (302, PAGE + "?show=unread")
    notice.refresh_from_db()
    assert notice.read_at == NOW
    assert text(client, PAGE + "?show=unread").count("First call") == 1
    assert text(client).count("First call") == 2


def test_marking_all_leaves_what_came_since_the_page_was_made(cast, call, sign_in):
    say(call, [cast.owner, cast.manager], 3)
    client = sign_in(cast.owner)
    newest = re.search(r'name="newest" value="(\d+)"', text(client))[1]
    say(call, [cast.owner])
    assert client.post("/notices/read/", {"newest": newest}).status_code == 302
    unread = Notice.objects.filter(read_at__isnull=True).values_list("user__username", flat=True)
    assert sorted(unread) == ["manager"] * 3 + ["owner"]
    for wrong in ("", "x", "٣", "9" * 30):
        client.post("/notices/read/", {"newest": wrong})
    assert Notice.objects.filter(user=cast.owner, read_at__isnull=True).count() == 1


def test_nobody_marks_somebody_elses(cast, call, sign_in):
    say(call, [cast.owner])
    notice = Notice.objects.get()
    assert sign_in(cast.manager).post(f"/notices/{notice.pk}/read/").status_code == 404
    sign_in(cast.manager).post("/notices/read/", {"newest": str(notice.pk)})
    assert sign_in(cast.owner).get(f"/notices/{notice.pk}/read/").status_code == 405
    notice.refresh_from_db()
    assert notice.read_at is None


def test_the_bell_counts_to_ninety_nine_on_every_page_at_no_further_query(
    cast, call, sign_in, django_assert_num_queries
):
    client = sign_in(cast.owner)
    assert bell(client) == {"Notices"}
    with CaptureQueriesContext(connection) as before:
        client.get("/help/")
    number = len(before)
    say(call, [cast.owner], 3)
    assert bell(client) == {"Notices, 3 unread"}
    with django_assert_num_queries(number):
        client.get("/help/")
    say(call, [cast.owner], 97)
    assert bell(client) == {"Notices, more than 99 unread"}
    assert bell(sign_in(cast.manager)) == {"Notices"}


def test_how_one_is_told_is_part_of_the_profile(cast, sign_in):
    client = sign_in(cast.owner)
    page = {name: getattr(cast.owner, name) for name in ("display_name", "email", "theme", "zone")}
    assert client.post("/profile/", page | {"language": "en", "mail": "each"}).status_code == 302
    assert User.objects.get(pk=cast.owner.pk).mail == "each"
    assert Event.objects.get(kind="person_changed").what == {"mail": ["daily", "each"]}
    assert client.post("/profile/", page | {"language": "en", "mail": "hourly"}).status_code == 422


# ---- who is told besides ----


def rule(to, record_type="contract", why="Finance asked"):
    return {"record_type": record_type, "to": to, "why": why}


def test_an_administrator_adds_and_removes_with_a_reason_and_an_event(cast, call, sign_in):
    client, group = sign_in(cast.administrator), Role.objects.get(key="auditor").group
    assert client.post("/rules/notices/new/", rule(f"group:{group.pk}", "followup")).status_code == 302
    made = NoticeRule.objects.get()
    say_all = text(client, "/rules/notices/")
    assert "Auditor" in say_all
    assert "Follow-ups" in say_all
    added = Event.objects.get(kind="notice_rule_added")
    assert (added.actor_id, added.what["type"], added.what["note"]) == (
        cast.administrator.pk,
        "followup",
        "Finance asked",
    )
    address = f"/rules/notices/{made.pk}/remove/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"why": ""}).status_code == 422
    assert client.post(address, {"why": "Not needed"}).status_code == 302
    assert not NoticeRule.objects.exists()
    assert Event.objects.get(kind="notice_rule_removed").what["to"] == added.what["to"]
    assert client.post(address, {"why": "Again"}).status_code == 404


@pytest.mark.parametrize("wrong", [{"to": ""}, {"to": "user:999"}, {"record_type": "lead"}, {"why": " "}, {"to": "x'"}])
def test_what_is_wrong_is_said_and_nothing_is_written(cast, sign_in, wrong):
    client = sign_in(cast.administrator)
    answer = client.post("/rules/notices/new/", rule(f"user:{cast.auditor.pk}") | wrong)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert not NoticeRule.objects.exists()


def test_nobody_is_named_twice_for_a_type(cast, sign_in):
    client = sign_in(cast.administrator)
    for status in (302, 422):
        assert client.post("/rules/notices/new/", rule(f"user:{cast.auditor.pk}")).status_code == status
    assert client.post("/rules/notices/new/", rule(f"user:{cast.auditor.pk}", "customer")).status_code == 302
    assert NoticeRule.objects.count() == 2
    assert Event.objects.get(kind="refused").what["codes"] == ["notice_stands"]


@pytest.mark.parametrize("who", ["owner", "manager", "senior", "auditor", "outsider"])
def test_others_are_told_who_may(cast, sign_in, who):
    standing = NoticeRule.objects.create(record_type="contract", user=cast.auditor)
    client = sign_in(getattr(cast, who))
    for address in ("/rules/notices/", "/rules/notices/new/", f"/rules/notices/{standing.pk}/remove/"):
        answer = client.post(address, {"why": "x"}) if "new" in address or "remove" in address else client.get(address)
        assert answer.status_code == 403
        assert "Administrator" in answer.content.decode()
    assert NoticeRule.objects.count() == 1
