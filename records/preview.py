"""What would this change: how many of the last days' moves of entry times a new rule would have stopped.

Rows of the trail are judged again with the old limits and the new ones. What a person held at the time stands in the
row (roles, grant, exception, approver); the customer class, the status of contracts and the owner rule are today's.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from .models import RECORDS, TypeRule, Window
from .models.access import importance_path
from .refusals import sentence
from .rules import Case, Finding, Limits, WindowLimit, judge
from .services.around import signed_contracts
from .services.windows import Cell, limit_of

DAYS, MOST, EXAMPLES = 30, 2_000, 10
GRANTED = WindowLimit(None, 36_500)  # a grant has its own window, which no rule of a role changes
COLUMNS = (
    "history_id",
    "id",
    "history_date",
    "previous_entered_at",
    "entered_at",
    "reason",
    "history_change_reason",
    "actor_name",
    "actor_role",
    "approver_id",
    "undoes",
    "exception_id",
    "allowed_by_kind",
)


@dataclass(frozen=True)
class Example:
    """One change that the new rule would have stopped, on a record that the viewer may see."""

    record: Any
    at: dt.datetime
    actor: str
    before: dt.datetime
    after: dt.datetime
    sentence: str
    asked: bool


@dataclass(frozen=True)
class Preview:
    """Of `looked` changes so many would be `refused`, so many `asked` of somebody else. `more` were not looked at."""

    looked: int
    refused: int
    asked: int
    more: bool
    examples: list[Example]
    days: int = DAYS
    most: int = MOST


@dataclass(frozen=True)
class Rules:
    """A type's rule with its windows by role key and customer class, and the contracts' rule, which may lock others."""

    rule: TypeRule
    windows: Mapping[tuple[str, str], WindowLimit]
    contracts: TypeRule | None

    def limits(self, row: Mapping[str, Any]) -> Limits:
        """The limits of the person who made the change, as they would be under these rules."""
        rule, customer_class = self.rule, row["key_class"] or "ordinary"
        held = [self.windows.get((role, customer_class)) for role in row["actor_role"].split(",")]
        return Limits(
            windows=(*(w for w in held if w), *([GRANTED] if row["allowed_by_kind"] in ("user", "group") else [])),
            zone=rule.company.shown_zone,
            closed_through=rule.closed_through,
            closed_hard_through=rule.closed_hard_through,
            grace_days=rule.grace_days,
            allow_future=rule.allow_future,
            reason_required=rule.reason_required,
            note_length=rule.note_length,
            reasons=frozenset({row["reason"]}),
            excepted_by=row["exception_id"],
            requests_allowed=rule.requests_allowed,
            approval_days=rule.approval_days,
            approval_on_key=rule.approval_on_key,
            reported_through=rule.reported_through,
            warn_order=False,
        )

    def case(self, row: Mapping[str, Any]) -> Case:
        """The change."""
        return Case(
            record_type=self.rule.record_type,
            customer_class=row["key_class"] or "ordinary",
            before=row["previous_entered_at"],
            after=row["entered_at"],
            reason="" if row["reason"] == "unstated" else row["reason"],
            note=row["history_change_reason"],
            taking_back=row["undoes"] is not None,
            approved=row["approver_id"] is not None,
            locked_by=self.lock(row),
        )

    def lock(self, row: Mapping[str, Any]) -> str:
        """What would have locked the time."""
        rule = self.contracts
        if rule is None or not rule.lock_signed or not row["signed"]:
            return ""
        if self.rule.record_type == "opportunity":
            return "contract" if rule.lock_opportunity else ""
        return "signed"

    def stops(self, row: Mapping[str, Any]) -> tuple[tuple[Finding, ...], bool]:
        """What refuses the change, and whether somebody else may be asked."""
        if row["allowed_by_kind"] == "owner" and not self.rule.owners_may:
            return (Finding("right"),), self.rule.requests_allowed
        verdict = judge(self.case(row), self.limits(row), row["history_date"])
        return verdict.errors, verdict.may_ask


def preview(
    rule: TypeRule,
    at: dt.datetime,
    viewer: Any,
    *,
    values: Mapping[str, Any] | None = None,
    windows: Mapping[Cell, WindowLimit | None] | None = None,
) -> Preview:
    """What `values` of a type's rule, or other `windows`, would have changed in the days before `at`.

    Locks of contracts speak about opportunities too, so those are counted with them.
    """
    values = values or {}
    kinds = [rule.record_type, *(["opportunity"] if {"lock_signed", "lock_opportunity"} & set(values) else [])]
    stopped: list[tuple[str, Any, Finding, bool]] = []
    looked, more = 0, False
    for kind in kinds:
        old, new = _rules(kind, rule, values, windows or {})
        rows = list(_moves(kind, at)[: MOST + 1])
        more = more or len(rows) > MOST
        looked += len(rows[:MOST])
        stopped += [(kind, *found) for found in _stopped(rows[:MOST], old, new)]
    refused = sum(not asked for _kind, _row, _finding, asked in stopped)
    return Preview(looked, refused, len(stopped) - refused, more, _examples(stopped, viewer))


def _stopped(rows: list[Any], old: Rules, new: Rules) -> Iterator[tuple[Any, Finding, bool]]:
    """Rows that the old rules let pass and the new ones do not."""
    for row in rows:
        findings, asked = new.stops(row)
        if findings and not old.stops(row)[0]:
            yield row, findings[0], asked


def _moves(kind: str, at: dt.datetime) -> QuerySet:
    """The moves of entry times of a type that went through the door lately, newest first."""
    model: Any = RECORDS[kind]
    records = model.objects.filter(pk=OuterRef("id"))
    signed = signed_contracts().filter(**{"id" if kind == "contract" else "opportunity": OuterRef("id")})
    rows = model.history.filter(previous_entered_at__isnull=False, history_date__gt=at - dt.timedelta(days=DAYS))
    rows = rows.exclude(channel="sql").order_by("-history_date", "-history_id")
    lock = {"signed": Exists(signed)} if kind in ("contract", "opportunity") else {"signed": Exists(signed.none())}
    return rows.values(*COLUMNS, key_class=Subquery(records.values(importance_path(model))[:1]), **lock)


def _rules(
    kind: str, rule: TypeRule, values: Mapping[str, Any], proposed: Mapping[Cell, WindowLimit | None]
) -> tuple[Rules, Rules]:
    """The rules of a type as they stand, and as they would be."""
    standing = {each.record_type: each for each in TypeRule.objects.select_related("company")}
    changed = copy.copy(standing[rule.record_type])
    for name, value in values.items():
        setattr(changed, name, value)
    if changed.closed_hard_through is not None:
        days = (changed.closed_through, changed.closed_hard_through)
        changed.closed_through = max(day for day in days if day is not None)
    after = standing | {rule.record_type: changed}
    rows = Window.objects.filter(record_type=kind).select_related("role")
    windows = {(row.role.key, row.customer_class): limit_of(row) for row in rows}
    names = dict(Window._meta.get_field("role").related_model.objects.values_list("pk", "key"))  # type: ignore[union-attr]
    wanted = windows | {(names[role], name): limit for (role, name), limit in proposed.items() if role in names}
    old, new = (
        Rules(rules[kind], {cell: w for cell, w in held.items() if w is not None}, rules.get("contract"))
        for rules, held in ((standing, windows), (after, wanted))
    )
    return old, new


def _examples(stopped: list[tuple[str, Any, Finding, bool]], viewer: Any) -> list[Example]:
    """The newest of them on records that the viewer may see."""
    found = []
    for kind, model in RECORDS.items():
        mine = [each for each in stopped if each[0] == kind]
        ids = {row["id"] for _kind, row, _finding, _asked in mine[: 10 * EXAMPLES]}
        seen = model.objects.visible_to(viewer).in_bulk(ids) if ids else {}  # type: ignore[attr-defined]
        for _kind, row, finding, asked in mine:
            if row["id"] in seen:
                found.append(_example(seen[row["id"]], row, finding, asked))
    return sorted(found, key=lambda example: example.at, reverse=True)[:EXAMPLES]


def _example(record: Any, row: Any, finding: Finding, asked: bool) -> Example:
    before, after = row["previous_entered_at"], row["entered_at"]
    return Example(record, row["history_date"], row["actor_name"], before, after, sentence(finding), asked)
