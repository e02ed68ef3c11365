"""Grants: made, changed and ended here alone, each with its history row.

The rules lock is taken exclusively; no record is locked: a grant's foreign key locks its record by itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission

from audit.acts import act
from audit.triggers import APP_DELETE, switched_on
from records.access import Checker
from records.models import GRANTS
from records.models._entry_time_key import key
from records.models.access import GRANTABLE, REDATE
from records.models.record import Record
from records.refusals import refuse
from records.rules import WindowLimit

from .judging import class_of, windows_of
from .locks import rules_lock
from .records import Clock, actor
from .refusing import service


@dataclass(frozen=True)
class Terms:
    """What a grant gives: `kind` is REDATE or VIEW, `until` an aware moment or None, the window in days."""

    kind: str = REDATE
    until: dt.datetime | None = None
    days_back: int = 0
    days_forward: int = 0
    no_limit: bool = False
    covers: bool = False

    @property
    def window(self) -> WindowLimit:
        """The grant's own window."""
        return WindowLimit(None if self.no_limit else self.days_back, self.days_forward)


@service("grant")
def grant(*, record: Record, to: Any, terms: Terms, why: str, by: Any, channel: str, clock: Clock) -> Any:
    """Give a person, or the group of a role or team (`to`), a right on `record` under `terms`.

    Raises Refused: grant_right, grant_self, grant_ceiling, grant_end, grant_stands (an open grant of the same right),
    why (no reason given). An ended grant of the same right is replaced, its row kept in history.
    """
    rules_lock(exclusive=True)
    checker, row = actor(by, clock()), type(record)._default_manager.get(pk=record.pk)
    _check(row, to, terms, why, checker)
    standing = _standing(row, to, terms.kind)
    if standing is not None:
        if standing.until is None or standing.until > checker.at:
            raise refuse("grant_stands")
        _delete(standing, checker, why, channel)
    model = GRANTS[row._meta.model_name or ""][isinstance(to, Group)]
    made: Any = model(
        content_object=row,
        permission=_permission(terms.kind, row),
        granted_by=checker.user,
        granted_at=checker.at,
        why=why,
        until=terms.until,
        days_back=terms.days_back,
        days_forward=terms.days_forward,
        no_limit=terms.no_limit,
        covers=terms.covers and row._meta.model_name == "customer",
        **{"group" if isinstance(to, Group) else "user": to},
    )
    with _act(checker, why, channel), key():
        made.save(force_insert=True)
    return made


@service("change_grant", about="grant")
def change_grant(*, grant: Any, terms: Terms, why: str, by: Any, channel: str, clock: Clock) -> Any:
    """Extend or shorten a grant: its end, window and reach. Shortening another's needs the right to revoke it."""
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    found = _current(grant, checker)
    _check(found.content_object, getattr(found, "user", None) or found.group, terms, why, checker)
    values = {
        "until": terms.until,
        "days_back": terms.days_back,
        "days_forward": terms.days_forward,
        "no_limit": terms.no_limit,
        "covers": terms.covers and found.content_object._meta.model_name == "customer",
    }
    changed = {name: value for name, value in values.items() if getattr(found, name) != value}
    if not changed:
        return found
    for name, value in changed.items():
        setattr(found, name, value)
    found.why = why
    found.granted_by = checker.user
    with _act(checker, why, channel), key():
        found.save(update_fields=[*changed, "why", "granted_by"])
    return found


@service("revoke", about="grant")
def revoke(*, grant: Any, why: str, by: Any, channel: str, clock: Clock) -> None:
    """End a grant now. The row goes, its history keeps a '-' row with the reason. Raises Refused."""
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    found = _current(grant, checker)
    if not may_grant(found.content_object, checker):
        raise refuse("grant_right")
    if not why.strip():
        raise refuse("why")
    _delete(found, checker, why, channel)


def may_grant(record: Any, checker: Checker) -> bool:
    """Whether the person may grant and end rights on the record: through a role, and holding the right by role."""
    if "grant_access" not in checker.who.permissions:
        return False
    return any(source.kind == "role" for source in checker.why(record, REDATE.format(record._meta.model_name)))


def ceiling(record: Any, checker: Checker) -> list[WindowLimit]:
    """The windows of the person's roles on the record: nobody grants more than they hold."""
    name = record._meta.model_name
    sources = [s for s in checker.why(record, REDATE.format(name)) if s.kind == "role"]
    return list(windows_of(checker.who, name, class_of(record), sources))


def _check(record: Any, to: Any, terms: Terms, why: str, checker: Checker) -> None:
    if terms.kind not in GRANTABLE:
        raise refuse("value")
    if not may_grant(record, checker):
        raise refuse("grant_right")
    if (isinstance(to, Group) and to.pk in checker.who.groups) or (not isinstance(to, Group) and to == checker.user):
        raise refuse("grant_self")
    if not why.strip():
        raise refuse("why")
    if terms.until is not None and terms.until <= checker.at:
        raise refuse("grant_end")
    if terms.kind == REDATE and not _within(terms.window, ceiling(record, checker)):
        raise refuse("grant_ceiling")


def _within(window: WindowLimit, held: list[WindowLimit]) -> bool:
    """Whether one window that is held is at least as wide, both ways."""
    for mine in held:
        back = mine.days_back is None or (window.days_back is not None and window.days_back <= mine.days_back)
        if back and window.days_forward <= mine.days_forward:
            return True
    return False


def _permission(kind: str, record: Any) -> Permission:
    codename = kind.format(record._meta.model_name)
    return Permission.objects.get(content_type__app_label="records", codename=codename)


def _standing(record: Any, to: Any, kind: str) -> Any:
    model = GRANTS[record._meta.model_name][isinstance(to, Group)]
    who = {"group" if isinstance(to, Group) else "user": to}
    found = model.objects.filter(content_object=record, permission=_permission(kind, record), **who)
    return found.select_for_update().first()


def _current(grant: Any, checker: Checker) -> Any:
    found = type(grant).objects.select_for_update(of=("self",)).filter(pk=grant.pk).first()
    if found is None or (found.until is not None and found.until <= checker.at):
        raise refuse("grant_ended")
    return found


def _delete(grant: Any, checker: Checker, why: str, channel: str) -> None:
    with switched_on(APP_DELETE), _act(checker, why, channel), key():
        grant.delete()


def _act(checker: Checker, why: str, channel: str) -> Any:
    role = ",".join(checker.who.roles)
    return act(by=checker.user, reason="", note=why, channel=channel, at=checker.at, role=role)
