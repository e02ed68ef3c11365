"""What people change about themselves."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit import times
from audit.events import record_event
from crm.models import User
from crm.people.refusals import refuse
from records.services.locks import locked, rules_lock
from records.services.records import Clock, actor
from records.services.refusing import service

from ._writing import Writing

PROFILE = frozenset({"display_name", "email", "language", "theme", "zone", "mail"})


def set_own_zone(*, person: User, zone: str, remote_addr: str | None = None) -> None:
    """Keep the zone a person reads times in. Raises ValueError for a name that is no zone."""
    times.zone(zone)
    _set_own(person, remote_addr, zone=zone)


def set_own_language(*, person: User, language: str, remote_addr: str | None = None) -> None:
    """Keep the language a person reads."""
    _set_own(person, remote_addr, language=language)


@service("set_own_profile", about="by")
def set_own_profile(
    *, by: User, values: dict[str, Any], channel: str, clock: Clock, remote_addr: str | None = None
) -> bool:
    """Keep what a person says of themselves (fields of PROFILE); False where nothing differs.

    Raises Refused: inactive, email_taken; ValueError for a field that is not theirs or a name that is no zone.
    """
    if not set(values) <= PROFILE:
        raise ValueError(f"{sorted(set(values) - PROFILE)} are not one's own to change")
    if values.get("zone"):
        times.zone(values["zone"])
    rules_lock(exclusive=True)
    at = clock()
    actor(by, at)
    row = locked(User, by.pk)
    if "email" in values and User.objects.filter(email__iexact=values["email"]).exclude(pk=row.pk).exists():
        raise refuse("email_taken")
    return Writing(row, at, "", channel, remote_addr).save(row, "person_changed", **values)


def set_own_password(*, person: User, password: str, remote_addr: str | None = None) -> None:
    """Keep a new password. The event says that it changed, nothing else."""
    with transaction.atomic():
        person.set_password(password)
        person.save(update_fields=["password"])
        record_event(kind="password_changed", by=person, at=times.now(), record=person, remote_addr=remote_addr)


def _set_own(person: User, remote_addr: str | None, **values: Any) -> None:
    """Save what differs, with one event; the fields it names decide no rights."""
    changes = {name: [getattr(person, name), value] for name, value in values.items() if getattr(person, name) != value}
    if not changes:
        return
    with transaction.atomic():
        for name, (_before, after) in changes.items():
            setattr(person, name, after)
        person.save(update_fields=list(changes))
        record_event(
            kind="person_changed", by=person, at=times.now(), record=person, remote_addr=remote_addr, what=changes
        )
