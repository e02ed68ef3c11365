"""The clauses of the rules: which fields each sets, what it is called, and how its values are said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from audit.times import FORMATS
from audit.words import in_a_row

from .rules import WindowLimit


@dataclass(frozen=True)
class Clause:
    """One clause: its key in addresses, its title, its fields; `narrows` where a preview is worth its while."""

    key: str
    title: Promise
    names: tuple[str, ...] = ()
    hint: Promise | str = ""
    narrows: bool = True
    warning: Promise | str = ""


TYPE_CLAUSES = (
    Clause(
        "owners",
        gettext_lazy("Owners"),
        ("owners_may",),
        gettext_lazy("Ordinary records only; a key one is never its owner’s to change."),
    ),
    Clause("windows", gettext_lazy("Windows")),
    Clause(
        "requests",
        gettext_lazy("Beyond the window"),
        ("requests_allowed", "request_days"),
        gettext_lazy("A request is answered by somebody else who may. Unanswered it expires."),
        narrows=False,
    ),
    Clause("reason", gettext_lazy("Reason"), ("reason_required", "note_length")),
    Clause(
        "future",
        gettext_lazy("Future"),
        ("allow_future",),
        gettext_lazy("As far ahead as the days forward of a role. Otherwise nothing is later than now."),
    ),
    Clause(
        "approval",
        gettext_lazy("Second person"),
        ("approval_days", "approval_on_key", "reported_through"),
        gettext_lazy("Someone else approves before it takes effect. Empty: never for the distance alone."),
    ),
    Clause(
        "closed",
        gettext_lazy("Closed periods"),
        ("closed_through", "grace_days"),
        gettext_lazy(
            "That day is included, in company time. No time inside may leave, none may enter. Grace days close each "
            "month by itself, so many days after its end; empty: only by hand."
        ),
    ),
    Clause(
        "hard",
        gettext_lazy("Hard close"),
        ("closed_hard_through",),
        gettext_lazy("It closes the period too, and no exception opens it."),
        warning=gettext_lazy("Nobody can open it again: not an administrator, not by an exception, not by request."),
    ),
    Clause(
        "locks",
        gettext_lazy("Locks"),
        ("lock_signed", "lock_opportunity"),
        gettext_lazy("Signed, running and ended contracts were signed."),
    ),
    Clause(
        "order",
        gettext_lazy("Odd order"),
        ("warn_order",),
        gettext_lazy("Such a time is not refused: who sets it has to tick that it is so."),
        narrows=False,
    ),
)
COMPANY_CLAUSES = (
    Clause("name", gettext_lazy("Company name"), ("name",), narrows=False),
    Clause(
        "zone",
        gettext_lazy("Time zone"),
        ("zone",),
        gettext_lazy(
            "Days of windows, months and closed periods are reckoned in it. Everyone may see times in their own."
        ),
        narrows=False,
    ),
    Clause("sight", gettext_lazy("Sales see"), ("sales_see_all",), narrows=False),
    Clause(
        "display",
        gettext_lazy("Display of times"),
        ("time_format",),
        gettext_lazy("Fields take this form too, but offer the first one, which the calendar writes."),
        narrows=False,
    ),
    Clause(
        "entry",
        gettext_lazy("New records"),
        ("new_entry_time",),
        gettext_lazy("What the form of a new record starts with."),
        narrows=False,
    ),
    Clause(
        "password",
        gettext_lazy("Password again"),
        ("password_again",),
        gettext_lazy("Asked before every approval and every change of a rule."),
        narrows=False,
    ),
)


def clauses_of(record_type: str) -> dict[str, Clause]:
    """The clauses of a type's rule, or of the company (""), by key. Only contracts have locks."""
    found = TYPE_CLAUSES if record_type else COMPANY_CLAUSES
    return {clause.key: clause for clause in found if clause.key != "locks" or record_type == "contract"}


def choices() -> dict[str, list[tuple[Any, str]]]:
    """The values of fields that are chosen, with their words."""
    example = dt.datetime(2026, 3, 16, 9, 12, tzinfo=dt.UTC)
    return {
        "requests_allowed": [(True, _("Request")), (False, _("Refuse"))],
        "reason_required": [(True, _("Required")), (False, _("Optional"))],
        "sales_see_all": [(True, _("All records")), (False, _("Their own, granted ones, and their team’s"))],
        "time_format": [(key, example.strftime(form)) for key, form in FORMATS.items()],
        "new_entry_time": [("now", _("Now, unless said otherwise")), ("ask", _("Ask each time"))],
    }


def value_in_words(name: str, value: Any) -> str:
    """A value as before → after says it."""
    named = dict(choices().get(name, ()))
    if value in named and name in choices():
        return str(named[value])
    if isinstance(value, bool):
        return pgettext("answer", "Yes") if value else pgettext("answer", "No")
    if value in (None, ""):
        return _("none")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def window_in_words(limit: WindowLimit | None) -> str:
    """`7 days back, 1 forward, at most 3 at once`; “may not” for none."""
    if limit is None:
        return _("may not")
    parts = [_("no limit back") if limit.days_back is None else _("%(days)s back") % {"days": limit.days_back}]
    parts.append(_("%(days)s forward") % {"days": limit.days_forward})
    if limit.longest_move is not None:
        parts.append(_("at most %(days)s at once") % {"days": limit.longest_move})
    return in_a_row(parts)
