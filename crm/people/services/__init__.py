"""Every write to people, roles and teams. Each change and its events are one transaction; nobody is ever deleted."""

from __future__ import annotations

from ._writing import fingerprint
from .first import add_administrator, needs_setup, set_up
from .groups import add_team, change_team, rename_role
from .own import set_own_language, set_own_password, set_own_profile, set_own_zone
from .people import activate_person, add_person, change_person, deactivate_person, state_of

__all__ = [
    "activate_person",
    "add_administrator",
    "add_person",
    "add_team",
    "change_person",
    "change_team",
    "deactivate_person",
    "fingerprint",
    "needs_setup",
    "rename_role",
    "set_own_language",
    "set_own_password",
    "set_own_profile",
    "set_own_zone",
    "set_up",
    "state_of",
]
