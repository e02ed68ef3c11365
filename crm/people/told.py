"""The story of a person: events about them, newest first, in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from audit.models import Event
from crm.models import Role, User

SHOWN = 20


@dataclass(frozen=True)
class Told:
    """One event: when, by whom, what in a sentence, fields as (label, before, after), why."""

    at: dt.datetime
    actor: str
    sentence: str
    changes: list[tuple[str, str, str]]
    note: str


def story_of(person: User) -> list[Told]:
    """The newest events that changed the person, at most twenty."""
    kinds = _sentences()
    events = Event.objects.filter(record_type="crm.user", record_id=person.pk, kind__in=kinds)
    roles = {role.key: role.name for role in Role.objects.all()}
    return [_told(event, kinds[event.kind], roles) for event in events.order_by("-id")[:SHOWN]]


def _told(event: Event, sentence: str, roles: dict[str, str]) -> Told:
    what: dict[str, Any] = event.what
    known = labels()
    pairs = [(name, pair) for name, pair in what.items() if name in known and isinstance(pair, list)]
    changes = [(known[name][0], *(word(name, value, known[name][1]) for value in pair)) for name, pair in pairs]
    actor = event.actor_name or (_("Command line") if event.channel == "command" else _("Set-up"))
    role = what.get("role", "")
    return Told(event.at, actor, sentence % {"role": roles.get(role, role)}, changes, what.get("note", ""))


def word(name: str, value: Any, empty: str) -> str:
    """A value in words: nothing for what was not there before, names for choices that are open or kept as codes."""
    if value == "" or (value is None and empty):
        return empty
    return str(_meanings().get(name, {}).get(value, value) if isinstance(value, str) else value or "")


def _meanings() -> dict[str, dict[str, Any]]:
    """What the codes of a field mean."""
    mail: Any = User._meta.get_field("mail").choices
    return {
        "language": dict(settings.LANGUAGES),
        "theme": {"light": _("Light"), "dark": _("Dark")},
        "mail": dict(mail),
    }


def _sentences() -> dict[str, str]:
    return {
        "person_added": _("Added"),
        "person_changed": _("Changed"),
        "role_given": _("Role given: %(role)s"),
        "role_taken": _("Role taken: %(role)s"),
        "team_changed": _("Team changed"),
        "person_deactivated": _("Deactivated"),
        "person_activated": _("Activated"),
        "password_changed": _("Password changed"),
    }


def labels() -> dict[str, tuple[str, str]]:
    """Field → its label, and the word for an empty one."""
    return {
        "username": (_("Sign-in name"), ""),
        "display_name": (_("Name"), ""),
        "email": (_("E-mail"), ""),
        "team": (_("Team"), _("no team")),
        "zone": (_("Time zone"), _("the company’s")),
        "language": (_("Language"), _("the browser’s")),
        "theme": (_("Theme"), _("the system’s")),
        "mail": (_("Notices by e-mail"), ""),
    }
