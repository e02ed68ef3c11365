"""Creating records, changing their ordinary fields, archiving them and taking them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from audit.acts import act
from records.access import Checker
from records.models._entry_time_key import key
from records.models.access import CHANGE, OWN, person
from records.models.record import Record
from records.refusals import StaleRecord, refuse

from .judging_new import judge_new
from .locks import locked, rules_lock
from .numbers import next_numbers
from .parents import check_parents, fresh_parents
from .refusing import service
from .searching import derived

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True)
class Saved:
    """What came of a save: the record's version and the fields that changed (none: nothing was written)."""

    version: int
    changed: tuple[str, ...] = ()


def actor(by: Any, at: dt.datetime) -> Checker:
    """The person loaded afresh, with their rights at `at`. Raises Refused for somebody deactivated meanwhile."""
    checker = Checker(get_user_model().objects.get(pk=by.pk), at)
    if not checker.user.is_active:
        raise refuse("inactive")
    return checker


NEVER_GIVEN = frozenset({"id", "version", "search_text", "name_key"})
AT_CREATION = frozenset({"owner", "importance", "customer", "opportunity", "external_source", "external_id"})


def _check_names(model: type[Record], values: dict[str, Any], also: frozenset[str] = frozenset()) -> None:
    """Raise ValueError for a name that is no ordinary field, also in another spelling (`owner_id`, `pk`)."""
    ordinary = {f.name for f in model._meta.concrete_fields if not f.is_relation}
    wrong = set(values) - (ordinary - model.LOCKED - NEVER_GIVEN - AT_CREATION | also)
    if wrong:
        raise ValueError(f"{sorted(wrong)} have their own services, or are no fields at all")


@service("create_record")
def create_record(
    *,
    model: type[Record],
    values: dict[str, Any],
    by: Any,
    channel: str,
    clock: Clock,
    entered_at: dt.datetime | None = None,
    reason: str = "",
    note: str = "",
    acknowledged: Iterable[str] = (),
    typed: str = "",
    typed_zone: str = "",
    remote_addr: str | None = None,
) -> Record:
    """Create a record of `model` with `values` (field → value; `owner` defaults to `by`).

    Without `entered_at` it counts as entered now; with an earlier one (aware, whole seconds) the rules judge it,
    `reason` (a Reason's code) is asked, and warnings must be ticked: their codes stand in `acknowledged`. Raises
    Refused; ValidationError for values the model refuses.
    """
    ticked = frozenset(acknowledged)
    _check_names(model, values, also=AT_CREATION)
    rules_lock(exclusive=False)
    at = clock()
    checker = actor(by, at)
    stamp = at.replace(microsecond=0)
    clocks = {"recorded_at": stamp, "entered_at": entered_at or stamp, "original_entered_at": entered_at or stamp}
    record: Any = model(**{"owner": checker.user} | values | fresh_parents(values) | clocks)
    _check_new(record, checker)
    why = {"reason": reason, "note": note, "channel": channel}
    kept = judge_new(record, checker, **why, stamped=entered_at is None, acknowledged=ticked)
    for name, value in derived(record).items():
        setattr(record, name, value)
    record.number = next_numbers(model, stamp, 1)[0]
    record.full_clean(exclude=["version"], validate_unique=False, validate_constraints=False)
    how: dict[str, Any] = {"typed": typed, "typed_zone": typed_zone, "remote_addr": remote_addr}
    with _act(checker, **why, **how, **kept), key():
        record.save(force_insert=True)
    return record


def _check_new(record: Any, checker: Checker) -> None:
    name = record._meta.model_name
    if f"add_{name}" not in checker.who.permissions:
        raise refuse("right")
    owner_is_other = record.owner_id != checker.user.pk
    if owner_is_other and f"assign_{name}" not in checker.who.permissions:
        raise refuse("right")
    if owner_is_other:
        check_owner(record.owner)
    elif OWN not in checker.who.permissions:
        raise refuse("owner")
    if name == "customer" and record.importance == "key" and "classify_customer" not in checker.who.permissions:
        raise refuse("right")
    check_parents(record, checker)


def check_owner(owner: Any) -> None:
    """Raise Refused where the person, read again, is inactive or may own no records."""
    fresh = get_user_model().objects.get(pk=owner.pk)
    if not fresh.is_active or OWN not in person(fresh).permissions:
        raise refuse("owner")


def _act(checker: Checker, reason: str, note: str, channel: str, **extra: Any) -> Any:
    return act(
        by=checker.user,
        reason=reason,
        note=note,
        channel=channel,
        at=checker.at,
        role=",".join(checker.who.roles),
        **extra,
    )


@service("update_record")
def update_record(
    *,
    record: Record,
    seen_version: int,
    values: dict[str, Any],
    by: Any,
    channel: str,
    clock: Clock,
    reason: str = "",
    note: str = "",
    remote_addr: str | None = None,
) -> Saved:
    """Change ordinary fields of `record` as `by` saw them at `seen_version`.

    Only fields whose value differs from the seen one are written. StaleRecord where one of those was changed by
    somebody else meanwhile (a move of the entry time alone is no conflict); Refused without the right to change.
    """
    _check_names(type(record), values)
    row = locked(type(record), record.pk)
    rules_lock(exclusive=False)
    checker = actor(by, clock())
    check_changeable(row, checker)
    wanted = _wanted(row, seen_version, values)
    return write(row, wanted, checker, reason=reason, note=note, channel=channel, remote_addr=remote_addr)


def check_changeable(row: Any, checker: Checker) -> None:
    """Raise Refused where the person may not change the record, or it is archived."""
    if not checker.has_perm(CHANGE.format(row._meta.model_name), row):
        raise refuse("change_right")
    if row.archived_at is not None:
        raise refuse("archived")


def _wanted(row: Any, seen_version: int, values: dict[str, Any]) -> dict[str, Any]:
    """The values that differ from what was seen. Raises StaleRecord where somebody else changed one of them."""
    seen = _seen(row, seen_version)
    wanted, theirs = {}, []
    for name, value in values.items():
        if value == seen[name]:
            continue
        current = getattr(row, name)
        if current not in (seen[name], value):
            theirs.append(name)
        elif current != value:
            wanted[name] = value
    if theirs:
        raise StaleRecord(row, {n: seen[n] for n in theirs}, {n: getattr(row, n) for n in theirs})
    return wanted


def _seen(row: Any, seen_version: int) -> dict[str, Any]:
    names = [f.attname for f in row._meta.concrete_fields]
    if row.version == seen_version:
        return {name: getattr(row, name) for name in names}
    found = row.history.filter(version=seen_version).order_by("-history_id").first()
    if found is None:
        raise StaleRecord(row, {}, {"version": row.version})
    return {name: getattr(found, name, None) for name in names}


def write(
    row: Any, values: dict[str, Any], checker: Checker, *, reason: str, note: str, channel: str, **extra: Any
) -> Saved:
    """Write `values` (attname → value) and one history row, inside an open transaction; nothing where none differs."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return Saved(row.version)
    for name, value in changed.items():
        setattr(row, name, value)
    unchanged = ["version", *(f.name for f in row._meta.fields if f.attname not in changed)]
    row.full_clean(exclude=unchanged, validate_unique=False, validate_constraints=False)
    also = {n: v for n, v in derived(row).items() if getattr(row, n) != v} if isinstance(row, Record) else {}
    for name, value in also.items():
        setattr(row, name, value)
    with _act(checker, reason, note, channel, **extra), key():
        row.save(update_fields=[row._meta.get_field(n).name for n in (*changed, *also)])
    return Saved(row.version, tuple(changed))


@service("archive_record")
def archive_record(
    *,
    record: Record,
    seen_version: int,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Saved:
    """Put a record out of the lists; nothing is ever deleted. Raises Refused, StaleRecord."""
    return _archive(
        record, seen_version, True, by, clock, reason=reason, note=note, channel=channel, remote_addr=remote_addr
    )


@service("restore_record")
def restore_record(
    *,
    record: Record,
    seen_version: int,
    by: Any,
    reason: str,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Saved:
    """Take a record back from the archive. Raises Refused, StaleRecord."""
    return _archive(
        record, seen_version, False, by, clock, reason=reason, note=note, channel=channel, remote_addr=remote_addr
    )


def _archive(record: Record, seen_version: int, archive: bool, by: Any, clock: Clock, **why: Any) -> Saved:
    row: Any = locked(type(record), record.pk)
    rules_lock(exclusive=False)
    checker = actor(by, clock())
    if not checker.has_perm(CHANGE.format(row._meta.model_name), row):
        raise refuse("change_right")
    if (row.archived_at is not None) == archive:
        return Saved(row.version)
    if row.version != seen_version:
        raise StaleRecord(row, {}, {"version": row.version})
    value = checker.at if archive else None
    return write(row, {"archived_at": value}, checker, **why)
