"""The password again, before what weighs most. A wrong one is refused and kept; too many in a row have to wait."""

from __future__ import annotations

import datetime as dt

from audit.models import Event
from records.refusals import refuse

from .records import Clock, actor
from .refusing import service

ACTION = "password_again"
TRIES, WITHIN = 5, dt.timedelta(minutes=5)


@service(ACTION)
def password_again(*, by: object, password: str, channel: str, clock: Clock, remote_addr: str | None = None) -> None:
    """Let pass who gives their own password. Raises Refused: password, password_often, inactive."""
    at = clock()
    person = actor(by, at).user
    if _wrong_ones(person.pk, at) >= TRIES:
        raise refuse("password_often", minutes=WITHIN // dt.timedelta(minutes=1))
    if not person.check_password(password):
        raise refuse("password")


def _wrong_ones(person: int, at: dt.datetime) -> int:
    """How many wrong passwords the person gave lately; tries that were turned away do not lengthen the wait."""
    events = Event.objects.filter(actor_id=person, kind="refused", at__gt=at - WITHIN).values_list("what", flat=True)
    return sum(what.get("action") == ACTION and what.get("codes") == ["password"] for what in events)
