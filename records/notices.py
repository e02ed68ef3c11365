"""Notices as their reader sees them: a sentence, what moved, why, and where to look; on the page and in the mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.presenters import system_reasons

from .keyset import Counted, Order, Page, Part, paginate
from .models import RECORDS, Notice, Reason

SIZE, COUNTED = 30, 99
NEWEST = Order("-at", (Part("at", down=True), Part("id", down=True)))
SHOWS = ("", "unread", "requests")
ABOUT_REQUESTS = ("asked", "approved", "rejected", "expired", "overtaken")

ICONS = {
    "changed": "clock",
    "asked": "inbox",
    "approved": "check",
    "rejected": "x",
    "expired": "history",
    "overtaken": "history",
    "granted": "key",
    "revoked": "lock",
    "sent_back": "undo",
    "review_due": "eye",
    "excepted": "key",
    "unexcepted": "lock",
    "except_ends": "history",
    "closed": "lock",
    "closed_hard": "lock",
    "reopened": "calendar",
}


def unread_of(user_id: Any) -> Counted:
    """How many notices the person has not read, counted no further than the bell says; a part of another query."""
    return Counted(Notice.objects.filter(user=user_id, read_at__isnull=True), most=COUNTED)


@dataclass(frozen=True)
class Told:
    """One notice. `seen` is False where the reader may not see the record any more: then it says nothing of it.

    `until` is the end of a grant; `url` leads to the request or the record.
    """

    notice: Notice
    sentence: str
    seen: bool = False
    title: str = ""
    before: dt.datetime | None = None
    after: dt.datetime | None = None
    until: dt.datetime | None = None
    reason: str = ""
    words: str = ""
    url: str = ""

    @property
    def at(self) -> dt.datetime:
        """When it was told, to the minute."""
        return self.notice.at.replace(second=0, microsecond=0)

    @property
    def icon(self) -> str:
        """The sign of its kind."""
        return ICONS[self.notice.kind] if self.seen else "lock"


def notices_of(user: Any, *, show: str = "", after: str = "", before: str = "") -> Page:
    """A page of the person's notices, newest first: all, the unread ones, or those about requests."""
    mine = Notice.objects.filter(user=user.pk)
    if show == "unread":
        mine = mine.filter(read_at__isnull=True)
    elif show == "requests":
        mine = mine.filter(kind__in=ABOUT_REQUESTS)
    return paginate(mine, NEWEST, after=after, before=before, size=SIZE, dress=_with_request)


def _with_request(rows: QuerySet) -> QuerySet:
    return rows.select_related("request")


def present(notices: Iterable[Notice], user: Any, at: dt.datetime) -> list[Told]:
    """The notices, each read with its request, in their order and in the active language, as the person sees them `at`.

    Two queries.
    """
    notices = list(notices)
    owners = _owners_of_visible(notices, user, at)
    reasons = system_reasons() | {reason.code: reason.name for reason in Reason.objects.all()} if notices else {}
    return [_told(notice, user, owners, reasons) for notice in notices]


def _owners_of_visible(notices: list[Notice], user: Any, at: dt.datetime) -> dict[tuple[str, int], int]:
    """(type, id) → owner, of the records the person may see."""
    parts = []
    for name, model in RECORDS.items():
        ids = {notice.record_id for notice in notices if notice.record_type == name} - {None}
        if ids:
            visible: Any = model.objects.visible_to(user, at).filter(pk__in=ids).order_by()  # type: ignore[attr-defined]
            parts.append(visible.values_list(Value(name, CharField()), "pk", "owner_id"))
    rows = parts[0].union(*parts[1:], all=True) if parts else ()
    return {(name, pk): owner for name, pk, owner in rows}


def _told(notice: Notice, user: Any, owners: dict[tuple[str, int], int], reasons: dict[str, str]) -> Told:
    if notice.record_id is None:
        return _of_type(notice)
    about = (notice.record_type, notice.record_id)
    if about not in owners:
        return Told(notice, _("A notice about a record you may not see"))
    request = notice.request
    yours = owners[about] == user.pk if request is None else request.asked_by_id == user.pk
    granted = notice.kind == Notice.Kind.GRANTED
    return Told(
        notice=notice,
        sentence=_sentence(notice, yours),
        seen=True,
        title=notice.title,
        before=notice.before,
        after=None if granted else notice.after,
        until=notice.after if granted else None,
        reason=reasons.get(notice.reason, notice.reason),
        words=notice.words,
        url=_url(notice),
    )


def _of_type(notice: Notice) -> Told:
    """One about all records of a type: an exception for its closed periods, or such a period."""
    model: Any = notice.record_model
    facts = {"who": notice.actor_name or _("System"), "type": model._meta.verbose_name_plural, "day": notice.title}
    return Told(
        notice=notice,
        sentence=_about_type(notice) % facts,
        seen=True,
        title=capfirst(model._meta.verbose_name_plural),
        until=notice.after,
        words=notice.words,
        url=reverse(model.page("list")),
    )


def _about_type(notice: Notice) -> str:
    kinds = Notice.Kind
    if notice.kind == kinds.REOPENED and not notice.title:
        return _("%(who)s reopened the periods of %(type)s: none is closed now")
    return {
        kinds.EXCEPTED: _("%(who)s granted you an exception: you may enter closed periods of %(type)s"),
        kinds.UNEXCEPTED: _("%(who)s ended your exception for closed periods of %(type)s"),
        kinds.EXCEPT_ENDS: _("Your exception for closed periods of %(type)s ends soon"),
        kinds.CLOSED: _("%(who)s closed the periods of %(type)s through %(day)s"),
        kinds.CLOSED_HARD: _("%(who)s closed the periods of %(type)s for good through %(day)s"),
        kinds.REOPENED: _("%(who)s reopened periods of %(type)s: closed through %(day)s now"),
    }[kinds(notice.kind)]


def _sentence(notice: Notice, yours: bool) -> str:
    who = {"who": notice.actor_name or _("System")}
    if notice.kind == Notice.Kind.CHANGED:
        return (_("%(who)s changed an entry time of yours") if yours else _("%(who)s changed an entry time")) % who
    if notice.kind == Notice.Kind.ASKED:
        return _("%(who)s asks for a change of an entry time") % who
    if notice.kind == Notice.Kind.GRANTED:
        return _("%(who)s granted you a right") % who
    if notice.kind == Notice.Kind.REVOKED:
        return _("%(who)s revoked a right of yours") % who
    if notice.kind == Notice.Kind.SENT_BACK:
        return _("%(who)s sent back a change of yours: explain or correct it") % who
    if notice.kind == Notice.Kind.REVIEW_DUE:
        return _("Changes wait too long for a review")
    return _ended(yours)[notice.kind]


def _ended(yours: bool) -> dict[str, str]:
    """What became of a request."""
    if yours:
        return {
            "approved": _("Your request was approved"),
            "rejected": _("Your request was rejected"),
            "expired": _("Your request expired"),
            "overtaken": _("Your request was overtaken: the record changed meanwhile"),
        }
    return {
        "approved": _("A request was approved"),
        "rejected": _("A request was rejected"),
        "expired": _("A request expired"),
        "overtaken": _("A request was overtaken: the record changed meanwhile"),
    }


def _url(notice: Notice) -> str:
    if notice.request_id is not None:
        return reverse("records:request_detail", args=[notice.request_id])
    if notice.kind == Notice.Kind.REVIEW_DUE:
        return reverse("records:review")
    return notice.record_model(pk=notice.record_id).get_absolute_url()
