"""Where to look at what a finding is about, as far as the viewer may."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.browse.sources import source_of
from audit.models import Finding
from audit.times import day_of

from .listing import Shown, visible


class Link(NamedTuple):
    """A place to look at."""

    label: str
    url: str


def links(shown: Shown, viewer: Any) -> list[Link]:
    """The history of the record, what it hangs on, the row in the trail, the person's changes of those days."""
    found = []
    if shown.history:
        found.append(Link(_("History of %(title)s") % {"title": shown.record.title}, shown.history))
    found += _parent(shown.finding, viewer)
    if viewer.has_perm("records.view_trail"):
        found += _row(shown.finding, viewer) + _span(shown.finding) + _batch(shown.finding)
    return found


def _parent(finding: Finding, viewer: Any) -> list[Link]:
    name, pk = finding.facts.get("parent_type"), finding.facts.get("parent_id")
    if not name or pk is None:
        return []
    above = [Shown(finding, record) for record in visible(name, viewer, {pk})]
    return [Link(_("History of %(title)s") % {"title": each.record.title}, each.history) for each in above]


def _row(finding: Finding, viewer: Any) -> list[Link]:
    source = source_of(finding.kind) if finding.kind and finding.row_id is not None else None
    if source is None or not source.visible_to(viewer).filter(pk=finding.row_id).exists():
        return []
    return [Link(_("The row in the trail"), reverse("audit:trail_row", args=[source.slug, finding.row_id]))]


def _span(finding: Finding) -> list[Link]:
    """The person's changes of entry times on the days it speaks of."""
    people, first, last = (finding.facts.get(name) for name in ("people", "first", "last"))
    if not people or not first or not last:
        return []
    zone = timezone.get_current_timezone()
    days = [day_of(dt.datetime.fromisoformat(moment), zone).isoformat() for moment in (first, last)]
    return [Link(_("The changes in the trail"), _trail(field="time", by=people[0], **{"from": days[0], "to": days[1]}))]


def _batch(finding: Finding) -> list[Link]:
    batch = finding.facts.get("batch")
    return [Link(_("The batch in the trail"), _trail(batch=batch))] if batch else []


def _trail(**asked: Any) -> str:
    return f"{reverse('audit:trail')}?{urlencode(asked)}"
