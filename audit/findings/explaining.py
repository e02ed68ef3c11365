"""Looked at, fine because …: a finding gets its explanation, once, from somebody whose change it is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from audit.events import record_event
from audit.models import Finding
from audit.verify.marks import digest

from .about import people_of, record_model

EVENT = "finding_explained"
MAY = "records.verify_trail"
SHORTEST = 10  # characters: "fine" explains nothing


class CannotExplain(Exception):
    """The finding cannot be explained so. `code` is right, own, explained, gone, changed or short."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code, self.name = code, name

    @property
    def refused(self) -> bool:
        """Whether the person may not, as opposed to what they said."""
        return self.code in ("right", "own")

    @property
    def message(self) -> str:
        """The sentence to show."""
        words = {
            "changed": _("Something changed here since you looked. Look again, then answer."),
            "right": _("Only those who verify the trail explain findings."),
            "own": _("This is about your own change. Somebody else who verifies the trail looks at it."),
            "explained": _("%(name)s has explained this already.") % {"name": self.name},
            "gone": _("The last check no longer found this: there is nothing to explain."),
            "short": _("Say why it is fine, in at least %(count)d characters.") % {"count": SHORTEST},
        }
        return words[self.code]


def explain(
    *,
    finding: Finding,
    words: str,
    by: Any,
    clock: Callable[[], dt.datetime],
    seen: str = "",
    channel: str = "web",
    remote_addr: str | None = None,
) -> Finding:
    """Keep why the finding is fine, with an event. Raises CannotExplain; who may not is kept as refused.

    `seen` is the digest of what was looked at, which is what the explanation is for.
    """
    try:
        with transaction.atomic():
            return _explain(finding.pk, " ".join(words.split()), seen, by, clock(), channel, remote_addr)
    except CannotExplain as no:
        if no.refused:
            what = {"action": EVENT, "codes": [f"finding_{no.code}"], "finding": finding.pk}
            record_event(kind="refused", by=by, at=clock(), channel=channel, remote_addr=remote_addr, what=what)
        raise


def _explain(
    pk: int, words: str, seen: str, by: Any, at: dt.datetime, channel: str, remote_addr: str | None
) -> Finding:
    found = Finding.objects.select_for_update().get(pk=pk)
    _check(found, words, seen, get_user_model()._default_manager.get(pk=by.pk))
    found.explained_at, found.explained_by_id, found.explained_by_name = at, by.pk, str(by)
    found.explanation = words
    found.save(update_fields=["explained_at", "explained_by_id", "explained_by_name", "explanation"])
    what = {"finding": found.pk, "source": found.source, "code": found.code, "key": found.key, "why": words}
    what["digest"] = digest(found.facts)
    model = record_model(found.record_type)
    record = model(pk=found.record_id) if model is not None and found.record_id is not None else None
    record_event(kind=EVENT, by=by, at=at, channel=channel, record=record, remote_addr=remote_addr, what=what)
    return found


def _check(found: Finding, words: str, seen: str, person: Any) -> None:
    if not person.is_active or not person.has_perm(MAY):
        raise CannotExplain("right")
    if found.explained_at is not None:
        raise CannotExplain("explained", found.explained_by_name)
    if found.gone_at is not None:
        raise CannotExplain("gone")
    if person.pk in people_of(found):
        raise CannotExplain("own")
    if seen and seen != digest(found.facts):
        raise CannotExplain("changed")
    if len(words) < SHORTEST:
        raise CannotExplain("short")
