"""People are told of exceptions they get, lose and that end; and of periods that are closed or reopened."""

from __future__ import annotations

import datetime as dt

import pytest

from crm.chores import do_chores
from crm.models import Role
from crm.notice_mails import compose
from records.models import Notice, PeriodException, TypeRule
from records.services.exception_ends import tell_of_ends_if_due
from records.services.notice_rules import add_notice_rule
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]
ZH = {"HTTP_ACCEPT_LANGUAGE": "zh-hans"}
GIVEN = {"record_type": "followup", "until": "2026-03-31", "why": "The fair"}


def told(person):
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))


def text(response):
    return response.content.decode()


def let_in(client, to, **more):
    assert client.post("/rules/exceptions/new/", GIVEN | {"to": to} | more).status_code == 302
    return PeriodException.objects.latest("pk")


def change(client, clause, **values):
    rule = TypeRule.objects.get(record_type="followup")
    data = {"version": rule.version, "note": "Month reported"} | values
    return client.post(f"/rules/followup/clauses/{clause}/", data)


def close(client, through):
    answer = change(client, "closed", closed_through=through)
    assert answer.status_code == 302, text(answer)


def test_who_is_let_in_is_told_until_when_and_why_and_when_it_is_revoked(cast, sign_in):
    client = sign_in(cast.administrator)
    made = let_in(client, "owner")
    assert told(cast.owner) == ["excepted"]
    page = text(sign_in(cast.owner).get("/notices/"))
    assert "Administrator granted you an exception: you may enter closed periods of follow-ups" in page
    for part in ("until", "2026-04-01 00:00", "“The fair”", 'href="/follow-ups/"'):
        assert part in page
    assert client.post(f"/rules/exceptions/{made.pk}/revoke/", {"why": "Fair is over"}).status_code == 302
    assert told(cast.owner) == ["excepted", "unexcepted"]
    assert "Administrator ended your exception for closed periods of follow-ups" in text(
        sign_in(cast.owner).get("/notices/")
    )
    assert sign_in(cast.owner).get("/notices/", **ZH).status_code == 200


def test_members_of_a_team_are_told_and_nobody_else(cast, sign_in):
    let_in(sign_in(cast.administrator), "East (team)")
    assert set(Notice.objects.values_list("user__username", flat=True)) == {"owner", "colleague", "manager"}


def test_a_refused_exception_tells_nobody(cast, sign_in):
    client = sign_in(cast.administrator)
    assert client.post("/rules/exceptions/new/", GIVEN | {"to": "administrator"}).status_code == 422
    assert client.post("/rules/exceptions/new/", GIVEN | {"to": "owner", "until": "2026-03-01"}).status_code == 422
    assert Notice.objects.count() == 0


def test_its_end_is_told_once_within_the_last_day(cast, sign_in, at_now):
    let_in(sign_in(cast.administrator), "owner")
    let_in(sign_in(cast.administrator), "colleague", until="2026-03-18 23:00")  # lasts less than a day: told already
    end = dt.datetime(2026, 3, 31, 16, tzinfo=dt.UTC)
    for moment, number in ((end - days(1.1), 0), (end - days(0.9), 1), (end - days(0.5), 0), (end, 0)):
        assert tell_of_ends_if_due(lambda moment=moment: moment) == number, moment
    assert told(cast.owner) == ["excepted", "except_ends"]
    assert told(cast.colleague) == ["excepted"]
    at_now.move_to(end - days(0.5))
    page = text(sign_in(cast.owner).get("/notices/"))
    assert "Your exception for closed periods of follow-ups ends soon" in page
    do_chores(lambda: end - days(0.4))
    assert Notice.objects.filter(kind="except_ends").count() == 1


def test_closing_and_reopening_is_told_to_those_concerned(cast, sign_in):
    admin = sign_in(cast.administrator)
    finance = Role.objects.get(key="auditor").group
    add_notice_rule(
        record_type="followup", to=finance, why="Finance", by=cast.administrator, channel="web", clock=clock
    )
    close(admin, "2026-02-28")
    people = set(Notice.objects.filter(kind="closed").values_list("user__username", flat=True))
    assert {"owner", "colleague", "stranger", "manager", "senior", "auditor"} <= people
    assert people & {"administrator", "outsider", "gone"} == set()  # who did it, whom it does not concern, who has left
    page = text(sign_in(cast.owner).get("/notices/"))
    assert "Administrator closed the periods of follow-ups through 2026-02-28" in page
    assert "“Month reported”" in page
    close(admin, "2026-01-31")
    close(admin, "")
    assert change(admin, "hard", closed_hard_through="2026-01-31").status_code == 302
    assert told(cast.owner) == ["closed", "reopened", "reopened", "closed_hard"]
    page = text(sign_in(cast.owner).get("/notices/"))
    for said in (
        "Administrator reopened periods of follow-ups: closed through 2026-01-31 now",
        "Administrator reopened the periods of follow-ups: none is closed now",
        "Administrator closed the periods of follow-ups for good through 2026-01-31",
    ):
        assert said in page
    assert sign_in(cast.owner).get("/notices/?show=unread", **ZH).status_code == 200


def test_what_is_refused_or_changes_nothing_tells_nobody(cast, sign_in):
    admin = sign_in(cast.administrator)
    close(admin, "2026-02-28")
    number = Notice.objects.count()
    close(admin, "2026-02-28")
    assert change(admin, "closed", closed_through="2026-12-31").status_code == 422
    assert change(admin, "reason", reason_required="False", note_length="3").status_code == 302
    assert Notice.objects.count() == number


def test_it_goes_out_by_mail_in_the_readers_language(cast, sign_in):
    let_in(sign_in(cast.administrator), "owner")
    cast.owner.language = "en"
    zone = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
    notices = list(Notice.objects.filter(user=cast.owner).select_related("request"))
    made = compose(cast.owner, zone, notices, NOW)
    assert "granted you an exception" in made.subject
    assert "Until 2026-04-01 00:00" in made.body
    assert "“The fair”" in made.body


def test_reading_marks_it_as_read(cast, sign_in):
    let_in(sign_in(cast.administrator), "owner")
    notice = Notice.objects.get(user=cast.owner)
    assert sign_in(cast.owner).post(f"/notices/{notice.pk}/read/").status_code == 302
    notice.refresh_from_db()
    assert (notice.read_at, notice.record_id) == (NOW, None)
    make.grant(make.customer(cast.owner), cast.colleague, cast.manager)
    assert told(cast.colleague) == ["granted"]
