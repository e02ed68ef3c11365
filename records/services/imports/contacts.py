"""A file of contacts alone: people at customers that stand."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from records.importing.errors import RowError
from records.importing.plan import Plan
from records.models import Customer
from records.refusals import refuse
from records.services.locks import rules_lock
from records.services.many_rows import act_of, lock_rows
from records.services.matching import Several, find_records
from records.services.records import Clock, actor
from records.services.refusing import service

from .batching import loaded_before, new_batch
from .contact_rows import Found, Wish, judge_contacts, write_contacts
from .outcome import CREATED, SKIPPED, UNCHANGED, UPDATED, ImportRefused, Loaded, Outcome, all_lines, stands_already


@service("import_contacts", about="plan")
def load_contacts(
    *,
    plan: Plan,
    file: str,
    digest: str,
    by: Any,
    clock: Clock,
    channel: str,
    skip_bad_rows: bool = False,
    note: str = "",
    trial: bool = False,
    job: int | None = None,
    beat: Any = None,
    then: Any = None,
) -> Loaded:
    """Add the contacts of `plan` (record_type "contact") to their customers, found by number, id or name.

    A contact is known by its name at the customer; `plan.spec.existing` says what becomes of one that stands. Raises
    ImportRefused and Refused, and calls `then`, as `load` does.
    """
    texts = [row.customer for row in plan.rows if row.customer]
    found = find_records(Customer, texts, plan.spec.source, by, clock())
    lock_rows(Customer, {customer.pk for customer in found.values() if customer is not Several})
    rules_lock(exclusive=False)
    checker = actor(by, clock())
    if "import_records" not in checker.who.permissions:
        raise refuse("import_right")
    before = loaded_before(plan, digest, job)
    if before is not None:
        return _ended(stands_already(plan, before), then)
    wishes, errors = _wishes(plan, find_records(Customer, texts, plan.spec.source, checker.user, checker.at))
    judged = judge_contacts(wishes, checker, plan.spec.existing)
    errors = sorted([*plan.errors, *errors, *judged.errors], key=lambda error: error.line)
    outcome = all_lines(plan, _outcome(judged, plan.spec.existing), errors, ())
    if errors and not skip_bad_rows:
        raise ImportRefused(errors, outcome)
    batch = None
    if judged.count:
        words = f"{file}: {note}" if note else file
        batch = new_batch(plan, checker, words, judged.count, digest, job)
        with act_of(batch, checker, reason="import", note=words, channel=channel, trail=None):
            write_contacts(judged)
        if beat is not None:
            beat.step(judged.count, judged.count, "writing")
    if trial:
        transaction.set_rollback(True)
    kept = len(judged.standing)
    loaded = Loaded(
        batch=batch,
        created=len(judged.new),
        updated=len(judged.changed),
        existing=kept if plan.spec.existing == "skip" else 0,
        unchanged=kept if plan.spec.existing == "update" else 0,
        contacts=judged.count,
        errors=errors,
        outcome=outcome,
    )
    return _ended(loaded, then)


def _ended(loaded: Loaded, then: Any) -> Loaded:
    if then is not None:
        then(loaded)
    return loaded


def _wishes(plan: Plan, customers: dict[str, Any]) -> tuple[list[Wish], list[RowError]]:
    wishes, errors = [], []
    for row in plan.rows:
        customer = customers.get(row.customer)
        if customer is None or customer is Several:
            code = "two_parents" if customer is Several else "no_parent"
            errors.append(
                RowError(row.line, code if row.customer else "needed", "customer", {"value": row.customer[:80]})
            )
        else:
            wishes.append(Wish(row.line, customer.pk, row.values))
    return wishes, errors


def _outcome(found: Found, existing: str) -> list[Outcome]:
    kept = SKIPPED if existing == "skip" else UNCHANGED
    return [
        *(Outcome(wish.line, CREATED) for wish, _row in found.new),
        *(Outcome(wish.line, UPDATED, pk=row.pk) for wish, row in found.changed),
        *(Outcome(line, kept) for line, _differs in found.standing),
    ]
