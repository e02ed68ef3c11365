"""Grants: made, changed and ended here alone, each with its history row.

The rules lock is taken exclusively; no record is locked: a grant's foreign key locks its record by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import Group

from audit.triggers import APP_DELETE, switched_on
from records.access import Checker
from records.models import GRANTS
from records.models._entry_time_key import key
from records.models.access import permission_id
from records.models.record import Record
from records.refusals import StaleRecord, refuse

from .granting import Said, Terms, check, check_why, holder_of, may_grant, terms_of
from .locks import rules_lock
from .notices import tell_of_grant
from .records import Clock, actor
from .refusing import service

__all__ = [
    "Terms",
    "change_grant",
    "grant",
    "holder_of",
    "may_grant",
    "revoke",
    "standing_grant",
    "terms_of",
]


@service("grant")
def grant(
    *,
    record: Record,
    to: Any,
    terms: Terms,
    why: str,
    by: Any,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Any:
    """Give a person, or the group of a role or team (`to`), a right on `record` under `terms`.

    Raises Refused: grant_right, grant_self, grant_holder (nobody active, or no role or team), grant_ceiling, grant_end
    (none, or past), grant_stands (an open grant of the same right), why (none given), value. An ended grant of the
    same right is replaced, its row kept in history.
    """
    rules_lock(exclusive=True)
    checker, row = actor(by, clock()), type(record)._default_manager.get(pk=record.pk)
    check(row, to, terms, why, checker)
    said = Said(checker, why.strip(), channel, remote_addr)
    standing = standing_grant(row, to, terms.kind)
    if standing is not None:
        if standing.until is None or standing.until > checker.at:
            raise refuse("grant_stands")
        delete_rows([standing], said)
    made = new_row(row, to, terms, said)
    with said.act(), key():
        made.save(force_insert=True)
    tell_of_grant(made, kind="granted", at=checker.at, actor=checker.user, why=why)
    return made


@service("change_grant", about="grant")
def change_grant(
    *,
    grant: Any,
    seen_version: int,
    terms: Terms,
    why: str,
    by: Any,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Any:
    """Extend or shorten a grant as `by` saw it at `seen_version`: its end, window and reach; the right stays the same.

    Who may end a grant may shorten it; anything wider is judged like a new grant. Raises Refused as `grant` does and
    grant_ended, StaleRecord where somebody changed it meanwhile.
    """
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    found = _current(grant, checker)
    if found.version != seen_version:
        raise StaleRecord(found, {}, {"version": found.version})
    standing = terms_of(found)
    terms = replace(terms, kind=standing.kind)
    check(found.content_object, holder_of(found), terms, why, checker, standing)
    if not write_terms(found, terms, Said(checker, why.strip(), channel, remote_addr)):
        return found
    tell_of_grant(found, kind="granted", at=checker.at, actor=checker.user, why=why)
    return found


@service("revoke", about="grant")
def revoke(*, grant: Any, why: str, by: Any, channel: str, clock: Clock, remote_addr: str | None = None) -> None:
    """End a grant now. The row goes, its history keeps a '-' row with the reason. Raises Refused."""
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    found = _current(grant, checker)
    if not may_grant(found.content_object, checker, terms_of(found).kind):
        raise refuse("grant_right")
    check_why(why)
    tell_of_grant(found, kind="revoked", at=checker.at, actor=checker.user, why=why)
    delete_rows([found], Said(checker, why.strip(), channel, remote_addr))


def standing_grant(record: Any, to: Any, kind: str) -> Any:
    """The grant of that right to that person or group on the record itself, ended or not; None without one."""
    model = GRANTS[record._meta.model_name][isinstance(to, Group)]
    permission = permission_id(kind.format(record._meta.model_name))
    return model.objects.filter(content_object=record, permission=permission, **holder_column(to)).first()


def new_row(record: Any, to: Any, terms: Terms, said: Said) -> Any:
    """The grant that `check` allowed, not stored yet."""
    model: Any = GRANTS[record._meta.model_name][isinstance(to, Group)]
    return model(
        content_object=record,
        permission_id=permission_id(terms.kind.format(record._meta.model_name)),
        granted_by=said.checker.user,
        granted_at=said.checker.at,
        why=said.why,
        **terms.columns(record),
        **holder_column(to),
    )


def write_terms(grant: Any, terms: Terms, said: Said) -> bool:
    """Give a standing grant other terms, with its history row; False where they are its own. Under the rules lock."""
    values = terms.columns(grant.content_object)
    changed = {name: value for name, value in values.items() if getattr(grant, name) != value}
    if not changed:
        return False
    for name, value in (changed | {"why": said.why, "granted_by": said.checker.user}).items():
        setattr(grant, name, value)
    with said.act(), key():
        grant.save(update_fields=[*changed, "why", "granted_by"])
    return True


def delete_rows(grants: Iterable[Any], said: Said) -> None:
    """Take grants away and leave their '-' rows. Under the rules lock."""
    with switched_on(APP_DELETE), said.act(), key():
        for grant in grants:
            grant.delete()


def holder_column(to: Any) -> dict[str, Any]:
    """The column that says to whom, with its value."""
    return {"group" if isinstance(to, Group) else "user": to}


def _current(grant: Any, checker: Checker) -> Any:
    found = type(grant).objects.select_for_update(of=("self",)).filter(pk=grant.pk).first()
    if found is None or (found.until is not None and found.until <= checker.at):
        raise refuse("grant_ended")
    return found
