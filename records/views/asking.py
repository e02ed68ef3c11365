"""Asking for another entry time of a record, from its card or from the page for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.ids import id_in
from audit.times import format_time, zone_label
from audit.times import now as clock
from records.access import Checker
from records.deciders import deciders
from records.forms.requests import RequestForm
from records.models import Reason, TimeRequest
from records.models.access import REDATE
from records.models.record import Record
from records.reach import reach
from records.refusals import Refused, StaleRecord, refuse
from records.services.time_requests import ask
from records.stale import stale_lines
from records.who_may import why_not

from .editing import page_urls, record_or_404
from .not_allowed import NotAllowed

FIELD = {"reason": "why", "reason_unknown": "why", "note": "note", "proof_size": "file"}
ANYWHERE = {"request_open", "requests_off", "archived", "see_right", "busy", "inactive"}
NAMED = 5  # of those who can answer


def ask_page(request: HttpRequest, model: type[Record], pk: int) -> HttpResponse:
    """GET shows the form, POST asks. 404 for who may not see the record, 403 where nothing can be asked."""
    record = record_or_404(request, model, pk)
    _check(request, record)
    reasons = list(Reason.objects.filter(active=True))
    if request.method != "POST":
        initial = {"version": record.version} | _to_take_back(request, record)
        return _render(request, record, RequestForm(record=record, reasons=reasons, initial=initial))
    form = RequestForm(request.POST, request.FILES, record=record, reasons=reasons)
    if not form.is_valid():
        return _render(request, record, form, status=422)
    try:
        made = send(request, record, form, link=form.cleaned_data["link"], proof=form.proof)
    except Refused as no:
        for finding, sentence in zip(no.findings, no.messages(), strict=True):
            form.add_error(None if finding.code in ANYWHERE else FIELD.get(finding.code, "entered_at"), sentence)
        return _render(request, record, form, status=422)
    except StaleRecord as stale:
        return _stale(request, model, form, stale)
    return redirect("records:request_detail", made.pk)


def _to_take_back(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The time before the change that the address names: its undo lies beyond what the person may do alone."""
    rows = record.history.filter(history_id=id_in(request.GET.get("back", "")), previous_entered_at__isnull=False)
    before = rows.values_list("previous_entered_at", flat=True).first()
    return {} if before is None else {"entered_at": format_time(before, timezone.get_current_timezone())}


def send(request: HttpRequest, record: Any, form: Any, **more: Any) -> TimeRequest:
    """Ask for what a valid entry-time form says, and say that it was sent. Raises Refused, StaleRecord."""
    given = form.cleaned_data
    made = ask(
        record=record,
        seen_version=given["version"],
        wanted=given["entered_at"],
        why_code=given["why"],
        words=given["note"],
        by=request.user,
        channel="web",
        clock=clock,
        remote_addr=request.remote_addr,  # type: ignore[attr-defined]
        **more,
    )
    messages.success(request, _("Request sent. Nothing changes until somebody approves it."))
    return made


def _check(request: HttpRequest, record: Any) -> None:
    """Raise NotAllowed where no request can come of it."""
    rule = request.company.by_type.get(record._meta.model_name)  # type: ignore[attr-defined]
    code = "archived" if record.archived_at else "" if rule and rule.requests_allowed else "requests_off"
    if code:
        raise NotAllowed(refuse(code).messages()[0], back=reverse(record.page("update"), args=[record.pk]))


def _render(request: HttpRequest, record: Any, form: RequestForm, status: int = 200, **more: Any) -> HttpResponse:
    at = clock()
    checker = Checker(request.user, at)
    rule = request.company.by_type[record._meta.model_name]  # type: ignore[attr-defined]
    may = bool(checker.why(record, REDATE.format(record._meta.model_name)))
    zone = timezone.get_current_timezone()
    about = {"record_type": record._meta.model_name, "record_id": record.pk, "asked_by": request.user}
    mine = TimeRequest.objects.waiting(at).filter(**about)
    reached = reach(request.user, record, at, checker=checker, rule=rule)
    context = {
        "record": record,
        "form": form,
        "urls": page_urls(record),
        "why_not": "" if may else why_not(request.user, record, at),
        "reach": reached,
        "data": reached.readings(zone) | _readings(record, zone),
        "zone": zone_label(zone, record.entered_at),
        "zone_name": str(zone),
        "deciders": list(deciders(record, at, but=request.user, limit=NAMED + 1)),
        "expires": at + dt.timedelta(days=rule.request_days),
        "mine": mine.first(),
    }
    return render(request, "records/request_new.html", context | more, status=status)


def _readings(record: Any, zone: dt.tzinfo) -> dict[str, str]:
    """What the calendar marks of the record, beside the reach."""
    times = {"current": record.entered_at, "first": record.original_entered_at}
    return {name: format_time(moment, zone) for name, moment in times.items()}


def _stale(request: HttpRequest, model: type[Record], form: RequestForm, stale: StaleRecord) -> HttpResponse:
    """Both values, nothing sent; the page holds the new version."""
    record = record_or_404(request, model, stale.record.pk)
    form.record = record
    form.data = form.data.copy()
    form.data["version"] = str(record.version)
    return _render(request, record, form, status=409, stale=stale_lines(stale, request.user), is_stale=True)
