"""Every write to people. Each change and its event are one transaction."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit import times
from audit.events import record_event
from crm.models import User


def set_own_zone(*, person: User, zone: str, remote_addr: str | None = None) -> None:
    """Keep the zone a person reads times in. Raises ValueError for a name that is no zone."""
    times.zone(zone)
    _set_own(person, remote_addr, zone=zone)


def set_own_language(*, person: User, language: str, remote_addr: str | None = None) -> None:
    """Keep the language a person reads."""
    _set_own(person, remote_addr, language=language)


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
