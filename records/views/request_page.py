"""Everything the page of one time request shows to one person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from audit.presenters import present
from audit.times import zone_label
from audit.trail import history_of
from records.access import Checker
from records.asked import Asked
from records.deciders import deciders
from records.forms.requests import AnswerForm
from records.impact import Impact, impact_of
from records.models import ProofFile, Reason, TimeRequest
from records.models.access import person
from records.odd_order import Odd, odd_order
from records.reach import reach
from records.refusals import Refused, StaleRecord, sentence
from records.services.entry_time import Move, foresee
from records.services.four_eyes import check_decider
from records.services.seen import check_seen, rows_since
from records.stale import stale_lines

from .editing import page_urls

ROWS, NAMED, LATELY = 5, 5, 90  # of history, of who can answer, days
ANSWER_FIELDS = {"answer_note": "note"}


class RequestPage:
    """One request, read once for one person."""

    def __init__(self, request: HttpRequest, asked: Asked) -> None:
        self.request, self.asked, self.now = request, asked, asked.now
        self.checker = Checker(request.user, self.now)
        self.reasons = {reason.code: reason.name for reason in Reason.objects.all()}
        self.not_mine = ""  # why this person may not answer it
        self.blocked: list[str] = []  # why nobody with their right may approve it
        self.warnings: list[Odd] = []
        if self.waits:
            self._judge()

    @property
    def record(self) -> Any:
        """The record, or None where the person may not see it."""
        return self.asked.record

    @property
    def is_mine(self) -> bool:
        """Whether the person asked for it."""
        return self.asked.request.asked_by_id == self.request.user.pk

    @property
    def waits(self) -> bool:
        """Whether an answer can still come."""
        return self.asked.waits and self.record is not None

    @property
    def may_answer(self) -> bool:
        """Whether the form is shown: at least to reject."""
        return self.waits and not self.not_mine

    def _judge(self) -> None:
        """What the services would say to this person; they judge again."""
        asked = self.asked.request
        try:
            check_decider(asked, self.record, self.checker)
        except Refused as no:
            self.not_mine = " ".join(no.messages())
            return
        reason = "" if asked.why_code == "unstated" else asked.why_code
        move = Move(asked.wanted, reason, asked.words, approved=True, asked_by=asked.asked_by_id)
        try:
            found = foresee(record=self.record, move=move, by=self.request.user, channel="request", at=self.now)
            self.warnings = odd_order(found.warnings, self.record, self.request.user)
        except Refused as no:
            self.blocked = no.messages()

    @cached_property
    def impact(self) -> Impact | None:
        """What moves with it, while it waits."""
        if not self.waits:
            return None
        rule = self.request.company.by_type.get(self.asked.request.record_type)  # type: ignore[attr-defined]
        reached = reach(self.request.user, self.record, self.now, checker=self.checker, rule=rule)
        return impact_of(self.record, self.asked.request.wanted, self.request.user, reached)

    @property
    def overtaken_by(self) -> list[Any]:
        """What changed since an overtaken request was made, before → after."""
        asked = self.asked.request
        if asked.state != TimeRequest.State.OVERTAKEN or self.record is None:
            return []
        try:
            check_seen(self.record, asked.seen_version, rows_since(self.record, asked.seen_version))
        except StaleRecord as stale:
            return stale_lines(stale, self.request.user)
        return []

    @property
    def history(self) -> list[Any]:
        """The newest rows of the record."""
        if self.record is None:
            return []
        rows = history_of(self.record, self.request.user, limit=ROWS).rows
        return present(rows, type(self.record), self.request.user, self.reasons)

    @property
    def lately(self) -> dict[str, int]:
        """How many requests who asks has made lately, by state; only for who answers."""
        since = self.now - dt.timedelta(days=LATELY)
        made = TimeRequest.objects.filter(asked_by=self.asked.request.asked_by_id, asked_at__gt=since).order_by()
        found = dict(made.values_list("state").annotate(number=Count("pk")))
        return {"days": LATELY, "all": sum(found.values()), **found}

    @property
    def deciders(self) -> list[Any]:
        """Some of those who can answer."""
        asker = self.asked.request.asked_by
        return list(deciders(self.record, self.now, but=asker, limit=NAMED)) if self.waits else []

    @property
    def proof(self) -> Any:
        """Name and size of the file, where the person may see it."""
        if not may_see_proof(self.request.user, self.asked):
            return None
        return ProofFile.objects.filter(request=self.asked.request.pk).values("name", "size").first()

    def form(self) -> AnswerForm:
        """The form that answers."""
        return AnswerForm(request=self.request, initial={"seen": self.asked.seen})

    def render(self, form: AnswerForm | None = None, *, status: int = 200, **more: Any) -> HttpResponse:
        """The page."""
        context = {
            "page": self,
            "asked": self.asked,
            "record": self.record,
            "form": form or self.form(),
            "urls": page_urls(self.record) if self.record else {},
            "zone": zone_label(timezone.get_current_timezone(), self.asked.request.wanted),
            "acknowledged": self.request.POST.getlist("acknowledged"),
        }
        return render(self.request, "records/request_detail.html", context | more, status=status)

    def refused(self, form: AnswerForm, no: Refused, status: int) -> HttpResponse:
        """The page with why nothing was done; warnings stand at their boxes."""
        shown = {warning.code for warning in self.warnings}
        for finding in no.findings:
            if finding.code in shown:
                continue
            field = ANSWER_FIELDS.get(finding.code)
            form.add_error(field if field in form.fields else None, sentence(finding))
        untick = shown & set(no.codes)
        return self.render(form, status=status, untick=untick)

    def stale(self, form: AnswerForm, stale: StaleRecord) -> HttpResponse:
        """What was seen and what stands now; the form holds what stands now, so that a second look can be sent."""
        form.data = form.data.copy()
        form.data["seen"] = self.asked.seen
        labels = {
            "before": _("Entry time now"),
            "wanted": _("Entry time asked for"),
            "version": _("Version of the request"),
            "record_version": _("Version of the record"),
        }
        lines = [(labels[name], stale.seen[name], value) for name, value in stale.current.items() if name in labels]
        return self.render(form, status=409, stale=lines)


def may_see_proof(user: Any, asked: Asked) -> bool:
    """Who asked, who may answer requests and sees the record, and auditors."""
    held = person(user).permissions
    return asked.request.asked_by_id == user.pk or bool({"decide_requests", "view_trail"} & held)
