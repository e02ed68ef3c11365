"""Exceptions: somebody may enter the closed periods of a type until they end, or are revoked."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.models import Group

from records.models import Notice, PeriodException
from records.models.rules import TYPES
from records.refusals import refuse

from .granting import is_active
from .locks import rules_lock
from .notices import tell_of_exception
from .records import Clock, actor
from .refusing import service
from .rows import check_manager, insert, remove


@service("add_exception")
def add_exception(
    *,
    to: Any,
    record_type: str,
    until: dt.datetime | None,
    why: str,
    by: Any,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> PeriodException:
    """Let a person, or the group of a role or team (`to`), into the closed periods of a type until a moment.

    Raises Refused: rules_right, exception_right, exception_self, why, value, grant_end (none, or past), grant_holder.
    """
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    check_manager(checker, why)
    if "reopen_periods" not in checker.who.permissions:
        raise refuse("exception_right")
    is_group = isinstance(to, Group)
    if (is_group and to.pk in checker.who.groups) or (not is_group and to.pk == checker.user.pk):
        raise refuse("exception_self")
    if record_type not in TYPES:
        raise refuse("value")
    if until is None or until <= checker.at:
        raise refuse("grant_end")
    if not is_active(to):
        raise refuse("grant_holder")
    made = PeriodException(
        record_type=record_type,
        until=until,
        why=why.strip(),
        granted_by=checker.user,
        granted_at=checker.at,
        **{"group" if is_group else "user": to},
    )
    insert(made, checker, note=why, channel=channel, remote_addr=remote_addr)
    tell_of_exception(made, kind=Notice.Kind.EXCEPTED, at=checker.at, actor=checker.user, why=why)
    return made


@service("revoke_exception", about="exception")
def revoke_exception(
    *, exception: PeriodException, why: str, by: Any, channel: str, clock: Clock, remote_addr: str | None = None
) -> None:
    """End an exception now. The row goes, its history keeps a '-' row with the reason.

    Raises Refused: rules_right, why, exception_ended.
    """
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    check_manager(checker, why)
    found = PeriodException.objects.select_for_update(of=("self",)).filter(pk=exception.pk).first()
    if found is None or found.until <= checker.at:
        raise refuse("exception_ended")
    tell_of_exception(found, kind=Notice.Kind.UNEXCEPTED, at=checker.at, actor=checker.user, why=why)
    remove(found, checker, note=why, channel=channel, remote_addr=remote_addr)
