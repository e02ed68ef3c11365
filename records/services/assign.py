"""What decides rights: owner, importance, parents. Each has its own right, small form, reason and history row.

What a customer is part of decides none, but is assigned the same way.

Rows are locked first, then the rules lock exclusively, so that no change of an entry time is judged in between.
"""

from __future__ import annotations

from typing import Any

from records.access import Checker
from records.models import Contract, Customer, FollowUp, Opportunity
from records.models.record import Record
from records.refusals import StaleRecord, refuse

from .locks import locked, rules_lock
from .parents import check_parents, fresh_parents, part_of_refusal
from .records import Clock, Saved, actor, check_owner, write
from .refusing import service

CHILDREN: tuple[Any, ...] = (FollowUp, Contract)


@service("change_owner")
def change_owner(
    *,
    record: Record,
    seen_version: int,
    owner: Any,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Saved:
    """Give `record` to another owner, who must be active and may own records. Raises Refused, StaleRecord."""
    row, checker = _open(record, seen_version, by, clock, ("owner_id",))
    _need(checker, row, f"assign_{row._meta.model_name}", "assign_right")
    check_owner(owner)
    return write(
        row, {"owner_id": owner.pk}, checker, reason=reason, note=note, channel=channel, remote_addr=remote_addr
    )


@service("change_importance")
def change_importance(
    *,
    record: Customer,
    seen_version: int,
    importance: str,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Saved:
    """Mark a customer "key" or "ordinary", and with it all that hangs on it. Raises Refused, StaleRecord."""
    row, checker = _open(record, seen_version, by, clock, ("importance",))
    _need(checker, row, "classify_customer", "classify_right")
    if importance not in Customer.Importance.values:
        raise refuse("value")
    return write(
        row, {"importance": importance}, checker, reason=reason, note=note, channel=channel, remote_addr=remote_addr
    )


@service("change_parent")
def change_parent(
    *,
    record: Any,
    seen_version: int,
    customer: Customer | None,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    clock: Clock,
    opportunity: Opportunity | None = None,
    remote_addr: str | None = None,
) -> Saved:
    """Hang an opportunity, follow-up or contract on another customer (and opportunity).

    Moving an opportunity moves its follow-ups and contracts in the same act, each with its row; the right is needed on
    all of them. Raises Refused, StaleRecord.
    """
    children = _lock_children(record)
    row, checker = _open(record, seen_version, by, clock, ("customer_id", "opportunity_id"))
    given = fresh_parents({"customer": customer, "opportunity": opportunity})
    wanted: dict[str, Any] = {"customer_id": customer.pk if customer else None}
    if not isinstance(row, Opportunity):
        wanted["opportunity_id"] = opportunity.pk if opportunity else None
    elif customer is None and children:
        raise refuse("parent_missing")
    for each in (row, *children):
        _need(checker, each, f"assign_{each._meta.model_name}", "assign_right")
    moved = type(row)(customer=given.get("customer"), **_opportunity(row, given))
    check_parents(moved, checker)
    saved = write(row, wanted, checker, reason=reason, note=note, channel=channel, remote_addr=remote_addr)
    if saved.changed:
        for child in children:
            write(
                child,
                {"customer_id": wanted["customer_id"]},
                checker,
                reason=reason,
                note=note,
                channel=channel,
                remote_addr=remote_addr,
            )
    return saved


@service("change_part_of")
def change_part_of(
    *,
    record: Customer,
    seen_version: int,
    part_of: Customer | None,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Saved:
    """Make a customer part of another one, or of none. Nobody gains or loses a right by it.

    Raises Refused: assign_right, archived, value (for a customer the person may not see), parent_archived, part_circle;
    StaleRecord.
    """
    row, checker = _open(record, seen_version, by, clock, ("parent_id",))
    _need(checker, row, "assign_customer", "assign_right")
    wanted = part_of and Customer.objects.select_related("owner").get(pk=part_of.pk)
    if code := part_of_refusal(checker, row.pk, wanted):
        raise refuse(code)
    return write(
        row,
        {"parent_id": wanted.pk if wanted else None},
        checker,
        reason=reason,
        note=note,
        channel=channel,
        remote_addr=remote_addr,
    )


def _opportunity(row: Any, given: dict[str, Any]) -> dict[str, Any]:
    return {} if isinstance(row, Opportunity) else {"opportunity": given.get("opportunity")}


def _lock_children(record: Any) -> list[Any]:
    """The follow-ups and contracts of an opportunity, locked in the order of (type, id)."""
    if not isinstance(record, Opportunity):
        return []
    found: list[Any] = []
    for model in sorted(CHILDREN, key=lambda m: m._meta.model_name or ""):
        rows = model._default_manager.select_for_update(no_key=True).filter(opportunity=record.pk)
        found += list(rows.order_by("pk"))
    return found


def _open(record: Any, seen_version: int, by: Any, clock: Clock, fields: tuple[str, ...]) -> tuple[Any, Checker]:
    row = locked(type(record), record.pk)
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    if row.archived_at is not None:
        raise refuse("archived")
    if row.version != seen_version:
        _refuse_stale(row, seen_version, fields)
    return row, checker


def _refuse_stale(row: Any, seen_version: int, fields: tuple[str, ...]) -> None:
    names = [name for name in fields if hasattr(row, name)]
    seen = row.history.filter(version=seen_version).values(*names).first()
    if seen is None:
        raise StaleRecord(row, {}, {name: getattr(row, name) for name in names})
    changed = [name for name in names if seen[name] != getattr(row, name)]
    if changed:
        raise StaleRecord(row, {n: seen[n] for n in changed}, {n: getattr(row, n) for n in changed})


def _need(checker: Checker, row: Any, codename: str, code: str) -> None:
    if codename not in checker.who.permissions or not checker.has_perm(f"view_{row._meta.model_name}", row):
        raise refuse(code)
