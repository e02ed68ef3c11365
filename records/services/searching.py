"""Derived columns: `search_text` (pieces of words) and `name_key` (how names sort)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.search import pieces, sort_key, squeezed

SEARCHED = {
    "customer": ("number", "name", "short_name", "address"),
    "opportunity": ("number", "name", "competitor"),
    "followup": ("number", "summary", "content", "next_step"),
    "contract": ("number", "name", "external_id"),
}


def _words(name: str, phone: str, phone2: str, email: str, wechat: str) -> list[str]:
    """What a contact is found by: phone numbers also without blanks and dashes."""
    return [name, phone, phone2, email, wechat, squeezed(phone), squeezed(phone2)]


def derived(record: Any, contact: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The derived columns of a record as its fields now stand; `contact` is one that is about to be added."""
    words = [str(getattr(record, name)) for name in SEARCHED[record._meta.model_name]]
    if record._meta.model_name == "customer" and record.pk:
        rows = record.contacts.filter(archived_at__isnull=True).values_list(
            "name", "phone", "phone2", "email", "wechat"
        )
        words += [word for row in rows for word in _words(*row)]
    if contact:
        words += _words(*(contact.get(name, "") for name in ("name", "phone", "phone2", "email", "wechat")))
    return {"search_text": pieces(" ".join(words)), "name_key": sort_key(record.title)}
