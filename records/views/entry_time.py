"""Changing an entry time: nudge, confirm, change; taking a change back. Every answer is the service's."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.times import format_time, shift, zone_label
from audit.times import now as clock
from records.card import Card, Confirmation
from records.forms.entry_time import EntryTimeForm
from records.forms.ordinary import RecordForm
from records.models.record import Record
from records.odd_order import odd_order
from records.refusals import WARNINGS, Refused, StaleRecord
from records.services.entry_time import Move, Result, change_entry_time, foresee
from records.services.undo import undo_change

from . import asking
from .editing import EditPage, page_urls, record_or_404

# Which field of the card a rule's sentence stands at; all others stand at the time.
FIELD = {"reason": "why", "reason_unknown": "why", "note": "note"}
WHO = {"right", "inactive"}


def change(request: HttpRequest, model: type[Record], form_class: type[RecordForm], pk: int) -> HttpResponse:
    """The card's form. A nudge re-renders it, a first post asks to confirm, a confirmed one changes the time."""
    page = EditPage(request, record_or_404(request, model, pk), form_class)
    if request.method != "POST":
        return page.render(card=page.card(state="editing"))
    form = EntryTimeForm(request.POST, record=page.record, reasons=[r for r in page.reasons if r.active])
    nudge = request.POST.get("nudge")
    if nudge is not None:
        return page.render(card=page.card(form, state="editing", text=form.nudged(nudge, page.now)))
    if not form.is_valid():
        if "version" in form.errors:
            form.add_error(None, _("This page is too old to save from. Reload it and try again."))
        return page.render(card=page.card(form, state="editing"), status=422)
    if "request" in request.POST:
        return _requested(request, page, form)
    return _confirmed(request, page, form) if "confirmed" in request.POST else _ask(request, page, form)


def _ask(request: HttpRequest, page: EditPage, form: EntryTimeForm) -> HttpResponse:
    """Say before → after and ask, or say at once why it cannot be."""
    data = form.cleaned_data
    if data["entered_at"] == page.record.entered_at:
        form.add_error("entered_at", _("Unchanged. Choose another time to go on."))
        return page.render(card=page.card(form, state="editing"), status=422)
    move = _move(form)
    try:
        verdict = foresee(record=page.record, move=move, by=request.user, channel="web", at=page.now)
    except Refused as no:
        return _refused(request, page, form, no)
    warnings = odd_order(verdict.warnings, page.record, request.user)
    reasons = dict(form.fields["why"].choices)  # type: ignore[attr-defined]
    reason = reasons.get(move.reason, "")
    confirmation = Confirmation(page.record.entered_at, move.entered_at, reason, move.note, warnings)
    context = {
        "record": page.record,
        "form": form,
        "confirmation": confirmation,
        "urls": page_urls(page.record),
        "zone": zone_label(form.zone, move.entered_at),
        "acknowledged": request.POST.getlist("acknowledged"),
    }
    return render(request, "records/entry_time_confirm.html", context)


def _move(form: EntryTimeForm) -> Move:
    data = form.cleaned_data
    return Move(entered_at=data["entered_at"], reason=data["why"], note=data["note"])


def _requested(request: HttpRequest, page: EditPage, form: EntryTimeForm) -> HttpResponse:
    """Ask somebody else for it; what the person may do alone is confirmed instead."""
    try:
        foresee(record=page.record, move=_move(form), by=request.user, channel="web", at=page.now)
    except Refused as no:
        if not no.may_ask:
            return _refused(request, page, form, no)
    else:
        return _ask(request, page, form)
    try:
        asking.send(request, page.record, form)
    except Refused as no:
        return _refused(request, page, form, no)
    except StaleRecord as stale:
        return _stale(request, page, form, stale)
    return redirect(page.record.page("update"), page.record.pk)


def _confirmed(request: HttpRequest, page: EditPage, form: EntryTimeForm) -> HttpResponse:
    data = form.cleaned_data
    try:
        result = change_entry_time(
            record=page.record,
            seen_version=data["version"],
            entered_at=data["entered_at"],
            reason=data["why"],
            note=data["note"],
            by=request.user,
            channel="web",
            clock=clock,
            acknowledged=request.POST.getlist("acknowledged"),
            typed=form.typed,
            typed_zone=str(form.zone),
            remote_addr=request.remote_addr,  # type: ignore[attr-defined]
        )
    except Refused as no:
        return _refused(request, page, form, no)
    except StaleRecord as stale:
        return _stale(request, page, form, stale)
    tell(request, page.record, result)
    return redirect(page.record.page("update"), page.record.pk)


def tell(request: HttpRequest, record: Any, result: Result) -> None:
    """The toast: before → after, distance, and Undo."""
    if result.history_id is None:
        messages.info(request, _("Unchanged: the entry time is what it was."))
        return
    zone = timezone.get_current_timezone()
    words = {
        "before": format_time(result.before, zone),
        "after": format_time(result.after, zone),
        "shift": shift(result.before, result.after),
    }
    undo = reverse(record.page("undo"), args=[record.pk, result.history_id])
    messages.success(request, _("Entry time %(before)s → %(after)s, %(shift)s.") % words, extra_tags=undo)


def _refused(request: HttpRequest, page: EditPage, form: EntryTimeForm, no: Refused) -> HttpResponse:
    """The card with each sentence where it belongs; warnings to tick, and asking, where that leads on."""
    for finding, sentence in zip(no.findings, no.messages(), strict=True):
        if finding.code not in WARNINGS:
            form.add_error(None if finding.code == "request_open" else FIELD.get(finding.code, "entered_at"), sentence)
    card: Card = page.card(
        form,
        state="editing",
        may_ask=no.may_ask,
        warnings=odd_order(no.findings, page.record, request.user),
        acknowledged=request.POST.getlist("acknowledged"),
    )
    return page.render(card=card, status=403 if WHO & set(no.codes) else 422)


def _stale(request: HttpRequest, page: EditPage, form: EntryTimeForm, stale: StaleRecord) -> HttpResponse:
    """Both values, nothing written; the card holds the new version, so that a second look can be confirmed."""
    fresh = EditPage(request, record_or_404(request, type(page.record), page.record.pk), page.form_class)
    form.record = fresh.record
    form.data = form.data.copy()
    form.data["version"] = str(fresh.record.version)
    return fresh.render(card=fresh.card(form, state="editing", stale=stale), status=409)


def undo(request: HttpRequest, model: type[Record], pk: int, history_id: int) -> HttpResponse:
    """Take a change of the entry time back, from the toast or the history."""
    record = record_or_404(request, model, pk)
    try:
        result = undo_change(
            record=record,
            history_id=history_id,
            by=request.user,
            channel="undo",
            clock=clock,
            remote_addr=request.remote_addr,  # type: ignore[attr-defined]
        )
    except Refused as no:
        messages.error(request, " ".join(no.messages()))
        if no.may_ask:
            return redirect(f"{reverse(record.page('request'), args=[pk])}?back={history_id}")
    except StaleRecord:
        messages.error(request, _("The record was changed since. Nothing was taken back."))
    else:
        tell(request, record, result)
    return redirect(record.page("update"), pk)
