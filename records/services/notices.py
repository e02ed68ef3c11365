"""Telling people: a notice for each is written inside the transaction of what it tells of, and mailed by the worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from records.models import Follow, Notice, NoticeRule
from records.models.access import OWN, REDATE

APP = "records"


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
    told = {
        "kind": kind,
        "record_type": record._meta.model_name,
        "record_id": record.pk,
        "title": record.title,
        "at": at,
        "before": before,
        "after": after,
        "reason": reason,
        "words": words,
        "request": request,
    }
    return _write(told, actor, to)


def _write(told: dict[str, Any], actor: Any, to: Iterable[Any]) -> int:
    people = _people(to).filter(is_active=True).exclude(pk=actor.pk if actor else None)
    mails = people.order_by("pk").values_list("pk", "mail")
    told |= {"actor_name": str(actor) if actor else ""}
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


def tell_of_exception(exception: Any, *, kind: str, at: dt.datetime, actor: Any, why: str, to: Any = None) -> int:
    """Tell the person, or the members of the group, of an exception for closed periods: of `to`, where that is given.

    The notice's `after` is its end, but for one that is revoked.
    """
    until = None if kind == Notice.Kind.UNEXCEPTED else exception.until.replace(microsecond=0)
    told = {"kind": kind, "record_type": exception.record_type, "at": at, "after": until, "words": why.strip()}
    return _write(told, actor, holders_of(exception) if to is None else to)


def holders_of(exception: Any) -> QuerySet:
    """The person of an exception, or the members of its group."""
    users = get_user_model()._default_manager
    if exception.user_id is not None:
        return users.filter(pk=exception.user_id)
    return users.filter(pk__in=users.filter(groups=exception.group_id).values("pk"))


def tell_of_period(*, record_type: str, kind: str, day: dt.date | None, at: dt.datetime, actor: Any, why: str) -> int:
    """Tell that a period of a type was closed, or reopened: `day` is the last one that is closed now, None for none.

    Told are those who own such records or may change their entry times, and whom a rule names for the type.
    """
    told = {"kind": kind, "record_type": record_type, "at": at, "words": why.strip()}
    return _write(told | {"title": day.isoformat() if day else ""}, actor, _concerned_by_period(record_type))


def _concerned_by_period(record_type: str) -> QuerySet:
    users = get_user_model()._default_manager
    codenames = [OWN, REDATE.format(record_type)]
    able = users.filter(groups__permissions__codename__in=codenames, groups__permissions__content_type__app_label=APP)
    rules = NoticeRule.objects.filter(record_type=record_type)
    members = users.filter(groups__in=rules.filter(group__isnull=False).values("group"))
    named = Q(pk__in=able.values("pk")) | Q(pk__in=members.values("pk"))
    return users.filter(named | Q(pk__in=rules.filter(user__isnull=False).values("user")))


def mark_read(notices: QuerySet, at: dt.datetime) -> int:
    """Keep that these were read; gives how many were unread."""
    return notices.filter(read_at__isnull=True).update(read_at=at)


def _people(to: Iterable[Any]) -> QuerySet:
    if isinstance(to, QuerySet) and not to.query.is_sliced:
        return to
    return get_user_model()._default_manager.filter(pk__in=_ids(to))


def _ids(people: Iterable[Any]) -> set[int]:
    return {getattr(person, "pk", person) for person in people}
