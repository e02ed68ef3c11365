"""What the trail says of checks, explanations and purges."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.telling import Facts, track_event
from audit.verify.keeping import EVENT as VERIFIED
from audit.verify.purges import KIND as PURGE

from .explaining import EVENT as EXPLAINED

TIMES_CHECKED = "times_checked"


def register() -> None:
    """Give these kinds of events to the trail."""
    track_event(VERIFIED, gettext_lazy("Trail verified"), tells=_checked)
    track_event(TIMES_CHECKED, gettext_lazy("Entry times checked"), tells=_checked)
    track_event(EXPLAINED, gettext_lazy("Finding explained"), tells=_explained)
    track_event(PURGE, gettext_lazy("Rows purged"), tells=_purged)


def _checked(facts: Facts, known: Any) -> str:
    number = int(facts.get("findings") or 0)
    return ngettext("%(n)d finding", "%(n)d findings", number) % {"n": number}


def _explained(facts: Facts, known: Any) -> str:
    return _("Finding %(number)s: %(why)s") % {"number": facts.get("finding", ""), "why": facts.get("why", "")}


def _purged(facts: Facts, known: Any) -> str:
    number = int(facts.get("count") or 0)
    words = ngettext("%(n)d row of %(table)s: %(why)s", "%(n)d rows of %(table)s: %(why)s", number)
    return words % {"n": number, "table": facts.get("kind", ""), "why": facts.get("why", "")}
