"""The list of time requests: those that wait for a person, those that were answered, those they asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .asked import Asked, shown
from .bulk_asked import Many, folded, many_of, with_number
from .deciders import DECIDE, number_waiting, seen_by, waiting_for
from .keyset import Order, Page, Part, paginate
from .models import RECORDS, Reason, TimeRequest
from .models.access import person

SIZE = 20
ORDER = Order("asked", (Part("asked_at", down=True), Part("id", down=True)))
ANSWERED = ("approved", "rejected", "withdrawn", "expired", "overtaken")


class RequestList:
    """What the address asks for: `tab` (waiting, answered, mine), `state`, `type`; one page of it."""

    def __init__(self, user: Any, asked: Any, at: dt.datetime, company: Any) -> None:
        self.user, self.given, self.at, self.company = user, asked, at, company
        self.decides = DECIDE in person(user).permissions
        self.sees_answered = self.decides or "view_trail" in person(user).permissions
        self.tab = self._tab(asked.get("tab", ""))
        self.state = asked.get("state", "") if self.tab != "waiting" else ""
        self.type = asked.get("type", "")

    def _tab(self, name: str) -> str:
        open_to = {"waiting": self.decides, "answered": self.sees_answered, "mine": True}
        fallback = "waiting" if self.decides else "mine"
        return name if open_to.get(name) else fallback

    @cached_property
    def page(self) -> Page:
        """The rows of this page; what a bulk change asked for as one is one of them."""
        rows = self._rows()
        if self.state in TimeRequest.State.values:
            rows = rows.filter(state=self.state)
        if self.type in RECORDS:
            rows = rows.filter(record_type=self.type)
        return paginate(
            folded(rows),
            ORDER,
            after=self.given.get("after", ""),
            before=self.given.get("before", ""),
            size=SIZE,
            dress=lambda page: with_number(page, rows).select_related("asked_by", "answered_by"),
        )

    def _rows(self) -> QuerySet:
        if self.tab == "waiting":
            return waiting_for(self.user, self.at)
        if self.tab == "answered":
            return seen_by(self.user, self.at).filter(state__in=ANSWERED)
        return TimeRequest.objects.filter(asked_by=self.user.pk)

    @cached_property
    def rows(self) -> list[Asked]:
        """The requests of this page with their records."""
        reasons = {reason.code: reason.name for reason in Reason.objects.all()}
        return shown(self.page.rows, self.user, self.at, reasons, self.company)

    @cached_property
    def cards(self) -> list[tuple[Asked, Many | None]]:
        """The requests of this page; with each that stands for a bulk change what that asks for."""
        many = many_of(self.page.rows, timezone.get_current_timezone())
        return [(each, many.get(each.request.bulk or 0)) for each in self.rows]

    @property
    def has_single(self) -> bool:
        """Whether any can be ticked: a bulk change is answered on its own page."""
        return any(many is None for _each, many in self.cards)

    @property
    def tabs(self) -> list[tuple[str, str, str, bool]]:
        """(label, address, count, whether it is shown) of those that the person may open."""
        found = []
        if self.decides:
            found.append((_("Waiting for you"), "?tab=waiting", number_waiting(self.user, self.at), "waiting"))
        if self.sees_answered:
            found.append((_("Answered"), "?tab=answered", "", "answered"))
        found.append((_("Asked by you"), "?tab=mine", "", "mine"))
        return [(label, address, count, name == self.tab) for label, address, count, name in found]

    @property
    def states(self) -> list[tuple[str, str]]:
        """The states to filter by; none where only open ones are shown."""
        known = [(value, str(label)) for value, label in TimeRequest.State.choices]
        return [] if self.tab == "waiting" else [each for each in known if self.tab == "mine" or each[0] in ANSWERED]

    @property
    def types(self) -> list[tuple[str, str]]:
        """The types to filter by."""
        return [(name, capfirst(model._meta.verbose_name_plural)) for name, model in RECORDS.items()]

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.state or self.type)

    def address(self, **place: str) -> str:
        """This list at another place."""
        query = self.given.copy()
        for name in ("after", "before"):
            query.pop(name, None)
        query.update(place)
        return f"?{query.urlencode()}"

    @property
    def newer(self) -> str:
        """The address of newer ones; "" at the start."""
        return self.page.newer and self.address(before=self.page.newer)

    @property
    def older(self) -> str:
        """The address of older ones; "" at the end."""
        return self.page.older and self.address(after=self.page.older)
