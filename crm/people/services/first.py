"""The first administrator: of the set-up page, or of `createsuperuser`."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.hashers import make_password

from audit import times
from crm.models import User
from crm.people.refusals import refuse
from records.models import CompanyRules, TypeRule
from records.services.locks import locked, rules_lock
from records.services.records import Clock, actor, write
from records.services.refusing import service

from ._writing import Writing
from .people import ADMINISTRATOR, add, add_person


def needs_setup() -> bool:
    """Whether nobody is an administrator yet. One who was deactivated in the database does not open the door again."""
    return not User.objects.filter(groups__role__key=ADMINISTRATOR).exists()


@service("set_up", about="person")
def set_up(
    *,
    username: str,
    display_name: str,
    email: str,
    password: str,
    language: str,
    company: str,
    zone: str,
    owners_may: Iterable[str],
    by: None,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> User:
    """Make the first administrator, name the company and its zone, and switch owner rules on, or nothing at all.

    `owners_may` names record types. Raises Refused (set_up_done: of two at once one wins; username, email_taken).
    """
    times.zone(zone)
    hashed = make_password(password)
    rules_lock(exclusive=True)
    if not needs_setup():
        raise refuse("set_up_done")
    writing = Writing(by, clock(), "Set-up", channel, remote_addr)
    person = add(
        writing,
        roles=[ADMINISTRATOR],
        team=None,
        username=username,
        display_name=display_name,
        email=email,
        password=hashed,
        language=language,
    )
    checker = actor(person, writing.at)
    how = {"reason": "", "note": writing.note, "channel": channel, "remote_addr": remote_addr}
    write(locked(CompanyRules, 1), {"name": company, "zone": zone}, checker, **how)
    for rule in TypeRule.objects.filter(record_type__in=list(owners_may)):
        write(locked(TypeRule, rule.pk), {"owners_may": True}, checker, **how)
    return person


def add_administrator(*, username: str, display_name: str, email: str, password: str | None) -> User:
    """An administrator made at the command line. Raises Refused."""
    return add_person(
        username=username,
        display_name=display_name,
        email=email,
        password=password,
        roles=[ADMINISTRATOR],
        team=None,
        note="createsuperuser",
        by=None,
        channel="command",
        clock=times.now,
    )
