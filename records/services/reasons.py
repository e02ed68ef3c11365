"""Categories of reasons: added, renamed, ordered, offered or not; never deleted, because history names them."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, Q
from django.utils.text import slugify

from records.models import Reason
from records.refusals import refuse

from .locks import locked, rules_lock
from .records import Clock, Saved, actor, write
from .refusing import service
from .rows import check_manager, insert

SYSTEM_CODES = frozenset({"import", "undo", "command", "sql", "unstated"})  # what the trail itself writes
MOST_ORDER = 32_000


@service("add_reason")
def add_reason(
    *,
    name_en: str,
    name_zh: str,
    by: Any,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Reason:
    """Offer a new reason, last in the list. Raises Refused: rules_right, why, reason_name, reason_taken."""
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    check_manager(checker, note)
    names = _names({"name_en": name_en, "name_zh": name_zh})
    last = Reason.objects.aggregate(last=Max("order"))["last"]
    made = Reason(code=_code(names["name_en"]), order=0 if last is None else last + 1, **names)
    insert(made, checker, note=note, channel=channel, remote_addr=remote_addr)
    return made


@service("change_reason", about="reason")
def change_reason(
    *,
    reason: Reason,
    seen_version: int,
    values: dict[str, Any],
    by: Any,
    note: str,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Saved:
    """Change names, place in the list, and whether it is offered; the code stays.

    Raises Refused: rules_right, why, stale_rule, value, reason_name, reason_taken, reason_last.
    """
    rules_lock(exclusive=True)
    row = locked(Reason, reason.pk)
    checker = actor(by, clock())
    check_manager(checker, note)
    if row.version != seen_version:
        raise refuse("stale_rule")
    if set(values) - {"name_en", "name_zh", "active", "order"} or not 0 <= values.get("order", 0) <= MOST_ORDER:
        raise refuse("value")
    values = values | _names({name: values.get(name, getattr(row, name)) for name in ("name_en", "name_zh")}, row.pk)
    others = Reason.objects.filter(active=True).exclude(pk=row.pk)
    if not values.get("active", row.active) and not others.exists():
        raise refuse("reason_last")
    return write(row, values, checker, reason="", note=note.strip(), channel=channel, remote_addr=remote_addr)


def _names(given: dict[str, str], pk: int | None = None) -> dict[str, str]:
    names = {name: " ".join(text.split()) for name, text in given.items()}
    if not all(names.values()):
        raise refuse("reason_name")
    same = Q(name_en__iexact=names["name_en"]) | Q(name_zh__iexact=names["name_zh"])
    if Reason.objects.filter(same).exclude(pk=pk or 0).exists():
        raise refuse("reason_taken")
    return names


def _code(name: str) -> str:
    """A code that no reason ever had, from the English name."""
    stem = slugify(name).replace("-", "_")[:32] or "reason"
    taken = set(Reason.history.filter(code__startswith=stem).values_list("code", flat=True)) | SYSTEM_CODES
    return next(code for code in (stem, *(f"{stem}_{n}" for n in range(2, 10_000))) if code not in taken)
