"""What was asked for as one: the requests of a bulk change, and one answer for those that wait, with one note."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from audit.times import now
from records.asked import shown
from records.bulk_asked import AsOne
from records.bulk_words import what_of
from records.forms.requests import ManyForm
from records.models import BulkChange, Reason
from records.refusals import Refused, StaleRecord
from records.services.bulk_requests import ANSWERED_AT_ONCE, answer_bulk, seen_of

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_request(request: HttpRequest, pk: int) -> HttpResponse:
    """The requests of the bulk change on records one may see, or that one asked for; POST answers those that wait."""
    one = AsOne(get_object_or_404(BulkChange, pk=pk), request.user, now())
    if not one.exists:
        raise Http404
    if request.method != "POST":
        return _show(request, one, ManyForm(request=request))
    if not one.decides:
        raise PermissionDenied(_("You may not answer requests."))
    form = ManyForm(request.POST, request=request)
    approves = request.POST.get("answer") == "approve"
    if not approves and not request.POST.get("note", "").strip():
        form.add_error("note", _("Write why you reject them."))
    if not form.is_valid():
        return _show(request, one, form, status=422)
    try:
        answers = answer_bulk(
            bulk=pk,
            seen=request.POST.get("seen", ""),
            approves=approves,
            note=form.cleaned_data["note"],
            by=request.user,
            clock=now,
            remote_addr=request.remote_addr,  # type: ignore[attr-defined]
        )
    except Refused as no:
        form.add_error(None, " ".join(no.messages()))
        return _show(request, one, form, status=422)
    return _answered(request, pk, answers)


def _answered(request: HttpRequest, pk: int, answers: list[Any]) -> HttpResponse:
    """What came of them; those that were left as they are stand there with why."""
    done = sum(answer.no is None for answer in answers)
    words = ngettext("%(n)d request is answered.", "%(n)d requests are answered.", done) % {"n": done}
    one = AsOne(BulkChange.objects.get(pk=pk), request.user, now())
    if done == len(answers):
        messages.success(request, words)
        return redirect("records:bulk_request", pk) if one.waiting else redirect("records:request_list")
    left = [answer for answer in answers if answer.no is not None]
    asked = shown([answer.request for answer in left], request.user, now(), {})
    results = [(each, _why(answer.no)) for each, answer in zip(asked, left, strict=True)]
    told = words if done else _("None was answered.")
    return _show(request, one, ManyForm(request=request), status=422, results=results[:SHOWN], told=told)


def _show(request: HttpRequest, one: AsOne, form: ManyForm, status: int = 200, **more: Any) -> HttpResponse:
    reasons = {reason.code: reason.name for reason in Reason.objects.all()}
    context = {
        "one": one,
        "asked": shown(one.first(SHOWN), request.user, one.at, reasons),
        "what": what_of(one.bulk, timezone.get_current_timezone()),
        "seen": seen_of(one.bulk.pk, request.user, one.at) if one.may_answer else "",
        "most": ANSWERED_AT_ONCE,
        "form": form,
    }
    return render(request, "records/bulk_request.html", context | more, status=status)


def _why(no: Any) -> str:
    return _("Something changed meanwhile.") if isinstance(no, StaleRecord) else " ".join(no.messages())
