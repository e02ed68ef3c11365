"""Changing an entry time for somebody who asked by phone or mail: who, how and what proves it, then as any change."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.times import format_time, zone_label
from audit.times import now as clock
from records.access import Checker
from records.forms.requests import BehalfForm
from records.models import Reason
from records.models.access import person
from records.models.record import Record
from records.odd_order import odd_order
from records.reach import reach
from records.refusals import WARNINGS, Refused, StaleRecord, refuse
from records.services.behalf import BEHALF, change_on_behalf
from records.services.entry_time import Move, foresee
from records.stale import stale_lines

from .editing import page_urls, record_or_404
from .entry_time import FIELD, WHO, tell
from .not_allowed import NotAllowed

CHANNEL = "behalf"
PERSON_FIELD = {"behalf_asker": "asker", "behalf_proof": "proof"}


def behalf(request: HttpRequest, model: type[Record], pk: int) -> HttpResponse:
    """GET shows the form, a first POST says before → after, a confirmed one changes the time."""
    record = record_or_404(request, model, pk)
    if BEHALF not in person(request.user).permissions:
        back = reverse(record.page("update"), args=[record.pk])
        raise NotAllowed(refuse("behalf_right").messages()[0], back=back)
    reasons = list(Reason.objects.filter(active=True))
    about = {"record": record, "reasons": reasons, "by": request.user}
    if request.method != "POST":
        return _render(request, record, BehalfForm(**about, initial={"version": record.version}))
    form = BehalfForm(request.POST, **about)
    if not form.is_valid():
        return _render(request, record, form, status=422)
    try:
        return _change(request, record, form) if "confirmed" in request.POST else _ask(request, record, form)
    except Refused as no:
        return _refused(request, record, form, no)
    except StaleRecord as stale:
        return _stale(request, model, form, stale)


def _ask(request: HttpRequest, record: Any, form: BehalfForm) -> HttpResponse:
    """Before → after, and the warnings to tick; refused here where it would be."""
    given = form.cleaned_data
    if given["entered_at"] == record.entered_at:
        form.add_error("entered_at", _("Unchanged. Choose another time to go on."))
        return _render(request, record, form, status=422)
    move = Move(entered_at=given["entered_at"], reason=given["why"], note=given["note"])
    verdict = foresee(record=record, move=move, by=request.user, channel=CHANNEL, at=clock())
    warnings = odd_order(verdict.warnings, record, request.user)
    return _render(request, record, form, after=move.entered_at, warnings=warnings)


def _change(request: HttpRequest, record: Any, form: BehalfForm) -> HttpResponse:
    given = form.cleaned_data
    result = change_on_behalf(
        record=record,
        seen_version=given["version"],
        entered_at=given["entered_at"],
        reason=given["why"],
        note=given["note"],
        asker=given["asker"],
        how=given["how"],
        proof=given["proof"],
        acknowledged=request.POST.getlist("acknowledged"),
        by=request.user,
        clock=clock,
        channel=CHANNEL,
        typed=form.typed,
        typed_zone=str(form.zone),
        remote_addr=request.remote_addr,  # type: ignore[attr-defined]
    )
    tell(request, record, result)
    return redirect(record.page("update"), record.pk)


def _refused(request: HttpRequest, record: Any, form: BehalfForm, no: Refused) -> HttpResponse:
    fields = FIELD | PERSON_FIELD
    for finding, sentence in zip(no.findings, no.messages(), strict=True):
        if finding.code not in WARNINGS:
            form.add_error(fields.get(finding.code, "entered_at"), sentence)
    warnings = odd_order(no.findings, record, request.user)
    after = form.cleaned_data.get("entered_at") if warnings else None
    status = 403 if {*WHO, "behalf_right"} & set(no.codes) else 422
    return _render(request, record, form, status=status, warnings=warnings, after=after, may_ask=no.may_ask)


def _stale(request: HttpRequest, model: type[Record], form: BehalfForm, stale: StaleRecord) -> HttpResponse:
    """Both values, nothing written; the page holds the new version."""
    record = record_or_404(request, model, stale.record.pk)
    form.record = record
    form.data = form.data.copy()
    form.data["version"] = str(record.version)
    return _render(request, record, form, status=409, stale=stale_lines(stale, request.user), is_stale=True)


def _render(request: HttpRequest, record: Any, form: BehalfForm, status: int = 200, **more: Any) -> HttpResponse:
    at, zone = clock(), timezone.get_current_timezone()
    rule = request.company.by_type.get(record._meta.model_name)  # type: ignore[attr-defined]
    reached = reach(request.user, record, at, checker=Checker(request.user, at), rule=rule)
    times = {"current": record.entered_at, "first": record.original_entered_at}
    context = {
        "record": record,
        "form": form,
        "urls": page_urls(record),
        "data": reached.readings(zone) | {name: format_time(moment, zone) for name, moment in times.items()},
        "zone": zone_label(zone, record.entered_at),
        "zone_name": str(zone),
        "acknowledged": request.POST.getlist("acknowledged"),
    }
    return render(request, "records/behalf.html", context | more, status=status)
