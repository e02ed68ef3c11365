"""The worker: each mail once, at its hour, in the reader's language and zone, whatever crashes, however many work."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from smtplib import SMTPServerDisconnected
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import connection, transaction

from crm.models import User
from crm.notice_mails import last_digest
from crm.worker import Worker
from records.models import Notice, TimeRequest
from records.services import outbox
from records.services.entry_time import change_entry_time
from records.services.notices import tell
from tests import cast as make
from tests.audit import house
from tests.beside import together
from tests.cast import NOW, days

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
SIX = dt.datetime(2026, 3, 18, 10, 0, tzinfo=dt.UTC)  # 18:00 in Shanghai, on the day of NOW


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner, name="Kestrel"), summary="First <call>")


def change(call, by, back=1.0, version=1, at=NOW):
    return change_entry_time(
        record=call,
        seen_version=version,
        entered_at=NOW - days(back),
        reason="other",
        note="Looked it up & <i>saw</i>",
        by=by,
        channel="web",
        clock=lambda: at,
    )


def say(record, to, number=1, at=NOW, **more):
    with transaction.atomic():
        for _ in range(number):
            tell(kind="changed", record=record, at=at, actor=None, to=to, before=NOW - days(1), after=NOW, **more)


def wants(person, how, **more):
    User.objects.filter(pk=person.pk).update(mail=how, **more)


def work(at):
    """One round of the worker at a moment; the mails that went out in it."""
    before = len(mail.outbox)
    Worker(clock=lambda: at).once()
    return mail.outbox[before:]


def ids(mails):
    return [each.extra_headers["Message-ID"] for each in mails]


# ---- what a mail says ----


def test_a_mail_says_before_after_by_how_much_who_why_and_where(cast, call):
    wants(cast.owner, "each")
    change(call, cast.manager)
    (sent,) = work(NOW)
    assert (sent.to, sent.from_email) == (["owner@redate.example"], settings.DEFAULT_FROM_EMAIL)
    assert sent.subject == "[Redate] Manager changed an entry time of yours: First <call>"
    for part in (
        "2026-03-18 14:32 → 2026-03-17 14:32 (1 day earlier)",
        "Other: “Looked it up & <i>saw</i>”",
        f"http://localhost:8000/follow-ups/{call.pk}/",
        "Times are in Asia/Shanghai (UTC+8).",
    ):
        assert part in sent.body
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"


def test_the_html_is_escaped_and_loads_nothing_from_outside(cast, call):
    wants(cast.owner, "each")
    change(call, cast.manager)
    html, kind = work(NOW)[0].alternatives[0]
    assert kind == "text/html"
    assert "First &lt;call&gt;" in html
    assert "&amp; &lt;i&gt;saw" in html
    assert not re.search(r"<(img|link|script|style|iframe)|src=|url\(", html)
    assert set(re.findall(r'(?:https?:)?//[^/"<]+', html)) == {"http://localhost:8000"}


def test_it_is_written_in_the_language_and_zone_of_the_reader(cast, call):
    wants(cast.owner, "each", language="zh-hans", zone="America/New_York")
    change(call, cast.manager)
    (sent,) = work(NOW)
    for part in ("2026-03-18 02:32 → 2026-03-17 02:32", "其他", "America/New_York (UTC−4)"):
        assert part in sent.body
    assert '<html lang="zh-Hans">' in sent.alternatives[0][0]


def test_a_title_of_several_lines_is_one_line_of_the_subject(cast, call):
    wants(cast.owner, "each")
    call.summary = "First\nBcc: everybody@example.com"
    say(call, [cast.owner])
    assert "\n" not in work(NOW)[0].subject


def test_what_the_reader_may_not_see_any_more_is_left_out(cast, call):
    wants(cast.outsider, "each")
    say(call, [cast.outsider])
    assert work(NOW) == []
    assert not outbox.waiting().exists()
    wants(cast.outsider, "daily")
    other = make.follow_up(cast.owner, make.customer(cast.owner), summary="Shown")
    make.grant(other, cast.outsider, cast.manager, clock=lambda: NOW - days(1))
    say(call, [cast.outsider])
    (digest,) = work(SIX)
    assert "Shown" in digest.body
    assert "First" not in digest.body


# ---- when ----


def test_none_gets_none_and_is_not_mailed_later(cast, call):
    wants(cast.owner, "each")
    change(call, cast.manager)
    wants(cast.owner, "none")
    assert work(NOW) == []
    wants(cast.owner, "each")
    assert work(NOW + days(1)) == []


def test_the_inactive_get_none(cast, call):
    change(call, cast.manager)
    User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    assert work(NOW + days(1)) == []


def test_a_digest_comes_once_a_day_at_six_and_holds_the_day(cast, call):
    say(call, [cast.owner], 3)
    say(call, [cast.owner], at=SIX)
    say(call, [cast.owner], at=SIX + MINUTE)
    assert work(SIX - MINUTE) == []
    (first,) = work(SIX)
    assert (first.subject, first.body.count("First <call>")) == ("[Redate] 4 notices", 4)
    assert work(SIX + days(1) - MINUTE) == []
    (second,) = work(SIX + days(1))
    assert second.body.count("First <call>") == 1
    assert work(SIX + days(2)) == []


def test_a_digest_missed_while_no_worker_ran_comes_late(cast, call):
    say(call, [cast.owner])
    say(call, [cast.owner], at=SIX + MINUTE)
    (late,) = work(SIX + dt.timedelta(hours=5))
    assert late.body.count("First <call>") == 1


def test_a_flood_comes_as_one_mail_also_to_who_wants_each(cast, call):
    wants(cast.owner, "each")
    say(call, [cast.owner], 20)
    assert len(work(NOW)) == 20
    say(call, [cast.owner], 21)
    (one,) = work(NOW)
    assert one.subject == "[Redate] 21 notices"


def test_a_mail_holds_a_hundred(cast, call):
    say(call, [cast.owner], 130)
    assert [each.subject for each in work(SIX)] == ["[Redate] 100 notices", "[Redate] 30 notices"]


@pytest.mark.parametrize(
    ("zone", "now", "digest"),
    [
        ("Asia/Shanghai", "2026-03-18T10:00:00+00:00", "2026-03-18T10:00:00+00:00"),
        ("Asia/Shanghai", "2026-03-18T09:59:59+00:00", "2026-03-17T10:00:00+00:00"),
        ("Asia/Kathmandu", "2026-03-18T12:15:00+00:00", "2026-03-18T12:15:00+00:00"),
        ("Pacific/Kiritimati", "2026-03-18T04:00:00+00:00", "2026-03-18T04:00:00+00:00"),
        ("Pacific/Pago_Pago", "2026-03-18T04:59:59+00:00", "2026-03-17T05:00:00+00:00"),
        ("America/New_York", "2026-03-08T21:59:59+00:00", "2026-03-07T23:00:00+00:00"),  # the day the clocks go forward
        ("America/New_York", "2026-03-08T22:00:00+00:00", "2026-03-08T22:00:00+00:00"),
        ("Europe/Berlin", "2026-10-25T16:59:59+00:00", "2026-10-24T16:00:00+00:00"),  # and back
        ("Europe/Berlin", "2026-10-25T17:00:00+00:00", "2026-10-25T17:00:00+00:00"),
        ("Pacific/Apia", "2011-12-31T03:59:00+00:00", "2011-12-30T10:00:00+00:00"),  # 30 December did not happen
    ],
)
def test_the_hour_of_the_digest(zone, now, digest):
    found = last_digest(ZoneInfo(zone), dt.datetime.fromisoformat(now))
    assert found == dt.datetime.fromisoformat(digest)


# ---- crashes ----


def test_a_crash_between_claim_and_send_loses_nothing(cast, call):
    wants(cast.owner, "each")
    say(call, [cast.owner])
    (claimed,) = outbox.claim(User.objects.get(pk=cast.owner.pk), NOW, NOW)  # and the worker dies
    assert work(NOW + 9 * MINUTE) == []
    (sent,) = work(NOW + 10 * MINUTE)
    assert f"<redate-{claimed.pk}-" in ids([sent])[0]
    assert work(NOW + days(1)) == []


def test_a_crash_between_send_and_keeping_it_repeats_the_same_mail(cast, call, monkeypatch):
    """The one moment in which a mail goes out twice: it bears the same Message-ID, and holds nothing else."""
    say(call, [cast.owner], 2)

    def dies(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(outbox, "sent", dies)
        work(SIX)
    say(call, [cast.owner], at=SIX + MINUTE)
    (again,) = work(SIX + 10 * MINUTE)
    assert ids(mail.outbox) == ids([again]) * 2
    assert mail.outbox[0].body == again.body
    assert work(SIX + 20 * MINUTE) == []


def test_a_mail_server_that_refuses_one_holds_up_nobody_else(cast, call, monkeypatch):
    for person in (cast.owner, cast.manager):
        wants(person, "each")
        say(call, [person])
    send = EmailBackend.send_messages

    def refuses(self, messages):
        if messages[0].to == ["owner@redate.example"]:
            raise SMTPServerDisconnected
        return send(self, messages)

    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", refuses)
        assert [each.to for each in work(NOW)] == [["manager@redate.example"]]
        assert work(NOW + MINUTE) == []
    assert [each.to for each in work(NOW + 10 * MINUTE)] == [["owner@redate.example"]]


def test_after_a_week_it_gives_up_loudly_and_the_notice_stays(cast, call, caplog):
    say(call, [cast.owner], at=NOW - days(8))
    assert work(NOW) == []
    assert "could not be mailed for a week and will not be: 1" in caplog.text
    assert Notice.objects.get().mail_due is False


# ---- several workers ----


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_send_nothing_twice_and_lose_nothing(cast, call):
    people = [cast.owner, cast.colleague, cast.manager, cast.senior]
    User.objects.filter(pk__in=[person.pk for person in people]).update(mail="each")
    say(call, people, 8)
    rounds = 0
    while outbox.waiting().exists() and rounds < 20:
        answers = together(*[Worker(clock=lambda: NOW).once] * 4)
        assert not [each for each in answers if isinstance(each, Exception)], answers
        rounds += 1
    assert len(ids(mail.outbox)) == len(set(ids(mail.outbox))) == 32


@pytest.mark.django_db(transaction=True)
def test_a_digest_claimed_by_two_is_not_torn_in_two(cast, call):
    say(call, [cast.owner], 30)
    person = User.objects.get(pk=cast.owner.pk)
    answers = together(*[partial(outbox.claim, person, SIX, SIX)] * 4)
    assert sorted(len(each) for each in answers) == [0, 0, 0, 30]


# ---- requests, the command ----


def test_requests_that_expired_end(cast, call):
    asked = house.request(call, asked_by=cast.colleague)
    work(NOW + days(13))
    assert TimeRequest.objects.get(pk=asked.pk).state == "open"
    work(NOW + days(15))
    assert TimeRequest.objects.get(pk=asked.pk).state == "expired"
    assert Notice.objects.get(kind="expired").user == cast.colleague


def test_once_says_what_it_did(cast, call, capsys):
    wants(cast.owner, "each")
    say(call, [cast.owner], at=dt.datetime.now(dt.UTC) - MINUTE)
    call_command("worker", once=True)
    assert capsys.readouterr().out == "Mails sent: 1\n"


@pytest.mark.django_db(transaction=True)
def test_it_works_until_it_is_told_to_stop(cast, call, tmp_path):
    wants(cast.owner, "each")
    say(call, [cast.owner], at=dt.datetime.now(dt.UTC) - MINUTE)
    running = start(tmp_path)
    try:
        wait_for(lambda: list(tmp_path.iterdir()))
        wait_for(lambda: not outbox.waiting().exists())
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    finally:
        running.kill()
        running.wait()
    assert "Subject: [Redate] System changed an entry time of yours" in next(tmp_path.iterdir()).read_text()


def start(folder):
    name = connection.settings_dict["NAME"]
    address = {"sqlite": f"sqlite:///{name}", "postgresql": ""}[connection.vendor]
    if not address:
        parts = connection.settings_dict
        address = f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{name}"
    environment = os.environ | {"DEBUG": "1", "DATABASE_URL": address, "EMAIL_URL": f"filemail:///{folder}"}
    command = [sys.executable, "manage.py", "worker", "--every", "0.1"]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment | {"DJANGO_SETTINGS_MODULE": "crm.settings"}
    )


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.1)
