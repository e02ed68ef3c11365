"""Roles are renamed, teams are made and changed; neither is ever deleted. Exclusively under the rules lock."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q

from crm.models import Role, Team, User
from crm.people.refusals import refuse
from records.services.locks import locked
from records.services.records import Clock
from records.services.refusing import service

from ._writing import begin, fingerprint


@service("rename_role", about="role")
def rename_role(
    *,
    role: Role,
    name_en: str,
    name_zh: str,
    note: str,
    by: Any,
    channel: str,
    clock: Clock,
    seen: str = "",
    remote_addr: str | None = None,
) -> bool:
    """Give a role its names; False where they stand already. Its key and what it may stay.

    Raises Refused: people_right, inactive, why, stale_person, role_name_taken. Event: role_renamed.
    """
    writing = begin(by=by, note=note, channel=channel, clock=clock, remote_addr=remote_addr)
    row = locked(Role, role.pk)
    if seen and seen != role_state(row):
        raise refuse("stale_person")
    same = Q(name_en__iexact=name_en) | Q(name_zh__iexact=name_zh)
    if Role.objects.filter(same).exclude(pk=row.pk).exists():
        raise refuse("role_name_taken")
    return writing.save(row, "role_renamed", name_en=name_en, name_zh=name_zh)


@service("add_team", about="team")
def add_team(
    *,
    name: str,
    manager: User | None,
    note: str,
    by: Any,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Team:
    """Make a team with its group. Raises Refused: people_right, inactive, why, team_taken, lead. Event: team_added."""
    writing = begin(by=by, note=note, channel=channel, clock=clock, remote_addr=remote_addr)
    team = Team(name=name)
    _check_team(team, name, manager)
    team.clean_fields(exclude=["group"])
    team.group = Group.objects.create(name=_group_name(name))
    team.manager = manager
    team.save(force_insert=True)
    told = {"name": [None, name], "manager": [None, str(manager) if manager else None]}
    writing.keep("team_added", team, **told, ids={"manager": [None, manager.pk if manager else None]})
    return team


@service("change_team", about="team")
def change_team(
    *,
    team: Team,
    name: str,
    manager: User | None,
    note: str,
    by: Any,
    channel: str,
    clock: Clock,
    seen: str = "",
    remote_addr: str | None = None,
) -> bool:
    """Rename a team or give it another lead; False where nothing differs.

    Raises Refused: people_right, inactive, why, stale_person, team_taken, lead. Event: team_changed, about the team.
    """
    writing = begin(by=by, note=note, channel=channel, clock=clock, remote_addr=remote_addr)
    row = locked(Team, team.pk)
    if seen and seen != team_state(row):
        raise refuse("stale_person")
    _check_team(row, name, manager)
    if not writing.save(row, "team_changed", name=name, manager=manager):
        return False
    Group.objects.filter(pk=row.group_id).update(name=_group_name(name))
    return True


def role_state(role: Role) -> str:
    """A mark of what `rename_role` may change."""
    return fingerprint(role.name_en, role.name_zh)


def team_state(team: Team) -> str:
    """A mark of what `change_team` may change."""
    return fingerprint(team.name, team.manager_id)


def _check_team(team: Team, name: str, manager: User | None) -> None:
    if Team.objects.filter(name__iexact=name).exclude(pk=team.pk).exists():
        raise refuse("team_taken")
    if manager is None or manager.pk == team.manager_id:
        return
    if not User.objects.filter(pk=manager.pk, is_active=True).exists():
        raise refuse("lead")


def _group_name(name: str) -> str:
    return f"team:{name}"
