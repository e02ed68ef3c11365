"""Four eyes: who may answer a request. Never who asked, and never through a right that who asked has given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from records.access import Checker, Source
from records.models import GRANTS, TimeRequest
from records.models.access import REDATE
from records.refusals import refuse

DECIDE = "decide_requests"


def check_decider(request: TimeRequest, record: Any, checker: Checker) -> list[Source]:
    """What lets the person answer `request` on `record`; raises Refused where nothing does.

    four_eyes (they asked themselves), decide_right (no role of theirs answers requests), right (they may not change
    this entry time), asker_granted (they may, but only through grants of who asked).
    """
    if request.asked_by_id == checker.user.pk:
        raise refuse("four_eyes")
    if DECIDE not in checker.who.permissions:
        raise refuse("decide_right")
    sources = checker.why(record, REDATE.format(record._meta.model_name))
    if not sources:
        raise refuse("right")
    counting = not_granted_by(request.asked_by_id, sources, record)
    if not counting:
        raise refuse("asker_granted")
    return counting


def not_granted_by(person: int, sources: Iterable[Source], record: Any) -> list[Source]:
    """The sources without the grants that this person gave, on the record or on its customer. One query per grant."""
    return [source for source in sources if not (source.is_grant and _giver(source, record) == person)]


def _giver(source: Source, record: Any) -> int | None:
    kind = "customer" if source.covering else record._meta.model_name
    grants: Any = GRANTS[kind][source.kind == "group"]
    return grants.objects.filter(pk=source.id).values_list("granted_by", flat=True).first()
