"""Storing a plan made of a file: all rows, each with its history row, in one transaction, or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import ngettext

from audit.acts import act
from records.access import Checker
from records.importing.errors import RowError
from records.importing.plan import Plan, Planned
from records.models import RECORDS, Batch, Customer, Opportunity
from records.refusals import Refused, refuse
from records.rules import Finding
from records.search import sort_key

from .bulk import insert_many
from .judging_rows import Judge
from .locks import rules_lock
from .matching import People, Several, existing_ids, find_records
from .numbers import next_numbers
from .records import Clock, actor
from .refusing import service
from .searching import derived

AT_ONCE = 2_000  # rows that are objects at the same time


@dataclass(frozen=True)
class Loaded:
    """What came of it. `batch` is None where nothing was new; `earlier` is the batch that loaded this file before."""

    batch: Batch | None = None
    created: int = 0
    existing: int = 0
    customers: int = 0
    errors: list[RowError] = field(default_factory=list)
    earlier: Batch | None = None


class ImportRefused(Refused):
    """Rows of the file cannot be stored, so none was. `errors` names them all, by line."""

    def __init__(self, errors: list[RowError]) -> None:
        self.errors = sorted(errors, key=lambda error: error.line)
        self._kinds: dict[str, list[RowError]] = {}
        for error in self.errors:
            self._kinds.setdefault(error.code, []).append(error)
        super().__init__(*(Finding(code, found[0].params) for code, found in sorted(self._kinds.items())))

    def messages(self) -> list[str]:
        """One sentence per kind of error, with how many rows have it."""
        return [
            ngettext("%(count)s row: %(said)s", "%(count)s rows: %(said)s", len(found))
            % {"count": f"{len(found):,}", "said": found[0].message}
            for _, found in sorted(self._kinds.items())
        ]


@dataclass
class _Row:
    """A planned row with what its texts name."""

    planned: Planned
    owner: Any
    customer: Any = None
    opportunity: Any = None


@service("import_records", about="plan")
def load(
    *,
    plan: Plan,
    file: str,
    digest: str,
    by: Any,
    clock: Clock,
    channel: str,
    owner: Any = None,
    owners: dict[str, Any] | None = None,
    create_missing_customers: bool = False,
    skip_bad_rows: bool = False,
    note: str = "",
    trial: bool = False,
) -> Loaded:
    """Store the rows of `plan`, read from the file called `file` whose bytes have that `digest`.

    Rows whose external id is stored already are left as they are. `owners` says which person a text of the owner column
    means, `owner` who gets the others. Entry times obey the rules as everyone's, only the window is lifted by the right
    to back-fill; `note` is the person's words beside the file's name. Raises ImportRefused with every row that cannot
    be stored, unless `skip_bad_rows`; Refused without the right to import. `trial` does all of it and takes it back.
    """
    rules_lock(exclusive=False)
    checker = actor(by, clock())
    model = RECORDS[plan.spec.record_type]
    _need_rights(checker, plan, create_missing_customers)
    earlier = _loaded_before(plan, digest)
    if earlier is not None:
        return Loaded(existing=len(plan.rows), errors=plan.errors, earlier=earlier)
    stored = existing_ids(model, plan.spec.source, (row.external_id for row in plan.rows))
    wanted = [row for row in plan.rows if row.external_id not in stored]
    resolver = _Resolver(
        plan, checker, People(owners or {}, owner or (None if owners else by)), create_missing_customers
    )
    rows = resolver.resolve(wanted)
    words = f"{file}: {note}" if note else file
    judge = Judge(plan.spec.record_type, checker, channel, words)
    good = [row for row in rows if judge.allows(row.planned, row.owner, row.customer, row.opportunity)]
    errors = sorted([*plan.errors, *resolver.errors, *judge.errors], key=lambda error: error.line)
    if errors and not skip_bad_rows:
        raise ImportRefused(errors)
    loaded = _store(plan, good, checker, channel, words, digest) if good else Loaded()
    if trial:
        transaction.set_rollback(True)
    return Loaded(loaded.batch, loaded.created, len(plan.rows) - len(wanted), loaded.customers, errors)


def _need_rights(checker: Checker, plan: Plan, create_missing_customers: bool) -> None:
    held = checker.who.permissions
    needed = {f"add_{plan.spec.record_type}"} | ({"add_customer"} if create_missing_customers else set())
    if "import_records" not in held or not needed <= held:
        raise refuse("import_right")


def _loaded_before(plan: Plan, digest: str) -> Batch | None:
    """A file without ids is known by its bytes, so that sending it twice loads it once."""
    if any(row.external_id for row in plan.rows):
        return None
    batches = Batch.objects.filter(kind="import", record_type=plan.spec.record_type, facts__digest=digest)
    return batches.order_by("-id").first()


class _Resolver:
    """Puts records and people for the texts of the rows; collects the rows where that fails."""

    def __init__(self, plan: Plan, checker: Checker, people: People, create_missing: bool) -> None:
        self.plan, self.checker, self.people, self.create_missing = plan, checker, people, create_missing
        self.errors: list[RowError] = []
        self.new: dict[str, Customer] = {}

    def resolve(self, rows: list[Planned]) -> list[_Row]:
        """The rows whose texts all name something."""
        source, by, at = self.plan.spec.source, self.checker.user, self.checker.at
        customers = find_records(Customer, (row.customer for row in rows), source, by, at)
        opportunities = find_records(Opportunity, (row.opportunity for row in rows), source, by, at)
        found = []
        for row in rows:
            before = len(self.errors)
            owner = self._owner(row)
            opportunity = self._parent(row, "opportunity", row.opportunity, opportunities)
            customer = self._customer(row, customers, owner)
            if customer is None and opportunity is not None:
                customer = opportunity.customer
            if len(self.errors) == before:
                found.append(_Row(row, owner, customer, opportunity))
        return found

    def _owner(self, row: Planned) -> Any:
        owner = self.people.owner(row.owner)
        if owner is None:
            self.errors.append(RowError(row.line, "no_owner", "owner", {"value": row.owner}))
        elif not self.people.may_own(owner):
            self.errors.append(RowError(row.line, "bad_owner", "owner", {"value": str(owner)}))
        return owner

    def _customer(self, row: Planned, found: dict[str, Any], owner: Any) -> Any:
        if row.customer and row.customer not in found and self.create_missing:
            return self._new_customer(row, owner)
        return self._parent(row, "customer", row.customer, found)

    def _new_customer(self, row: Planned, owner: Any) -> Any:
        """A customer that only the file knows: it counts as entered at the moment of the import."""
        if len(row.customer) > 200:
            self.errors.append(RowError(row.line, "long", "customer", {"most": 200}))
            return None
        stamp, known = self.checker.at.replace(microsecond=0), sort_key(row.customer)
        if known not in self.new:
            times = {"entered_at": stamp, "original_entered_at": stamp, "recorded_at": stamp}
            self.new[known] = Customer(name=row.customer, owner=owner, **times)
        return self.new[known]

    def _parent(self, row: Planned, column: str, text: str, found: dict[str, Any]) -> Any:
        if not text:
            return None
        parent = found.get(text)
        if parent is None or parent is Several:
            code = "two_parents" if parent is Several else "no_parent"
            self.errors.append(RowError(row.line, code, column, {"value": text[:80]}))
            return None
        return parent


def _store(plan: Plan, rows: list[_Row], checker: Checker, channel: str, words: str, digest: str) -> Loaded:
    model, at = RECORDS[plan.spec.record_type], checker.at
    batch = Batch.objects.create(
        kind="import",
        at=at,
        by=checker.user,
        record_type=plan.spec.record_type,
        title=words[:200],
        count=len(rows),
        facts=_facts(plan, digest),
    )
    role = ",".join(checker.who.roles)
    new = list({id(row.customer): row.customer for row in rows if row.customer and row.customer.pk is None}.values())
    with act(by=checker.user, reason="import", note=words, channel=channel, at=at, role=role, batch=batch.pk):
        _number(new, Customer, at)
        insert_many(new)
        numbers = next_numbers(model, at.replace(microsecond=0), len(rows))
        for start in range(0, len(rows), AT_ONCE):
            some = zip(rows[start : start + AT_ONCE], numbers[start : start + AT_ONCE], strict=True)
            insert_many([_object(model, plan, row, number, at) for row, number in some])
    return Loaded(batch, len(rows), customers=len(new))


def _number(records: list[Any], model: Any, at: dt.datetime) -> None:
    numbers: Iterable[str] = next_numbers(model, at.replace(microsecond=0), len(records)) if records else ()
    for record, number in zip(records, numbers, strict=True):
        _finish(record, number)


def _object(model: Any, plan: Plan, row: _Row, number: str, at: dt.datetime) -> Any:
    stamp = at.replace(microsecond=0)
    entered_at = row.planned.entered_at or stamp
    parents = {n: getattr(row, n) for n in ("customer", "opportunity") if hasattr(model, n)}
    record = model(
        **row.planned.values,
        **parents,
        owner=row.owner,
        entered_at=entered_at,
        original_entered_at=entered_at,
        recorded_at=stamp,
        external_id=row.planned.external_id,
        external_source=plan.spec.source if row.planned.external_id else "",
    )
    return _finish(record, number)


def _finish(record: Any, number: str) -> Any:
    record.number = number
    for name, value in derived(record).items():
        setattr(record, name, value)
    return record


def _facts(plan: Plan, digest: str) -> dict[str, Any]:
    spec = plan.spec
    return {
        "digest": digest,
        "source": spec.source,
        "zone": str(spec.zone),
        "formats": plan.formats,
        "mapping": [list(pair) for pair in spec.mapping],
        "blank": spec.blank,
        "rows": plan.read,
        "left_out": plan.left_out,
        "blank_rows": plan.blank,
    }
