"""What a person saw of a record, and whether what decides has moved since: their page may be old."""

from __future__ import annotations

from typing import Any

from records.refusals import StaleRecord

# A change is stale only where one of these moved since the seen version: they decide what it means and who may.
DECIDES = ("entered_at", "owner_id", "importance", "customer_id", "opportunity_id", "archived_at")


def rows_since(row: Any, seen_version: int) -> list[dict[str, Any]]:
    """History rows from the seen version on, oldest first; empty where nothing was changed since."""
    if row.version == seen_version:
        return []
    history = row.history.model
    names = [f for f in DECIDES if f in {each.attname for each in history._meta.concrete_fields}]
    rows = history.objects.filter(id=row.pk, version__gte=seen_version).order_by("history_id")
    return list(rows.values("history_id", "version", "history_user_id", "previous_entered_at", "reason", *names))


def check_seen(row: Any, seen_version: int, rows: list[dict[str, Any]]) -> None:
    """Raise StaleRecord where what decides changed since the seen version, or where that version is unknown."""
    if row.version == seen_version:
        return
    names = [name for name in DECIDES if hasattr(row, name)]
    if not rows or rows[0]["version"] != seen_version:
        raise StaleRecord(row, {}, {name: getattr(row, name) for name in names})
    seen = rows[0]
    changed = [name for name in names if any(later[name] != seen[name] for later in rows[1:])]
    if changed:
        raise StaleRecord(row, {n: seen[n] for n in changed}, {n: getattr(row, n) for n in changed})
