"""Derived columns: `search_text` (pieces of words) and `name_key` (how names sort)."""

from __future__ import annotations

from typing import Any

from records.search import pieces, sort_key, squeezed

SEARCHED = {
    "customer": ("number", "name", "short_name", "address"),
    "opportunity": ("number", "name", "competitor"),
    "followup": ("number", "summary", "content", "next_step"),
    "contract": ("number", "name", "external_id"),
}


def derived(record: Any) -> dict[str, str]:
    """The derived columns of a record as its fields now stand."""
    words = [str(getattr(record, name)) for name in SEARCHED[record._meta.model_name]]
    if record._meta.model_name == "customer" and record.pk:
        rows = record.contacts.filter(archived_at__isnull=True).values_list(
            "name", "phone", "phone2", "email", "wechat"
        )
        words += [word for row in rows for word in (*row, squeezed(row[1]), squeezed(row[2]))]
    return {"search_text": pieces(" ".join(words)), "name_key": sort_key(record.title)}
