"""What `verify` also looks at, of people: each person, role and team is as the last events about them say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, Permission

from audit.models import Event
from audit.verify import Found, Look, checks
from records.permissions import ROLE_NAMES, ROLES, codenames

from .models import Role, Team, User

TOLD = ("person_added", "person_changed", "person_deactivated", "person_activated", "role_given", "role_taken")
TOLD += ("team_added", "team_changed", "role_renamed")
PERSON = ("username", "display_name", "email", "is_active")
ROLE, TEAM = ("name_en", "name_zh"), ("name",)
_LABELS = {User: "crm.user", Role: "crm.role", Team: "crm.team"}


def register() -> None:
    """Add the checks to those of every run."""
    checks.add("people", people)
    checks.add("rights", rights)


@dataclass
class _Story:
    """What the events say of one row: its fields, the ids of what it points at, its roles; `begun` by being added."""

    begun: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    unclear: set[str] = field(default_factory=set)  # pointers that older events told by name alone

    def hear(self, kind: str, what: dict[str, Any]) -> None:
        """The next event about it."""
        self.begun = self.begun or kind in ("person_added", "team_added")
        after = {name: pair[1] for name, pair in what.items() if isinstance(pair, list) and len(pair) == 2}
        self.roles = after.pop("roles", self.roles)
        ids = what.get("ids", {})
        told = {name: pair[1] for name, pair in ids.items()}
        self.ids |= told
        self.unclear = (self.unclear | (after.keys() & {"team", "manager"})) - told.keys()
        self.fields |= after


def people(look: Look) -> Iterator[Found]:
    """Persons, roles and teams against their events."""
    stories = _stories()
    yield from _persons(stories[_LABELS[User]])
    yield from _memberships(stories[_LABELS[User]])
    yield from _teams(stories[_LABELS[Team]])
    yield from _roles(stories[_LABELS[Role]])


def _stories() -> dict[str, dict[int, _Story]]:
    """By table and row, what all events together say."""
    found: dict[str, dict[int, _Story]] = defaultdict(lambda: defaultdict(_Story))
    events = Event.objects.filter(kind__in=TOLD, record_type__in=_LABELS.values(), record_id__isnull=False)
    rows = events.order_by("pk").values_list("record_type", "record_id", "kind", "what")
    for record_type, record_id, kind, what in rows.iterator():
        found[record_type][record_id].hear(kind, what if isinstance(what, dict) else {})
    return found


def _persons(stories: dict[int, _Story]) -> Iterator[Found]:
    standing = set()
    for pk, *values in User.objects.order_by("pk").values_list("pk", *PERSON, "team_id").iterator():
        standing.add(pk)
        held, team = dict(zip(PERSON, values, strict=False)), values[-1]
        name, story = held["display_name"] or held["username"], stories.get(pk)
        if story is None or not story.begun:
            yield _found("person_unknown", User, pk, name)
            continue
        said = {"is_active": True, "display_name": "", "email": ""} | story.fields
        differ = [each for each in PERSON if said.get(each) != held[each]]
        differ += ["team"] if "team" not in story.unclear and story.ids.get("team") != team else []
        if differ:
            yield _found("person_differs", User, pk, name, columns=differ)
    for pk in sorted(stories.keys() - standing):
        yield _found("person_missing", User, pk, stories[pk].fields.get("display_name", ""))


def _memberships(stories: dict[int, _Story]) -> Iterator[Found]:
    """Everybody is in the groups of their roles and of their team, and in no other."""
    roles = dict(Role.objects.values_list("key", "group__name"))
    teams = dict(Team.objects.values_list("pk", "group__name"))
    groups: dict[int, set[str]] = defaultdict(set)
    for pk, name in User.groups.through.objects.values_list("user_id", "group__name").iterator():
        groups[pk].add(name)
    for pk, shown, username, team in User.objects.values_list("pk", "display_name", "username", "team_id"):
        story = stories.get(pk)
        if story is None or not story.begun:
            continue
        said = {roles.get(key, key) for key in story.roles} | ({teams[team]} if team else set())
        if said != groups[pk]:
            facts = {"held": sorted(groups[pk]), "said": sorted(said)}
            yield _found("roles_differ", User, pk, shown or username, **facts)


def _teams(stories: dict[int, _Story]) -> Iterator[Found]:
    for pk, name, manager in Team.objects.values_list("pk", "name", "manager_id"):
        story = stories.get(pk)
        if story is None or not story.begun:
            yield _found("team_unknown", Team, pk, name)
            continue
        differ = ["name"] if story.fields.get("name") != name else []
        differ += ["manager"] if "manager" not in story.unclear and story.ids.get("manager") != manager else []
        if differ:
            yield _found("role_differs", Team, pk, name, columns=differ)


def _roles(stories: dict[int, _Story]) -> Iterator[Found]:
    for pk, key, *names in Role.objects.values_list("pk", "key", *ROLE):
        said = dict(zip(ROLE, ROLE_NAMES.get(key, ("", "")), strict=True))
        said |= {name: value for name, value in stories[pk].fields.items() if name in said} if pk in stories else {}
        differ = [name for name, value in zip(ROLE, names, strict=True) if said[name] != value]
        if differ:
            yield _found("role_differs", Role, pk, names[0], columns=differ)


def rights(look: Look) -> Iterator[Found]:
    """Roles hold the rights that Redate gives them; no other group and no person holds any."""
    held: dict[int, set[str]] = defaultdict(set)
    for pk, codename in Group.permissions.through.objects.values_list("group_id", "permission__codename").iterator():
        held[pk].add(codename)
    roles = dict(Role.objects.values_list("group_id", "key"))
    for pk, name in Group.objects.values_list("pk", "name"):
        said = codenames(roles[pk]) if roles.get(pk) in ROLES else set()
        if pk in roles:
            said &= set(Permission.objects.values_list("codename", flat=True))
        if differ := sorted(said ^ held[pk]):
            yield Found("rights_differ", "auth.group", pk, facts=_facts(Group, pk, name) | {"columns": differ})
    own = User.user_permissions.through.objects.values_list("user_id", "permission__codename")
    for pk, codename in own:
        name = str(User.objects.get(pk=pk))
        yield Found("rights_differ", "crm.user", pk, facts=_facts(User, pk, name) | {"columns": [codename]})


def _found(code: str, model: Any, pk: int, name: str, **facts: Any) -> Found:
    return Found(code, _LABELS[model], pk, facts=_facts(model, pk, name) | facts)


def _facts(model: Any, pk: int, name: str) -> dict[str, Any]:
    return {"table": model._meta.db_table, "row": pk, "name": str(name)}
