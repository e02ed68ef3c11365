"""The Integrity page: how the trail stands, what was found, and why it is fine."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import jobs, seals
from audit.events import record_event
from audit.models import Event, Finding, Job, Seal, Verification
from crm.models import Role
from records.models import CompanyRules
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.entering import found, move

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PAGE = "/integrity/"
VERIFY = "/integrity/verify/"
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def auditor(cast, sign_in):
    return sign_in(cast.auditor)


def text(response: Any) -> str:
    """What is read on the page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).strip()


def verified(**values: Any) -> Verification:
    """A run that ended."""
    said = {"source": "verify", "at": NOW, "ended_at": NOW, "result": "ok", "rows": 12396, "seals": 1047}
    return Verification.objects.create(**said | {"facts": {"seconds": 1.8, "heads": "x", "since": 0}} | values)


def finding(**values: Any) -> Finding:
    """Something found."""
    number = Finding.objects.count()
    said = {"source": "verify", "code": "row_altered", "key": f"verify:{number}", "found_at": NOW, "seen_at": NOW}
    facts = {"table": "audit_historicalcustomer", "row": 12, "seal": 3}
    return Finding.objects.create(**said | {"facts": facts} | values)


def address(one: Finding) -> str:
    return f"/integrity/findings/{one.pk}/"


# ---- who ----


def test_only_who_verifies_sees_it(cast, sign_in):
    for person in (cast.owner, cast.manager, cast.administrator, cast.root):
        response = sign_in(person).get(PAGE)
        assert response.status_code == 403
        assert "Auditors verify the trail" in text(response)
        assert b'href="/integrity/"' not in sign_in(person).get("/").content
    assert b'href="/integrity/"' in sign_in(cast.auditor).get("/").content


# ---- the verdict ----


def test_never_checked_and_nothing_sealed(auditor):
    page = text(auditor.get(PAGE))
    assert "Never checked yet" in page
    assert "Nothing is open." in page
    assert "Last seal —" in page


def test_whole(auditor):
    verified()
    page = text(auditor.get(PAGE))
    assert "The audit trail is whole" in page
    assert "12,396 sealed rows checked against 1,047 seals." in page
    assert "Last checked 2026-03-18 14:32 , took 1.8 s." in page
    assert "would not be seen" not in page


def test_whole_says_what_was_not_looked_at(auditor):
    verified(facts={"since": 40, "purged": 2, "heads": ""})
    page = text(auditor.get(PAGE))
    assert "Older seals than #40 were not hashed again." in page
    assert "2 rows were purged explicitly" in page
    assert "a cut end would not be seen" in page


def test_not_whole_until_all_is_explained(auditor):
    verified(result="findings", findings=1)
    one = finding()
    page = text(auditor.get(PAGE))
    assert "The audit trail is not whole" in page
    assert "Open findings 1" in page
    assert "audit_historicalcustomer, row 12 is not what seal #3 holds" in page
    Finding.objects.filter(pk=one.pk).update(explained_at=NOW, explanation="Restored from the backup of Monday")
    assert "Nothing that was not explained" in text(auditor.get(PAGE))


def test_verify_now_asks_once_and_the_worker_does_it(cast, auditor):
    record_event(kind="export", by=cast.owner, at=NOW)
    seals.seal(clock)
    response = auditor.post(VERIFY, follow=True)
    assert "The check begins." in text(response)
    assert "Waiting for the worker." in text(response)
    assert b'hx-get="/integrity/?looking=1"' in response.content
    assert "under way already" in text(auditor.post(VERIFY, follow=True))
    assert Job.objects.count() == 1
    assert jobs.run_next(clock).state == "done"
    assert "checked against 1 seal." in text(auditor.get(PAGE))
    kept = Verification.objects.get()
    assert (kept.by_id, kept.by_name, kept.seals) == (cast.auditor.pk, "Auditor", 1)
    event = Event.objects.get(kind="verified")
    assert (event.actor_id, event.channel) == (cast.auditor.pk, "web")


def test_progress_by_polling_then_the_whole_page(auditor):
    job = jobs.ask_for(kind="verify", by=None, at=NOW)
    Job.objects.update(state="running", beat_at=NOW, done=400, total=1000, said="rows")
    response = auditor.get(PAGE, {"looking": 1}, headers={"HX-Request": "true"})
    assert "400 of 1,000 sealed rows hashed again." in text(response)
    assert b"<html" not in response.content
    assert "HX-Refresh" not in response
    verified()
    Job.objects.filter(pk=job.pk).update(state="done", ended_at=NOW)
    response = auditor.get(PAGE, {"looking": 1}, headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"
    assert auditor.get(PAGE, {"looking": 1})["Location"] == PAGE  # without htmx


@pytest.mark.parametrize(
    ("values", "idle"),
    [
        ({"state": "waiting", "asked_at": NOW - 14 * SECOND}, False),
        ({"state": "waiting", "asked_at": NOW - 16 * SECOND}, True),
        ({"state": "running", "beat_at": NOW - 59 * SECOND}, False),
        ({"state": "running", "beat_at": NOW - 61 * SECOND}, True),
        ({"state": "running", "beat_at": None}, True),
    ],
)
def test_no_worker_is_said_plainly(auditor, values, idle):
    jobs.ask_for(kind="verify", by=None, at=NOW)
    Job.objects.update(**values)
    page = text(auditor.get(PAGE))
    assert ("No worker takes this up. Start one with manage.py worker" in page) is idle


def test_a_busy_worker_is_one(auditor):
    jobs.ask_for(kind="verify", by=None, at=NOW - days(1))
    other = jobs.ask_for(kind="check_times", by=None, at=NOW)
    Job.objects.filter(pk=other.pk).update(state="running", beat_at=NOW)
    assert "No worker" not in text(auditor.get(PAGE))


def test_a_check_that_broke_says_so(auditor, monkeypatch):
    verified(at=NOW - days(1))

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("disk full")

    monkeypatch.setattr("audit.verify.due.run", broken)
    auditor.post(VERIFY)
    jobs.run_next(clock)
    page = text(auditor.get(PAGE))
    assert "The last check could not be made" in page
    assert "ValueError: disk full" in page
    verified(at=NOW + SECOND)
    assert "The audit trail is whole" in text(auditor.get(PAGE))


# ---- seals ----


def test_seals_and_what_waits(cast, auditor, settings):
    for number in range(8):
        record_event(kind="export", by=cast.owner, at=NOW)
        seals.seal(lambda number=number: NOW + number * days(0.01))
    record_event(kind="export", by=cast.owner, at=NOW)
    response = auditor.get(PAGE)
    page = text(response)
    newest = Seal.objects.get(number=8)
    assert "Last seal #8" in page
    assert "Rows waiting 1" in page
    assert f"Next seal {(newest.at + dt.timedelta(hours=9)).strftime('%Y-%m-%d %H:%M')}" in page
    assert re.findall(r"#(\d+)</b>", response.content.decode()) == ["3", "4", "5", "6", "7", "8"]
    assert f"{newest.head[:8]}…" in page
    settings.SEAL_KEY = ""
    assert "Nothing is sealed: SEAL_KEY is missing" in text(auditor.get(PAGE))


def test_waiting_rows_are_counted_to_a_thousand(cast, auditor, monkeypatch):
    monkeypatch.setattr("audit.views.integrity.WAITING", 2)
    for _ in range(3):
        record_event(kind="export", by=cast.owner, at=NOW)
    assert "more than 2" in text(auditor.get(PAGE))


def test_it_says_what_seals_do_not_prove(auditor, settings):
    settings.SEAL_HEADS, settings.SEAL_MAIL = "", []
    page = text(auditor.get(PAGE))
    assert "Whoever has the key, the heads and the database all in one hand can write the past anew" in page
    assert "Here heads are sent nowhere" in page
    settings.SEAL_MAIL = ["audit@redate.example"]
    assert "Here heads are sent nowhere" not in text(auditor.get(PAGE))


# ---- entry times ----


def test_entry_times_are_checked_from_the_page(cast, auditor):
    move(make.customer(cast.owner), NOW + days(3), cast.owner)
    auditor.post(VERIFY, {"what": "times"})
    assert "They are being checked." in text(auditor.get(PAGE))
    jobs.run_next(clock)
    page = text(auditor.get(PAGE))
    assert "1 change looked at. 1 finding." in page
    assert "Entry time in the future It counts as entered at 2026-03-21 14:32." in page
    assert "20 entry times within 10 min" in page  # the thresholds are stated


# ---- findings ----


def test_findings_by_state_and_by_key(auditor):
    ones = [finding(facts={"table": f"t{number:02}", "row": 1, "seal": 1}) for number in range(60)]
    Finding.objects.filter(pk=ones[0].pk).update(explained_at=NOW, explained_by_name="Ada", explanation="Merged it")
    Finding.objects.filter(pk=ones[1].pk).update(gone_at=NOW)

    def shown(query: str) -> list[int]:
        return [
            int(n) for n in re.findall(r"<b class=\"strong\">t(\d\d), row", auditor.get(PAGE + query).content.decode())
        ]

    def go(page: str, rel: str) -> str:
        return re.search(rf'href="([^"]+)#findings" rel="{rel}"', page)[1].replace("&amp;", "&")

    first = auditor.get(PAGE).content.decode()
    assert shown("") == list(range(59, 34, -1))
    second = go(first, "next")
    assert shown(second) == list(range(34, 9, -1))
    third = go(auditor.get(PAGE + second).content.decode(), "next")
    assert shown(third) == list(range(9, 1, -1))
    assert 'rel="next"' not in auditor.get(PAGE + third).content.decode()
    assert shown(go(auditor.get(PAGE + third).content.decode(), "prev")) == shown(second)
    assert shown("?state=explained") == [0]
    assert "Explained by Ada: Merged it" in text(auditor.get(PAGE + "?state=explained"))
    assert shown("?state=gone") == [1]
    for nonsense in ("?state=x&after=x", "?after=99999999999999999999", "?before=²"):
        assert shown(nonsense) == list(range(59, 34, -1))


def test_the_cost_of_the_page_does_not_grow(cast, auditor):
    customers = [make.customer(cast.owner) for _ in range(8)]

    def queries() -> int:
        with CaptureQueriesContext(connection) as told:
            auditor.get(PAGE)
        return len(told)

    finding(record_type="customer", record_id=customers[0].pk)
    few = queries()
    for one in customers:
        finding(record_type="customer", record_id=one.pk)
    assert queries() == few


def test_a_finding_leads_to_the_history_only_where_the_viewer_may_see(cast, auditor):
    secret = make.customer(cast.owner, name="Kestrel Optics")
    one = finding(record_type="customer", record_id=secret.pk)
    page = text(auditor.get(address(one)))
    assert "History of Kestrel Optics" in page
    assert f'href="/customers/{secret.pk}/history/"' in auditor.get(PAGE).content.decode()
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    group = Role.objects.get(key="auditor").group
    group.permissions.remove(*group.permissions.filter(codename="see_all_records"))
    page = auditor.get(PAGE)
    assert b"Kestrel" not in page.content
    assert "not visible to you" in text(page)
    assert b"Kestrel" not in auditor.get(address(one)).content
    assert "a record that you may not see" in text(auditor.get(address(one)))


def test_a_finding_leads_to_its_row_and_the_person_s_changes(cast, auditor):
    customer = make.customer(cast.owner)
    row = customer.history.latest()
    one = finding(kind="audit.historicalcustomer", row_id=row.pk)
    assert f'href="/trail/customer/{row.pk}/"' in auditor.get(address(one)).content.decode()
    night = dt.datetime(2026, 3, 14, 4, 0, tzinfo=dt.UTC)
    for number in (1, 2):
        move(customer, NOW - days(number), cast.owner, at=night)
    (weekend,) = found("outside_hours")
    link = f"/trail/?field=time&amp;by={cast.owner.pk}&amp;from=2026-03-14&amp;to=2026-03-14"
    assert link in auditor.get(address(weekend)).content.decode()
    assert auditor.get(link.replace("&amp;", "&")).status_code == 200


def test_findings_that_are_not_there(auditor):
    assert auditor.get("/integrity/findings/99/").status_code == 404
    assert auditor.get(f"/integrity/findings/{2**70}/").status_code == 404


# ---- looked at, fine because … ----


def test_explaining_keeps_who_when_and_why(cast, auditor):
    customer = make.customer(cast.owner)
    one = finding(record_type="customer", record_id=customer.pk)
    response = auditor.post(address(one), {"words": "  The customer was merged\nfrom an older record. "}, follow=True)
    page = text(response)
    assert "Looked at, fine because The customer was merged from an older record." in page
    assert "Auditor, 2026-03-18 14:32" in page
    assert "<textarea" not in response.content.decode()
    one.refresh_from_db()
    assert (one.explained_at, one.explained_by_id, one.explained_by_name) == (NOW, cast.auditor.pk, "Auditor")
    event = Event.objects.get(kind="finding_explained")
    assert (event.actor_id, event.record_type, event.record_id) == (cast.auditor.pk, "records.customer", customer.pk)
    assert event.what["why"] == "The customer was merged from an older record."
    assert event.what["finding"] == one.pk
    assert "Finding explained" in text(auditor.get("/trail/?q=Auditor"))


@pytest.mark.parametrize("words", ["", "fine", "  f  i  n  e  "])
def test_an_explanation_explains(auditor, words):
    one = finding()
    response = auditor.post(address(one), {"words": words})
    assert response.status_code == 422
    assert "Say why it is fine, in at least 10 characters." in text(response)
    assert b'aria-invalid="true"' in response.content
    one.refresh_from_db()
    assert one.explained_at is None
    assert not Event.objects.filter(kind="finding_explained").exists()


def test_explained_once_and_not_what_is_gone(cast, auditor):
    one, gone = finding(explained_at=NOW, explained_by_name="Ada", explanation="Merged"), finding(gone_at=NOW)
    response = auditor.post(address(one), {"words": "Something quite different"})
    assert response.status_code == 422
    assert "Ada has explained this already." in text(response)
    assert auditor.post(address(gone), {"words": "Something quite different"}).status_code == 422
    one.refresh_from_db()
    assert one.explanation == "Merged"


def redating_auditor(cast: Any) -> Any:
    """Somebody who verifies the trail and changes entry times too."""
    cast.manager.groups.add(Role.objects.get(key="auditor").group)
    return cast.manager


def test_nobody_explains_their_own_change(cast, sign_in):
    both = redating_auditor(cast)
    customer = make.customer(cast.owner)
    row = move(customer, NOW + days(3), both)
    (ahead,) = found("future")
    ones = [ahead, finding(kind="audit.historicalcustomer", row_id=row), finding(facts={"people": [both.pk]})]
    for one in ones:
        client = sign_in(both)
        assert "This is about your own change." in text(client.get(address(one)))
        response = client.post(address(one), {"words": "I know that it is right"})
        assert response.status_code == 403
        assert "This is about your own change." in text(response)
        one.refresh_from_db()
        assert one.explained_at is None
    refused = Event.objects.filter(kind="refused", actor_id=both.pk)
    assert [event.what["codes"] for event in refused] == [["finding_own"]] * 3
    assert sign_in(cast.auditor).post(address(ahead), {"words": "It is a booking"}).status_code == 302


def test_of_a_child_before_its_parent_both_are_own(cast, sign_in):
    both = redating_auditor(cast)
    customer = make.customer(cast.owner)
    make.follow_up(cast.owner, customer)
    move(customer, NOW + dt.timedelta(minutes=1), both)  # the parent went past it
    (one,) = found("before_parent", at=lambda: NOW + days(1))
    assert sign_in(both).post(address(one), {"words": "I know that it is right"}).status_code == 403
    assert sign_in(cast.auditor).post(address(one), {"words": "Looked at the card"}).status_code == 302


def test_a_right_that_went_meanwhile(cast, auditor):
    one = finding()
    cast.auditor.groups.clear()
    assert auditor.post(address(one), {"words": "I know that it is right"}).status_code == 403
    one.refresh_from_db()
    assert one.explained_at is None


def test_words_are_text(auditor):
    one = finding()
    auditor.post(address(one), {"words": "<script>alert(1)</script> is fine"})
    assert b"<script>alert" not in auditor.get(address(one)).content
    assert b"<script>alert" not in auditor.get(PAGE + "?state=explained").content
