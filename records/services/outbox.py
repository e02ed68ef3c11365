"""The outbox: which notices are due as mail, claimed by one worker at a time, and what became of them.

A mail goes out after its claim is committed and before it is marked as sent, so a crash in between repeats it, with the
same Message-ID, and loses none: docs/decisions/0008.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet

from records.models import Notice

AGAIN_AFTER = dt.timedelta(minutes=10)  # a claim so old came to nothing: its worker died, or the mail server refused
GIVE_UP_AFTER = dt.timedelta(days=7)  # mail so old helps nobody; the notice stays on its page
SINGLY = 20  # for who wants each as it happens: more at once come as one mail
MOST = 100  # notices in one mail


def waiting() -> QuerySet:
    """Notices whose mail is not sent yet, also those that another worker has claimed."""
    return Notice.objects.filter(mail_due=True, mailed_at__isnull=True)


def people_waiting() -> list[Any]:
    """People with such notices."""
    ids = waiting().order_by().values("user").distinct()
    return list(get_user_model()._default_manager.filter(pk__in=ids).order_by("pk"))


def claim(person: Any, until: dt.datetime, now: dt.datetime) -> list[Notice]:
    """Claim the next mail of the person: its notices, oldest first, told until the moment `until`.

    Nothing where nothing is due, or another worker is claiming for the same person at this moment.
    """
    with transaction.atomic():
        people = get_user_model()._default_manager.select_for_update(skip_locked=True, no_key=True)
        if not list(people.filter(pk=person.pk).values_list("pk")):
            return []
        free = waiting().filter(Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - AGAIN_AFTER))
        due = free.filter(user=person.pk, at__lte=until).select_related("request").order_by("id")
        found = _one_mail(list(due[: MOST + 1]), singly=person.mail == "each")
        key = found[0].mail or found[0].pk if found else None
        _rows(found).update(mail=key, claimed_at=now)
    for notice in found:
        notice.mail, notice.claimed_at = key, now
    return found


def sent(mail: list[Notice], now: dt.datetime) -> None:
    """Keep that the mail went out."""
    _rows(mail).update(mailed_at=now)


def leave_out(notices: QuerySet) -> int:
    """These need no mail any more. Gives how many were left out."""
    return notices.filter(mail_due=True, mailed_at__isnull=True).update(mail_due=False)


def _rows(notices: list[Notice]) -> QuerySet:
    return Notice.objects.filter(pk__in=[notice.pk for notice in notices])


def _one_mail(free: list[Notice], *, singly: bool) -> list[Notice]:
    """What goes into one mail: first one that was claimed before, as it was; then what is new."""
    claimed = next((notice.mail for notice in free if notice.mail is not None), None)
    if claimed is not None:
        return [notice for notice in free if notice.mail == claimed]
    return free[:1] if singly and len(free) <= SINGLY else free[:MOST]
