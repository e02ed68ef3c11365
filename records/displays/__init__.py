"""How the trail shows rows of every tracked table, and what events say; registered once, when the app is ready."""

from __future__ import annotations

from . import above, access, events, records, reviews, rules


def register() -> None:
    """Give every tracked model, every kind of event and what else it asks for to the trail."""
    for part in (records, access, rules, events, reviews, above):
        part.register()
