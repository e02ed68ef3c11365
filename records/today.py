"""What concerns a person today: the next steps they promised, and entry times that moved on what is theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from audit.presenters import actor, system_reasons

from .lists import reason_name, seen
from .models import RECORDS, Customer, FollowUp

STEPS, MOVES = 50, 5
TITLES = {"customer": "name", "opportunity": "name", "followup": "summary", "contract": "name"}


@dataclass(frozen=True)
class Steps:
    """Follow-ups whose next step is due until Sunday, by when; `more` where not all are here."""

    overdue: list[Any]
    today: list[Any]
    week: list[Any]
    more: bool

    @property
    def number(self) -> int:
        """How many are shown."""
        return len(self.overdue) + len(self.today) + len(self.week)


def next_steps(user: Any, today: dt.date) -> Steps:
    """The person's own open next steps up to the Sunday of the week of `today`, in one query."""
    sunday = today + dt.timedelta(days=6 - today.weekday())
    rows = FollowUp.objects.visible_to(user).live()
    rows = rows.filter(owner=user.pk, done=False, next_step_on__isnull=False, next_step_on__lte=sunday)
    rows = rows.annotate(customer_seen=seen(Customer.objects, user, "customer_id")).select_related("customer")
    shown = rows.only("summary", "next_step", "next_step_on", "version", "customer__name", "customer__number")
    found = list(shown.order_by("next_step_on", "id")[: STEPS + 1])
    steps: dict[str, list[Any]] = {"overdue": [], "today": [], "week": []}
    for row in found[:STEPS]:
        row.days_overdue = (today - row.next_step_on).days
        steps["overdue" if row.days_overdue > 0 else "today" if row.days_overdue == 0 else "week"].append(row)
    return Steps(**steps, more=len(found) > STEPS)


@dataclass(frozen=True)
class Move:
    """An entry time that moved: of which record, from when to when, why, by whom, and when that was."""

    record: Any
    title: str
    before: dt.datetime
    after: dt.datetime
    reason: str
    actor: str
    at: dt.datetime


@dataclass(frozen=True)
class Moves:
    """The last moves a person made, and those others made on the person's records, newest first."""

    own: list[Move]
    others: list[Move]


@dataclass(frozen=True)
class _Row:
    """What `audit.presenters.actor` reads of a history row."""

    channel: str
    actor_name: str
    db_user: str
    values: dict[str, Any]


def last_moves(user: Any) -> Moves:
    """The last moves by the person and on the person's records; one query per record type, each along an index."""
    rows = [(model, row) for model in RECORDS.values() for row in _moves_of(model, user)]
    rows.sort(key=lambda pair: (pair[1]["history_date"], pair[1]["history_id"]), reverse=True)
    own = [pair for pair in rows if pair[1]["whose"] == "own"][:MOVES]
    others = [pair for pair in rows if pair[1]["whose"] == "others"][:MOVES]
    return Moves([_told(*pair) for pair in own], [_told(*pair) for pair in others])


def _moves_of(model: Any, user: Any) -> QuerySet:
    moves = model.history.model.objects.filter(
        previous_entered_at__isnull=False, id__in=model.objects.visible_to(user).values("pk")
    )
    mine = model.objects.filter(owner=user.pk).values("pk")
    own = _newest(model, moves.filter(history_user_id=user.pk), "own")
    return own.union(_newest(model, moves.filter(id__in=mine).exclude(history_user_id=user.pk), "others"), all=True)


def _newest(model: Any, moves: QuerySet, whose: str) -> QuerySet:
    newest = moves.order_by("-history_date", "-history_id").values("pk")[:MOVES]
    record = model.objects.filter(pk=OuterRef("id")).values(TITLES[model._meta.model_name])[:1]
    why = Coalesce(Subquery(reason_name()), F("reason"))
    return (
        model.history.model.objects.filter(pk__in=newest)
        .order_by()
        .annotate(title=Subquery(record), why=why, whose=Value(whose, CharField()))
        .values(
            "id",
            "title",
            "previous_entered_at",
            "entered_at",
            "why",
            "channel",
            "actor_name",
            "db_user",
            "brought_in_by",
            "history_date",
            "history_id",
            "whose",
        )
    )


def _told(model: Any, row: dict[str, Any]) -> Move:
    return Move(
        record=model(pk=row["id"]),
        title=row["title"],
        before=row["previous_entered_at"],
        after=row["entered_at"],
        reason=system_reasons().get(row["why"], row["why"]),
        actor=actor(_Row(row["channel"], row["actor_name"], row["db_user"], row)),  # type: ignore[arg-type]
        at=row["history_date"],
    )
