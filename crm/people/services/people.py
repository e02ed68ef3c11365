"""Adding people, changing them, and whether they may sign in. Exclusively under the rules lock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.hashers import make_password

from crm.models import Role, Team, User
from crm.people.refusals import refuse
from crm.people.sessions import end_sessions
from records.services.locks import locked
from records.services.records import Clock
from records.services.refusing import service

from ._writing import Writing, begin, fingerprint

ADMINISTRATOR = "administrator"


@service("add_person", about="person")
def add_person(
    *,
    username: str,
    display_name: str,
    email: str,
    roles: Iterable[str],
    team: Team | None,
    password: str | None,
    note: str,
    by: Any,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> User:
    """Add a person with the roles of these keys. Without a password they set one through a mailed link.

    Raises Refused (people_right, inactive, why, username, username_taken, email_taken, role_unknown) and
    ValidationError for values the model refuses. Events: person_added, role_given for each role, team_changed.
    """
    hashed = make_password(password)  # slow on purpose, so before the lock
    writing = begin(by=by, note=note, channel=channel, clock=clock, remote_addr=remote_addr)
    values = {"username": username, "display_name": display_name, "email": email, "password": hashed}
    return add(writing, roles=roles, team=team, **values)


def add(writing: Writing, *, roles: Iterable[str], team: Team | None, **values: Any) -> User:
    """The inner part of adding, inside the transaction and under the lock of its caller."""
    person = User(**values | {"username": User.normalize_username(values["username"]).strip()})
    person.clean_fields(exclude=["password"])
    _check_names(person)
    person.save(force_insert=True)
    shown = {name: [None, getattr(person, name)] for name in ("username", "display_name", "email")}
    writing.keep("person_added", person, **shown)
    _set_roles(writing, person, roles)
    _set_team(writing, person, team)
    return person


@service("change_person", about="person")
def change_person(
    *,
    person: User,
    display_name: str,
    email: str,
    roles: Iterable[str],
    team: Team | None,
    note: str,
    by: Any,
    channel: str,
    clock: Clock,
    seen: str = "",
    remote_addr: str | None = None,
) -> bool:
    """Change name, e-mail, roles and team; False where nothing differs. `seen` is the `state_of` the page showed.

    Raises Refused: people_right, inactive, why, stale_person, email_taken, role_unknown, last_administrator.
    Events, each where it happened: person_changed, role_given, role_taken, team_changed.
    """
    writing = begin(by=by, note=note, channel=channel, clock=clock, remote_addr=remote_addr)
    row = locked(User, person.pk)
    if seen and seen != state_of(row):
        raise refuse("stale_person")
    _check_email(row, email)
    return any(
        [
            writing.save(row, "person_changed", display_name=display_name, email=email),
            _set_roles(writing, row, roles),
            _set_team(writing, row, team),
        ]
    )


@service("deactivate_person", about="person")
def deactivate_person(
    *, person: User, note: str, by: Any, channel: str, clock: Clock, remote_addr: str | None = None
) -> bool:
    """End that the person may sign in, and their sessions; False for one inactive already.

    Raises Refused: people_right, inactive, why, self_deactivate, last_administrator. Event: person_deactivated.
    """
    writing = begin(by=by, note=note, channel=channel, clock=clock, remote_addr=remote_addr)
    row = locked(User, person.pk)
    if by is not None and row.pk == by.pk:
        raise refuse("self_deactivate")
    if row.is_active and ADMINISTRATOR in role_keys(row):
        _check_not_last(row)
    end_sessions(row)
    return writing.save(row, "person_deactivated", is_active=False)


@service("activate_person", about="person")
def activate_person(
    *, person: User, note: str, by: Any, channel: str, clock: Clock, remote_addr: str | None = None
) -> bool:
    """Let the person sign in again, with their password; False for one active already. Event: person_activated.

    A session begun while the deactivation was under way would come to life again: all end here once more.
    """
    writing = begin(by=by, note=note, channel=channel, clock=clock, remote_addr=remote_addr)
    row = locked(User, person.pk)
    if not row.is_active:
        end_sessions(row)
    return writing.save(row, "person_activated", is_active=True)


def state_of(person: User) -> str:
    """A mark of all that `change_person` may change."""
    return fingerprint(person.display_name, person.email, role_keys(person), person.team_id)


def role_keys(person: User) -> list[str]:
    """The keys of the person's roles, in the order of roles."""
    return list(Role.objects.filter(group__user=person).values_list("key", flat=True))


def is_last_administrator(person: User) -> bool:
    """Whether no other active person is an administrator."""
    others = User.objects.filter(is_active=True, groups__role__key=ADMINISTRATOR).exclude(pk=person.pk)
    return not others.exists()


def _check_not_last(person: User) -> None:
    if is_last_administrator(person):
        raise refuse("last_administrator")


def _check_names(person: User) -> None:
    if "@" in person.username:  # it could be taken for somebody's e-mail at the sign-in
        raise refuse("username")
    if User.objects.filter(username__iexact=person.username).exists():
        raise refuse("username_taken")
    _check_email(person, person.email)


def _check_email(person: User, email: str) -> None:
    if User.objects.filter(email__iexact=email).exclude(pk=person.pk).exists():
        raise refuse("email_taken")


def _set_roles(writing: Writing, person: User, keys: Iterable[str]) -> bool:
    """Give and take roles until the person holds those of `keys`; one event for each."""
    wanted, held = set(keys), role_keys(person)
    roles = {role.key: role for role in Role.objects.select_related("group")}
    if wanted - set(roles):
        raise refuse("role_unknown")
    if ADMINISTRATOR in held and ADMINISTRATOR not in wanted and person.is_active:
        _check_not_last(person)
    after = [key for key in roles if key in wanted]
    for key in (key for key in roles if key in wanted.symmetric_difference(held)):
        given = key in wanted
        (person.groups.add if given else person.groups.remove)(roles[key].group)
        writing.keep("role_given" if given else "role_taken", person, role=key, roles=[held, after])
    return after != held


def _set_team(writing: Writing, person: User, team: Team | None) -> bool:
    """Move the person to a team; the team's group follows, so that they hold that of one team at most."""
    if not writing.save(person, "team_changed", team=team):
        return False
    person.groups.remove(*person.groups.filter(team__isnull=False))
    if team is not None:
        person.groups.add(team.group)
    return True
