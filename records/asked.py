"""Time requests as pages show them: who asks for what and why, how it stands, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from audit.times import closed_edge

from .models import RECORDS, TimeRequest
from .models.record import PAGES
from .rules import Limits
from .services.request_states import Seen

RELATED = ("owner", "customer", "opportunity")


@dataclass(frozen=True)
class Asked:
    """One request. `record` is None where the viewer may not see it (any more)."""

    request: TimeRequest
    record: Any
    reason: str
    now: dt.datetime
    closed_through: dt.date | None = None  # of the type, whoever looks
    zone: dt.tzinfo = dt.UTC  # the company's

    @property
    def number(self) -> str:
        """What people call it."""
        return f"R-{self.request.pk:04d}"

    @property
    def type_name(self) -> str:
        """The type of the record, inside a sentence."""
        return str(RECORDS[self.request.record_type]._meta.verbose_name)

    @property
    def waits(self) -> bool:
        """Whether it can still be answered, as far as its own row tells."""
        return self.request.state == TimeRequest.State.OPEN and self.request.expires_at > self.now

    @property
    def closed(self) -> dt.date | None:
        """The last closed day, where the move reaches into what is closed."""
        if self.closed_through is None:
            return None
        edge = closed_edge(self.closed_through, self.zone)
        return self.closed_through if min(self.request.before, self.request.wanted) < edge else None

    @property
    def state(self) -> str:
        """The state to show; what nobody has written down as expired yet is so all the same."""
        expired = self.request.state == TimeRequest.State.OPEN and not self.waits
        return str(TimeRequest.State.EXPIRED if expired else self.request.state)

    @property
    def state_name(self) -> str:
        """Its name."""
        return str(TimeRequest.State(self.state).label)

    @property
    def seen(self) -> str:
        """What a form that answers carries; "" where the record is not to be seen."""
        return str(Seen.of(self.request, self.record)) if self.record else ""

    @property
    def page(self) -> str:
        """The URL name of the page where one asks again."""
        return f"records:{PAGES[self.request.record_type]}_request"

    @property
    def rules(self) -> list[str]:
        """The rules that sent it to a second person, each as a sentence."""
        words = rule_sentences()
        return [words[code] for code in self.request.rules.split(",") if code in words]


def rule_sentences() -> dict[str, str]:
    """What sends a change to somebody else, by code."""
    return {
        "right": _("Who asks may not change this entry time."),
        "window": _("Further back than who asks may go."),
        "too_far": _("Moves the time further than who asks may."),
        "forward": _("Further ahead than who asks may go."),
        "approval_large": _("A change this large needs a second person."),
        "approval_key": _("A change on a key customer needs a second person."),
        "approval_reported": _("A change in a month that is reported already needs a second person."),
    }


def shown(
    requests: Iterable[TimeRequest], viewer: Any, at: dt.datetime, reasons: dict[str, str], company: Any = None
) -> list[Asked]:
    """Requests with their records, in their order; one query per type of record. `reasons` maps codes to names.

    With the `company`, whose rules name what is closed, each says whether it reaches into that.
    """
    rows = list(requests)
    records: dict[tuple[str, int], Any] = {}
    for name, model in RECORDS.items():
        ids = {request.record_id for request in rows if request.record_type == name}
        if ids:
            related = [each for each in RELATED if hasattr(model, each)]
            found: Any = model.objects.visible_to(viewer, at).filter(pk__in=ids).select_related(*related)  # type: ignore[attr-defined]
            records |= {(name, record.pk): record for record in found}
    about = {name: _closed(name, company, at) for name in RECORDS} if company else {}
    return [
        Asked(
            each,
            records.get((each.record_type, each.record_id)),
            reasons.get(each.why_code, ""),
            at,
            *about.get(each.record_type, ()),
        )
        for each in rows
    ]


def _closed(name: str, company: Any, at: dt.datetime) -> tuple[dt.date | None, dt.tzinfo]:
    """What is closed for everybody, and the zone it is counted in."""
    rule, zone = company.by_type.get(name), company.shown_zone
    if rule is None:
        return None, zone
    days = (rule.closed_through, rule.grace_days, rule.closed_hard_through)
    limits = Limits((), zone, closed_through=days[0], grace_days=days[1], closed_hard_through=days[2])
    return limits.closed_at(at), zone
