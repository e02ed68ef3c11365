"""Categories of reasons: a new one, and changing one. None is ever deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from records.forms.reasons import ReasonForm
from records.models import Reason
from records.refusals import Refused, sentence
from records.services.reasons import add_reason, change_reason

from .rules_gate import how, not_allowed, rule_makers_only

PLACES = {"why": "note", "reason_taken": "name_en", "reason_name": "name_en", "reason_last": "active"}


@require_http_methods(["GET", "HEAD", "POST"])
@rule_makers_only
def reason_new(request: HttpRequest) -> HttpResponse:
    """Offer a new reason."""
    form = ReasonForm(request.POST if request.method == "POST" else None, reason=None, request=request)
    if not form.is_bound or not form.is_valid():
        return _page(request, form)
    try:
        made = add_reason(**form.values(), note=form.cleaned_data["note"], **how(request))
    except Refused as no:
        return _refused(request, form, no)
    messages.success(request, _("%(reason)s is offered now.") % {"reason": made})
    return _back()


@require_http_methods(["GET", "HEAD", "POST"])
@rule_makers_only
def reason_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a reason, move it, or offer it no longer."""
    reason = get_object_or_404(Reason, pk=pk)
    form = ReasonForm(request.POST if request.method == "POST" else None, reason=reason, request=request)
    if not form.is_bound or not form.is_valid():
        return _page(request, form)
    seen = form.cleaned_data["version"] or 0
    try:
        saved = change_reason(
            reason=reason, seen_version=seen, values=form.values(), note=form.cleaned_data["note"], **how(request)
        )
    except Refused as no:
        if "stale_rule" in no.codes:
            return _stale(request, form, no)
        return _refused(request, form, no)
    messages.success(request, _("Saved.") if saved.changed else _("Nothing was changed."))
    return _back()


def _page(request: HttpRequest, form: ReasonForm, status: int | None = None, **more: Any) -> HttpResponse:
    shown = {"section": "rules", "form": form, "reason": form.reason} | more
    return render(request, "records/rule_reason.html", shown, status=status or (422 if form.is_bound else 200))


def _refused(request: HttpRequest, form: ReasonForm, no: Refused) -> HttpResponse:
    if "rules_right" in no.codes:
        raise not_allowed()
    for finding in no.findings:
        place = PLACES.get(finding.code)
        form.add_error(place if place in form.fields else None, sentence(finding))
    return _page(request, form)


def _stale(request: HttpRequest, form: ReasonForm, no: Refused) -> HttpResponse:
    """What stands now, above what was typed; nothing written."""
    standing = get_object_or_404(Reason, pk=form.reason.pk)  # type: ignore[union-attr]
    form.data = form.data.copy()
    form.data["version"] = str(standing.version)
    form.add_error(None, no.messages())  # type: ignore[arg-type]
    return _page(request, form, 409, standing=standing)


def _back() -> HttpResponse:
    return redirect(f"{reverse('records:rules')}#reasons")
