"""Ids as addresses and forms carry them."""

from __future__ import annotations


def id_in(text: str) -> int | None:
    """The number that a text means, where it can be the id of a row: ASCII digits, at most 18 of them; else None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
