"""What the trail says of people, roles, teams and sign-ins; registered once, when the app is ready."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.displays import call
from audit.telling import Facts, track_event
from records.displays.events import more_names
from records.displays.names import people, roles

from .models import Role, Team, User
from .people.refusals import sentences
from .people.told import labels, word

SIGNING = {
    "signed_in": gettext_lazy("Signed in"),
    "signed_out": gettext_lazy("Signed out"),
    "sign_in_failed": gettext_lazy("Sign-in failed"),
}
PEOPLE = {
    "person_added": gettext_lazy("Person added"),
    "person_changed": gettext_lazy("Person changed"),
    "person_deactivated": gettext_lazy("Person deactivated"),
    "person_activated": gettext_lazy("Person activated"),
    "password_changed": gettext_lazy("Password changed"),
    "role_renamed": gettext_lazy("Role renamed"),
    "team_added": gettext_lazy("Team added"),
    "team_changed": gettext_lazy("Team changed"),
}


def register() -> None:
    """Names of people, roles and teams, and the sentences of their events."""
    call(User, rows=lambda viewer: people()[0], column="shown_name", url=lambda pk: reverse("person", args=[pk]))
    call(Team, rows=lambda viewer: Team.objects.all(), column="name", url=lambda pk: reverse("team", args=[pk]))
    call(Role, rows=lambda viewer: Role.objects.all(), column="name_en")
    more_names.append(sentences)
    for kind, name in SIGNING.items():
        track_event(kind, name, group="sign-in", tells=_why)
    for kind, name in PEOPLE.items():
        track_event(kind, name, group="people", tells=_changes)
    track_event("role_given", gettext_lazy("Role given"), group="people", tells=_role, reads=_roles)
    track_event("role_taken", gettext_lazy("Role taken"), group="people", tells=_role, reads=_roles)


def _why(facts: Facts, known: Any) -> str:
    words = {
        "inactive": _("The person is deactivated"),
        "wrong password": _("Wrong password"),
        "unknown name": _("Unknown name"),
    }
    return words.get(str(facts.get("why", "")), "")


def _roles(facts: list[Facts]) -> dict[str, str]:
    rows, column = roles()
    return dict(rows.values_list("key", column))


def _role(facts: Facts, known: dict[str, str]) -> str:
    key = str(facts.get("role", ""))
    return known.get(key, key)


def _changes(facts: Facts, known: Any) -> list[tuple[str, Any, Any]]:
    """Fields as (label, before, after); what is secret was never kept."""
    return list(_pairs(facts))


def _pairs(facts: Facts) -> Iterable[tuple[str, Any, Any]]:
    known = labels() | {
        "name": (_("Name"), ""),
        "name_en": (_("English"), ""),
        "name_zh": (_("Chinese"), ""),
        "manager": (_("Manager"), _("none")),
    }
    for name, pair in facts.items():
        if isinstance(pair, list) and len(pair) == 2 and name in known:
            label, empty = known[name]
            yield label, word(name, pair[0], empty), word(name, pair[1], empty)
