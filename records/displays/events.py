"""What the events of the records say: refusals, by rule, and who is told besides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import styles
from audit.telling import Facts, track_event
from audit.times import format_time
from audit.words import in_a_row
from records.models import ProofFile
from records.refusals import WARNINGS, sentence
from records.rules import Finding

from .above import warning
from .names import type_name

more_names: list[Callable[[], Mapping[str, str]]] = []  # codes of refusals that the rooms above alone know


def register() -> None:
    """Refused attempts, and rules of notices."""
    track_event("refused", gettext_lazy("Refused"), group="refused", tells=_refused)
    track_event("notice_rule_added", gettext_lazy("Told besides"), tells=_told)
    track_event("notice_rule_removed", gettext_lazy("Told no longer"), tells=_told)
    track_event(ProofFile.EVENT, gettext_lazy("Proof attached"), tells=_proof)
    track_event("demo_started", gettext_lazy("Demo begun"))
    track_event("demo_finished", gettext_lazy("Demo filled"))


def _refused(facts: Facts, known: Any) -> str:
    said = in_a_row(rule_name(code) for code in facts.get("codes", ()))
    try:
        at = dt.datetime.fromisoformat(str(facts.get("entered_at") or ""))
    except ValueError:
        return said
    wanted = format_time(at, timezone.get_current_timezone(), styles.style())
    return _("%(rules)s; wanted %(time)s") % {"rules": said, "time": wanted}


def _proof(facts: Facts, known: Any) -> str:
    words = _("Request %(number)s: a file of %(size)s bytes, SHA-256 %(digest)s")
    number, size = int(facts.get("request") or 0), int(facts.get("size") or 0)
    return words % {"number": f"R-{number:04d}", "size": f"{size:,}", "digest": str(facts.get("sha256", ""))}


def _told(facts: Facts, known: Any) -> str:
    return _("%(name)s, of %(type)s") % {"name": facts.get("to", ""), "type": type_name(str(facts.get("type", "")))}


def rule_name(code: Any) -> str:
    """The rule that refused, in few words. Sentences with figures stand where it happened."""
    known = {
        "right": _("No right to change this entry time"),
        "right_new": _("No right to give an earlier time"),
        "change_right": _("No right to change the record"),
        "assign_right": _("No right to change owner or parent"),
        "classify_right": _("No right to mark as key"),
        "grant_right": _("No right to grant"),
        "grant_self": _("Nobody grants to themselves"),
        "grant_ceiling": _("More than one holds"),
        "import_right": _("No right to import"),
        "rules_right": _("No right to change rules"),
        "purge_right": _("No right to take rows out of the trail"),
        "purge_reason": _("No reason for taking rows out of the trail"),
        "finding_right": _("No right to explain findings"),
        "finding_own": _("Nobody explains findings about their own changes"),
        "review_right": _("No right to review"),
        "review_own": _("Nobody reviews their own change"),
        "review_done": _("Signed off already"),
        "review_changed": _("Changed since it was looked at"),
        "people_right": _("No right to change people"),
        "see_right": _("No right to see the record"),
        "decide_right": _("No right to answer requests"),
        "behalf_right": _("No right to act on behalf"),
        "exception_right": _("No right to make exceptions"),
        "four_eyes": _("Nobody answers their own request"),
        "window": _("Beyond the window"),
        "too_far": _("Moves the time too far"),
        "forward": _("Too far ahead"),
        "future": _("Later than now"),
        "closed": _("Closed period"),
        "period_hard": _("Closed for good"),
        "period_lower": _("No right to reopen a period"),
        "approval": _("Needs a second person"),
        "locked": _("Locked by a signed contract"),
        "archived": _("Archived record"),
        "inactive": _("Person deactivated"),
        "reason": _("No reason given"),
        "reason_unknown": _("Unknown reason"),
        "note": _("Explanation too short"),
        "why": _("No reason in words"),
        "stale": _("Changed meanwhile"),
        "overtaken": _("Request overtaken"),
        "moved": _("Moved again since"),
        "password": _("Wrong password"),
        "password_often": _("Wrong password too often"),
        "no_rule": _("No rule for the type"),
        "period_ahead": _("Period not over yet"),
        "zone_hard": _("The zone would open a closed period"),
        "answered": _("Answered already"),
        "many_moved": _("Records changed since the preview"),
        "many_not_so": _("Not allowed as previewed"),
        "ask_many": _("Too many to be asked for as one"),
        "stale_rule": _("Changed meanwhile"),
    }
    return known.get(str(code)) or _of_others(str(code))


def _of_others(code: str) -> str:
    """A refusal without a short name: a warning, one of the rooms above, or by its sentence; else by its code."""
    if code in WARNINGS:
        return warning(code)
    above = {code: name for names in more_names for code, name in names().items()}
    return above.get(code) or sentence(Finding(code))
