"""Telling people: a notice for each is written inside the transaction of what it tells of, and mailed by the worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from records.models import Follow, Notice, NoticeRule


def tell(
    *,
    kind: str,
    record: Any,
    at: dt.datetime,
    actor: Any,
    to: Iterable[Any],
    before: dt.datetime | None = None,
    after: dt.datetime | None = None,
    reason: str = "",
    words: str = "",
    request: Any = None,
) -> int:
    """Write one notice of `kind` (Notice.Kind) about `record` for each person of `to`; gives how many were written.

    `to` are people, their ids, or a queryset of people. Each is told once; who did it (`actor`, None for the system)
    and inactive people are left out. Whether a person may still see the record is asked when a notice is shown or
    mailed. Inside an open transaction: a change that is rolled back tells nobody.
    """
    people = _people(to).filter(is_active=True).exclude(pk=actor.pk if actor else None)
    mails = people.order_by("pk").values_list("pk", "mail")
    told = {
        "kind": kind,
        "record_type": record._meta.model_name,
        "record_id": record.pk,
        "title": record.title,
        "at": at,
        "actor_name": str(actor) if actor else "",
        "before": before,
        "after": after,
        "reason": reason,
        "words": words,
        "request": request,
    }
    notices = [Notice(user_id=pk, mail_due=mail != "none", **told) for pk, mail in mails]
    return len(Notice.objects.bulk_create(notices))


def recipients_of_change(record: Any, extra: Iterable[Any] = ()) -> QuerySet:
    """Whom a change of the record's entry time concerns, as a queryset of people that costs one query.

    The owner, who follows the record, people and members of groups that a rule names for the type, and `extra`.
    """
    users = get_user_model()
    rules = NoticeRule.objects.filter(record_type=record._meta.model_name)
    followers = Follow.objects.filter(record_type=record._meta.model_name, record_id=record.pk)
    members = users.groups.through.objects.filter(group__in=rules.filter(group__isnull=False).values("group"))
    told = followers.values("user").union(rules.filter(user__isnull=False).values("user"), members.values("user"))
    return users._default_manager.filter(Q(pk__in=_ids([record.owner_id, *extra])) | Q(pk__in=told))


def tell_of_change(
    *, record: Any, before: dt.datetime, at: dt.datetime, actor: Any, trail: dict[str, Any], reason: str, words: str
) -> int:
    """Tell of a change of the entry time, which stands on `record` already; `trail` are the columns of its row.

    Who asked for a change by phone is told too; who asked by a request hears of its answer instead.
    """
    asked_by = {trail["requester_id"]} if trail.get("requester_id") else set()
    by_request = trail.get("time_request_id") is not None
    to = recipients_of_change(record, () if by_request else asked_by)
    return tell(
        kind=Notice.Kind.CHANGED,
        record=record,
        at=at,
        actor=actor,
        to=to.exclude(pk__in=asked_by) if by_request else to,
        before=before,
        after=record.entered_at,
        reason=reason,
        words=words,
    )


def tell_of_grant(grant: Any, *, kind: str, at: dt.datetime, actor: Any, why: str) -> int:
    """Tell the person, or the members of the group, that they were granted a right, or that it was revoked.

    The notice's `after` is the end of what is granted.
    """
    users = get_user_model()._default_manager
    to = [grant.user_id] if hasattr(grant, "user_id") else users.filter(groups=grant.group_id)
    until = grant.until.replace(microsecond=0) if grant.until and kind == Notice.Kind.GRANTED else None
    return tell(kind=kind, record=grant.content_object, at=at, actor=actor, to=to, after=until, words=why.strip())


def mark_read(notices: QuerySet, at: dt.datetime) -> int:
    """Keep that these were read; gives how many were unread."""
    return notices.filter(read_at__isnull=True).update(read_at=at)


def _people(to: Iterable[Any]) -> QuerySet:
    if isinstance(to, QuerySet) and not to.query.is_sliced:
        return to
    return get_user_model()._default_manager.filter(pk__in=_ids(to))


def _ids(people: Iterable[Any]) -> set[int]:
    return {getattr(person, "pk", person) for person in people}
