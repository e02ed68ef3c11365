"""Who is told of what: once each, in the transaction of what it tells of, never who did it."""

from __future__ import annotations

import pytest
from django.db import transaction

from crm.models import Role
from records.models import Follow, Notice, NoticeRule
from records.refusals import Refused
from records.services import grants
from records.services.entry_time import change_entry_time
from records.services.notices import tell
from records.services.undo import undo_change
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def change(call, by, back=1.0, version=1, **extra):
    return change_entry_time(
        record=call,
        seen_version=version,
        entered_at=NOW - days(back),
        reason="other",
        note="Why",
        by=by,
        channel="web",
        clock=clock,
        **extra,
    )


def told(kind="changed"):
    return list(Notice.objects.filter(kind=kind).order_by("user__username").values_list("user__username", flat=True))


def test_the_owner_is_told_before_after_who_and_why(cast, call):
    change(call, cast.manager)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.actor_name, notice.title) == (
        cast.owner,
        "changed",
        "Manager",
        call.summary,
    )
    assert (notice.before, notice.after) == (call.entered_at, NOW - days(1))
    assert (notice.reason, notice.words, notice.at) == ("other", "Why", NOW)
    assert (notice.record_type, notice.record_id) == ("followup", call.pk)
    assert (notice.read_at, notice.mailed_at, notice.mail_due) == (None, None, True)


def test_who_did_it_is_not_told(cast, call):
    change(call, cast.owner)
    assert not Notice.objects.exists()


def test_everybody_is_told_once_whatever_the_number_of_reasons(cast, call):
    """The owner follows, is named by a rule, and is in a group that is; a follower is in the group too."""
    for person in (cast.owner, cast.colleague, cast.manager):
        Follow.objects.create(record_type="followup", record_id=call.pk, user=person)
    NoticeRule.objects.create(record_type="followup", user=cast.owner)
    NoticeRule.objects.create(record_type="followup", user=cast.auditor)
    NoticeRule.objects.create(record_type="followup", group=cast.east.group)
    NoticeRule.objects.create(record_type="contract", user=cast.stranger)
    change(call, cast.manager)
    assert told() == ["auditor", "colleague", "owner"]


def test_inactive_people_are_not_told(cast, call):
    Follow.objects.create(record_type="followup", record_id=call.pk, user=cast.gone)
    NoticeRule.objects.create(record_type="followup", group=cast.east.group)  # gone is a member
    change(call, cast.manager)
    assert told() == ["colleague", "owner"]


def test_a_follower_of_another_record_is_not_told(cast, call):
    Follow.objects.create(record_type="customer", record_id=call.pk, user=cast.colleague)
    Follow.objects.create(record_type="followup", record_id=call.pk + 1, user=cast.colleague)
    change(call, cast.manager)
    assert told() == ["owner"]


def test_an_unchanged_time_and_a_repeated_confirm_tell_nobody_again(cast, call):
    change(call, cast.manager)
    assert change(call, cast.manager).repeated
    assert change(call, cast.manager, version=2).history_id is None
    assert told() == ["owner"]


def test_an_undo_is_told_too(cast, call):
    made = change(call, cast.manager)
    undo_change(record=call, history_id=made.history_id, by=cast.manager, channel="undo", clock=clock)
    assert list(Notice.objects.order_by("id").values_list("reason", flat=True)) == ["other", "undo"]


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_tells_nobody(cast, call, monkeypatch):
    def fails(**told):
        tell(kind="changed", record=call, at=NOW, actor=None, to=[cast.owner])
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("records.services.entry_time.one.tell_of_change", fails)
    with pytest.raises(RuntimeError):
        change(call, cast.manager)
    call.refresh_from_db()
    assert (call.version, Notice.objects.count()) == (1, 0)


def test_people_are_given_as_themselves_as_ids_or_as_a_queryset(cast, call):
    people = type(cast.owner).objects.filter(username__in=["owner", "manager"])
    for to in ([cast.owner, cast.owner.pk, cast.manager.pk], people):
        with transaction.atomic():
            assert tell(kind="asked", record=call, at=NOW, actor=cast.manager, to=to) == 1
    assert told("asked") == ["owner", "owner"]


def test_who_wants_no_mail_gets_none(cast, call):
    type(cast.owner).objects.filter(pk=cast.owner.pk).update(mail="none")
    change(call, cast.manager)
    assert Notice.objects.get().mail_due is False


# ---- grants ----


def test_a_person_is_told_of_a_grant_of_its_new_terms_and_of_its_end(cast, call):
    given = make.grant(call, cast.colleague, cast.manager)
    terms = grants.Terms(until=NOW + days(2), days_back=14)
    how = {"by": cast.manager, "channel": "web", "clock": clock}
    given = grants.change_grant(grant=given, seen_version=1, terms=terms, why="Sooner", **how)
    grants.revoke(grant=given, why="Done", **how)
    notices = Notice.objects.order_by("id").values_list("user__username", "kind", "after", "words", "actor_name")
    assert list(notices) == [
        ("colleague", "granted", NOW + days(4), "Cards entered late", "Manager"),
        ("colleague", "granted", NOW + days(2), "Sooner", "Manager"),
        ("colleague", "revoked", None, "Done", "Manager"),
    ]


def test_active_members_of_a_group_are_told_of_its_grant(cast, call):
    make.grant(call, cast.west.group, cast.manager)
    assert told("granted") == ["stranger"]
    make.grant(call, Role.objects.get(key="administrator").group, cast.manager)
    assert told("granted") == ["administrator", "root", "stranger"]


def test_a_refused_grant_tells_nobody(cast, call):
    with pytest.raises(Refused):
        make.grant(call, cast.manager, cast.manager)
    assert not Notice.objects.exists()
