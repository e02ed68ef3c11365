"""What undoing a batch would do to each record: taken back, kept because it was touched since, or refused by a rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from audit.set_rows import SetRow
from records.access import Checker
from records.models import Batch, Contact, Contract, Customer, FollowUp, Opportunity
from records.models.record import has_outside_id
from records.refusals import Refused
from records.rules import Finding

from .entry_time.many_judge import ManyJudge, ManyMove
from .many_assign import may_assign, may_change
from .many_rows import ASK, NO, SAME, WARN, RowResult, chunks
from .parents import Above, part_of_refusal
from .records import check_owner
from .searching import derived
from .undo_past import Past, pasts_of

KEPT = "kept"  # touched since, so it stays
PARENTS = frozenset({"customer_id", "opportunity_id"})
HANGS: dict[Any, tuple[Any, ...]] = {Customer: (Opportunity, FollowUp, Contract), Opportunity: (FollowUp, Contract)}


@dataclass(frozen=True, slots=True)
class UndoRow:
    """One record of the batch. `outcome`: ok (done, once it is), kept, ask (somebody else may be asked) or no.

    `before` and `after` are its entry time now and then, where that is taken back; `fields` what else is given back,
    `stays` what was touched since; `by_name` and `by_at` who touched it.
    """

    record_type: str
    record_id: int
    outcome: str
    number: str = ""
    title: str = ""
    before: dt.datetime | None = None
    after: dt.datetime | None = None
    fields: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    codes: tuple[str, ...] = ()
    by_name: str = ""
    by_at: dt.datetime | None = None

    @property
    def may_be_asked_for(self) -> bool:
        """Whether somebody else can be asked to give the entry time back."""
        return self.outcome == ASK


@dataclass
class Plan:
    """What comes of the records of one model, and what is to be written: moves first, then other columns."""

    model: Any
    rows: list[UndoRow] = field(default_factory=list)
    moves: list[SetRow] = field(default_factory=list)
    moved: list[RowResult] = field(default_factory=list)
    others: dict[tuple[str, ...], list[SetRow]] = field(default_factory=dict)
    customers: set[int] = field(default_factory=set)  # whose contacts are archived


class Planner:
    """Plans for one model after the other, what hangs on others first. `passed` is the word for what may be done."""

    def __init__(
        self,
        batch: Batch,
        checker: Checker,
        *,
        reason: str,
        note: str,
        channel: str,
        passed: str,
        acknowledged: Iterable[str] = (),
    ) -> None:
        self.batch, self.checker, self.passed = batch, checker, passed
        self.said = {"reason": reason, "note": note, "channel": channel}
        self.acknowledged = frozenset(acknowledged)
        self._gone: dict[Any, set[int]] = {}
        self._taken: set[tuple[str, str]] = set()  # ids of an old system that are given back, and others have now
        self._owners: dict[int, str] = {}
        self._above: Above = {}

    def plan(self, model: Any, ids: Sequence[int]) -> Plan:
        """The plan for those records of the model."""
        made = Plan(model)
        for some in chunks(ids):
            self._plan_some(made, pasts_of(model, self.batch.pk, some))
            self.checker.forget()
        return made

    def _plan_some(self, made: Plan, pasts: dict[int, Past]) -> None:
        records = made.model._default_manager.in_bulk(list(pasts))
        moves = self._judge_moves(made.model, pasts, records)
        self._prefetch(made.model, records)
        self._taken = _taken(made.model, pasts)
        used = self._used(made.model, [pk for pk, past in pasts.items() if past.created])
        for pk, past in pasts.items():
            if pk in records:
                self._plan_one(made, records[pk], past, moves.get(pk), pk in used)

    def _judge_moves(self, model: Any, pasts: dict[int, Past], records: dict[int, Any]) -> dict[int, Any]:
        """What the door says of giving back each entry time that nobody has touched since."""
        moves = [
            ManyMove(pk, records[pk].version, past.before["entered_at"], self.acknowledged, undoes=past.moved_id)
            for pk, past in pasts.items()
            if pk in records and "entered_at" in past.before and "entered_at" not in past.touched
        ]
        if not moves:
            return {}
        judge = ManyJudge(model, self.checker, **self.said, passed=self.passed, warned=WARN)
        return {row.record_id: (row, write) for row, write in judge.judge(moves)}

    def _prefetch(self, model: Any, records: dict[int, Any]) -> None:
        rows = list(records.values())
        if model is Contact:
            found = Customer.objects.in_bulk({row.customer_id for row in rows})
            for row in rows:
                row.customer = found[row.customer_id]
            rows = list(found.values())
        self.checker.prefetch_perms(rows)

    def _used(self, model: Any, created: list[int]) -> set[int]:
        """Records that the batch created, and on which something hangs that stays."""
        path = {Customer: "customer", Opportunity: "opportunity"}.get(model, "")
        found: set[int] = set()
        for child in HANGS.get(model, ()) if created else ():
            rows = child._default_manager.live().filter(**{f"{path}__in": created}).order_by()
            gone = self._gone.get(child, set())
            found |= {parent for parent, pk in rows.values_list(path, "pk") if pk not in gone}
        return found

    def _plan_one(self, made: Plan, record: Any, past: Past, move: Any, used: bool) -> None:
        values, stays = self._values(record, past)
        findings = self._refusals(record, past, values, used)
        moved = move is not None and move[0].outcome == self.passed
        codes = [finding.code for finding in findings]
        if move is not None and not moved and move[0].outcome != SAME:
            codes += [*move[0].codes]
            findings += [*move[0].findings]
        given = bool(values) and not findings
        row = self._row(made.model, record, past, stays, tuple(codes), tuple(findings))
        if moved:
            made.moves.append(move[1])
            made.moved.append(move[0])
        if given:
            self._add(made, record, past, values, moved)
        outcome = self._outcome(moved or given, move, codes)
        times = {"before": move[0].before, "after": move[0].after} if move is not None else {}
        made.rows.append(UndoRow(**row, **times, outcome=outcome, fields=tuple(sorted(values)) if given else ()))

    def _outcome(self, done: bool, move: Any, codes: list[str]) -> str:
        if done:
            return self.passed
        if not set(codes) - {"used"}:
            return KEPT
        return ASK if move is not None and move[0].outcome == ASK else NO

    def _row(
        self, model: Any, record: Any, past: Past, stays: tuple[str, ...], codes: tuple[str, ...], findings: Any
    ) -> dict[str, Any]:
        who = next((past.touched[name] for name in stays if name in past.touched), None)
        who = past.since if past.created else who
        return {
            "record_type": model._meta.model_name,
            "record_id": record.pk,
            "number": getattr(record, "number", ""),
            "title": record.name if model is Contact else record.title,
            "stays": stays,
            "codes": codes,
            "findings": findings,
            "by_name": who[0] if who else "",
            "by_at": who[1] if who else None,
        }

    def _values(self, record: Any, past: Past) -> tuple[dict[str, Any], tuple[str, ...]]:
        """What else is given back, and what stays because it was touched since."""
        if past.created:
            return ({}, ("created",)) if past.since else ({"archived_at": self.checker.at} | self._free(record), ())
        values = {n: v for n, v in past.before.items() if n != "entered_at" and n not in past.touched}
        return values, tuple(sorted(past.touched))

    def _free(self, record: Any) -> dict[str, str]:
        """A record that an import created gives its id in the old system free, so that the file can be loaded again."""
        if self.batch.kind != "import" or not getattr(record, "external_id", ""):
            return {}
        return {"external_source": "", "external_id": ""}

    def _refusals(self, record: Any, past: Past, values: dict[str, Any], used: bool) -> list[Finding]:
        """Why the values may not be given back."""
        if not values:
            return []
        code = self._refusal(record, values) or ("used" if past.created and used else "")
        return [Finding(code)] if code else []

    def _refusal(self, record: Any, values: dict[str, Any]) -> str:
        if PARENTS & set(values):
            return "undo_parent"
        if record.archived_at is not None and "archived_at" not in values:
            return "archived"
        about = record.customer if isinstance(record, Contact) else record
        if "owner_id" in values and (code := may_assign(self.checker, record) or self._owner(values["owner_id"])):
            return code
        if "importance" in values and "classify_customer" not in self.checker.who.permissions:
            return "classify_right"
        if "parent_id" in values and (code := may_assign(self.checker, record) or self._part_of(record, values)):
            return code
        if set(values) - {"owner_id", "importance", "parent_id"} and (code := may_change(self.checker, about)):
            return code
        return self._invalid(record, values)

    def _part_of(self, record: Any, values: dict[str, Any]) -> str:
        """Why the customer may not be part of that one again. One that is kept out keeps out what lies under it."""
        wanted = Customer.objects.select_related("owner").filter(pk=values["parent_id"]).first()
        code = part_of_refusal(self.checker, record.pk, wanted, self._above)
        if not code:
            self._above[record.pk] = values["parent_id"]
        return code

    def _owner(self, pk: int) -> str:
        """Why the person may not own records again."""
        if pk not in self._owners:
            try:
                check_owner(get_user_model()(pk=pk))
                self._owners[pk] = ""
            except Refused as no:
                self._owners[pk] = no.codes[0]
        return self._owners[pk]

    def _invalid(self, record: Any, values: dict[str, Any]) -> str:
        """Whether the old values no longer fit to those that stay. The record holds them afterwards."""
        for name, value in values.items():
            setattr(record, name, value)
        if values.get("external_id") and (record.external_source, record.external_id) in self._taken:
            return "value"
        others = [f.name for f in record._meta.fields if f.attname not in values]
        try:
            record.full_clean(exclude=others, validate_unique=False, validate_constraints=False)
        except ValidationError:
            return "value"
        return ""

    def _add(self, made: Plan, record: Any, past: Past, values: dict[str, Any], moved: bool) -> None:
        """Plan to write the values, after the move of the same record, and what is derived from them."""
        if made.model is Contact:
            made.customers.add(record.customer_id)
        elif set(values) - {"owner_id", "archived_at", "importance"}:
            values = values | derived(record)
        if "archived_at" in values and values["archived_at"] is not None:
            self._gone.setdefault(made.model, set()).add(record.pk)
        columns = tuple(sorted(values))
        row = SetRow(record.pk, record.version + moved, tuple(values[n] for n in columns), (past.history_id,))
        made.others.setdefault(columns, []).append(row)


def _taken(model: Any, pasts: dict[int, Past]) -> set[tuple[str, str]]:
    """Of the ids of an old system that would be given back, those that other records have by now."""
    wanted = sorted({past.before["external_id"] for past in pasts.values() if past.before.get("external_id")})
    found: set[tuple[str, str]] = set()
    for start in range(0, len(wanted), 500):
        rows = model._default_manager.filter(has_outside_id(wanted[start : start + 500]))
        found |= set(rows.values_list("external_source", "external_id"))
    return found
