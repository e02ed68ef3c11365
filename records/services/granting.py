"""What a grant may give: its terms, who may give them, and the ceiling: nobody grants more than they hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from audit.acts import act
from records.access import Checker
from records.models.access import GRANTABLE, REDATE, permission_id
from records.models.rules import TYPES
from records.refusals import refuse
from records.rules import WindowLimit

from .judging import class_of, windows_of

MOST_DAYS = 36_500  # a century; more would leave the calendar
LONGEST_WHY = 1000


@dataclass(frozen=True)
class Terms:
    """What a grant gives: `kind` is REDATE or VIEW, `until` the aware moment it ends at, the window in days."""

    kind: str = REDATE
    until: dt.datetime | None = None  # required: every grant has an end
    days_back: int = 0
    days_forward: int = 0
    no_limit: bool = False
    longest_move: int | None = None
    covers: bool = False

    @property
    def window(self) -> WindowLimit:
        """The grant's own window."""
        return WindowLimit(None if self.no_limit else self.days_back, self.days_forward, self.longest_move)

    def columns(self, record: Any) -> dict[str, Any]:
        """The columns of the grant's row, on `record`."""
        return {
            "until": self.until,
            "days_back": 0 if self.no_limit else self.days_back,
            "days_forward": self.days_forward,
            "no_limit": self.no_limit,
            "longest_move": self.longest_move,
            "covers": self.covers and record._meta.model_name == "customer",
        }


@dataclass(frozen=True)
class Said:
    """Who writes grants, why, through which channel; in a batch its id stands on every history row."""

    checker: Checker
    why: str
    channel: str
    remote_addr: str | None = None
    batch: int | None = None

    def act(self) -> Any:
        """The act of the history rows that follow."""
        return act(
            by=self.checker.user,
            reason="",
            note=self.why,
            channel=self.channel,
            at=self.checker.at,
            role=",".join(self.checker.who.roles),
            remote_addr=self.remote_addr,
            batch=self.batch,
        )


def terms_of(grant: Any) -> Terms:
    """The terms that a grant was given under."""
    name = grant.content_object._meta.model_name
    return Terms(
        kind=next(kind for kind in GRANTABLE if permission_id(kind.format(name)) == grant.permission_id),
        until=grant.until,
        days_back=grant.days_back,
        days_forward=grant.days_forward,
        no_limit=grant.no_limit,
        longest_move=grant.longest_move,
        covers=grant.covers,
    )


def holder_of(grant: Any) -> Any:
    """The person or group that a grant is given to."""
    return grant.user if hasattr(grant, "user_id") else grant.group


def may_grant(record: Any, checker: Checker, kind: str = REDATE) -> bool:
    """Whether the person may grant and end rights of `kind` on the record: through a role, and holding it by role."""
    if "grant_access" not in checker.who.permissions:
        return False
    return any(source.kind == "role" for source in checker.why(record, kind.format(record._meta.model_name)))


def ceilings(record: Any, checker: Checker, covers: bool = False) -> list[list[WindowLimit]]:
    """The windows of the person's roles, once per record type that a grant on the record speaks about."""
    name = record._meta.model_name
    found = []
    for each in TYPES if covers and name == "customer" else (name,):
        held = REDATE.format(each) in checker.who.permissions and checker.why(record, REDATE.format(name))
        sources = [source for source in held or () if source.kind == "role"]
        found.append(list(windows_of(checker.who, each, class_of(record), sources)))
    return found


def check(record: Any, to: Any, terms: Terms, why: str, checker: Checker, standing: Terms | None = None) -> None:
    """Raise Refused where they may not give these terms; what shortens a `standing` grant needs no ceiling."""
    _check_terms(terms, record)
    if not may_grant(record, checker, terms.kind):
        raise refuse("grant_right")
    if (isinstance(to, Group) and to.pk in checker.who.groups) or (not isinstance(to, Group) and to == checker.user):
        raise refuse("grant_self")
    check_why(why)
    if terms.until is None or terms.until <= checker.at:
        raise refuse("grant_end")
    if standing is not None and _shortens(terms, standing):
        return
    if not is_active(to):
        raise refuse("grant_holder")
    covers = terms.covers and record._meta.model_name == "customer"
    if covers and not all(terms.kind.format(each) in checker.who.permissions for each in TYPES):
        raise refuse("grant_ceiling")
    if terms.kind == REDATE and not all(within(terms.window, held) for held in ceilings(record, checker, covers)):
        raise refuse("grant_ceiling")


def _check_terms(terms: Terms, record: Any) -> None:
    days = (terms.days_back, terms.days_forward, terms.longest_move or 0)
    days_fit = all(0 <= number <= MOST_DAYS for number in days)
    if terms.kind not in GRANTABLE or not days_fit or permission_id(terms.kind.format(record._meta.model_name)) is None:
        raise refuse("value")


def check_why(why: str) -> None:
    """Raise Refused without a reason, or with one too long."""
    if not why.strip():
        raise refuse("why")
    if len(why) > LONGEST_WHY:
        raise refuse("value")


def is_active(to: Any) -> bool:
    """Whether the holder, read afresh, is an active person, or the group of a role or a team."""
    if isinstance(to, Group):
        return Group.objects.filter(pk=to.pk).exclude(role=None, team=None).exists()
    return get_user_model().objects.filter(pk=to.pk, is_active=True).exists()


def _shortens(terms: Terms, standing: Terms) -> bool:
    """Whether the terms give nothing that the standing ones do not."""
    sooner = standing.until is None or (terms.until is not None and terms.until <= standing.until)
    return sooner and terms.covers <= standing.covers and within(terms.window, [standing.window])


def within(window: WindowLimit, held: list[WindowLimit]) -> bool:
    """Whether one window that is held is at least as wide, both ways and at once."""
    return any(
        _at_most(window.days_back, mine.days_back)
        and window.days_forward <= mine.days_forward
        and _at_most(window.longest_move, mine.longest_move)
        for mine in held
    )


def _at_most(days: int | None, most: int | None) -> bool:
    """Whether `days` are no more than `most`; None means no limit."""
    return most is None or (days is not None and days <= most)
