"""Taking rows out of the trail, explicitly: old ones of a table, and one contact's details asked for by law.

Nothing is purged by itself. Leaves stay in their seals, an event names every row taken out, and `verify` then counts
those instead of missing them. Only administrators, and never without saying why.
"""

from __future__ import annotations

from .contact import ContactPlan, contact_plan, purge_contact
from .rows import old_rows, purge_rows, waiting_rows

__all__ = ["ContactPlan", "contact_plan", "old_rows", "purge_contact", "purge_rows", "waiting_rows"]
