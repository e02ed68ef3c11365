"""The sign-ins of the demo data, shown on the sign-in page. Settings refuse DEMO without DEBUG."""

from __future__ import annotations

from typing import Any

from .models import User

USERNAMES = ("lin", "chen", "priya", "marcus", "zhao", "olivia", "han", "wang", "admin", "auditor")
PASSWORD = "redate-demo"  # noqa: S105 known to everybody, and to nobody's company


def sign_ins() -> list[dict[str, Any]]:
    """Who of them exists and may sign in, with the names of their roles."""
    people = User.objects.filter(username__in=USERNAMES, is_active=True).prefetch_related("groups__role")
    return [
        {"person": person, "roles": [group.role.name for group in person.groups.all() if hasattr(group, "role")]}
        for person in sorted(people, key=lambda person: USERNAMES.index(person.username))
    ]
