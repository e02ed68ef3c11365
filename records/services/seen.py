"""What a person saw of a record, and whether what decides has moved since: their page may be old."""

from __future__ import annotations

from typing import Any

from records.refusals import StaleRecord

# A change is stale only where one of these moved since the seen version: they decide what it means and who may.
DECIDES = ("entered_at", "owner_id", "importance", "customer_id", "opportunity_id", "archived_at")

TOLD = ("id", "history_id", "version", "history_user_id", "actor_name", "history_date", "previous_entered_at", "reason")


def rows_since(row: Any, seen_version: int) -> list[dict[str, Any]]:
    """History rows from the seen version on, oldest first; empty where nothing was changed since."""
    if row.version == seen_version:
        return []
    return many_since(type(row), {row.pk: seen_version})[row.pk]


def many_since(model: Any, seen: dict[int, int]) -> dict[int, list[dict[str, Any]]]:
    """By record its history rows from the version on that was seen of it, oldest first. One query."""
    found: dict[int, list[dict[str, Any]]] = {pk: [] for pk in seen}
    if not seen:
        return found
    history = model.history.model
    columns = {each.attname for each in history._meta.concrete_fields}
    names = [*TOLD, *(name for name in DECIDES if name in columns)]
    rows = history.objects.filter(id__in=list(seen), version__gte=min(seen.values())).order_by("history_id")
    for row in rows.values(*names):
        if row["version"] >= seen[row["id"]]:
            found[row["id"]].append(row)
    return found


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
