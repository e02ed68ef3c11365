"""Answering what was asked for as one: all waiting requests of a bulk change, with one note."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from audit.times import now
from records.asked import shown
from records.forms.requests import ManyForm
from records.models import Reason, TimeRequest
from records.models.access import person
from records.refusals import Refused, StaleRecord
from records.services.bulk_requests import answer_bulk, seen_of

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_request(request: HttpRequest, pk: int) -> HttpResponse:
    """The waiting requests of the bulk change, and one answer for all."""
    if "decide_requests" not in person(request.user).permissions:
        raise PermissionDenied(_("You may not answer requests."))
    if request.method != "POST":
        return _show(request, pk, ManyForm(request=request))
    form = ManyForm(request.POST, request=request)
    approves = request.POST.get("answer") == "approve"
    if not approves and not request.POST.get("note", "").strip():
        form.add_error("note", _("Write why you reject them."))
    if not form.is_valid():
        return _show(request, pk, form, status=422)
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
        return _show(request, pk, form, status=422)
    left = [answer for answer in answers if answer.no is not None]
    done = len(answers) - len(left)
    words = ngettext("%(n)d request is answered.", "%(n)d requests are answered.", done) % {"n": done}
    (messages.success if done else messages.warning)(request, words)
    if not left:
        return redirect("records:request_list")
    form.add_error(None, " ".join(dict.fromkeys(_why(answer.no) for answer in left)))
    return _show(request, pk, form, status=422)


def _show(request: HttpRequest, pk: int, form: ManyForm, status: int = 200) -> HttpResponse:
    rows = TimeRequest.objects.open().filter(bulk=pk).select_related("asked_by", "answered_by").order_by("pk")
    reasons = {reason.code: reason.name for reason in Reason.objects.all()}
    asked = [each for each in shown(list(rows[:SHOWN]), request.user, now(), reasons) if each.record]
    if not asked and status == 200:
        raise Http404
    context = {"bulk": pk, "asked": asked, "total": rows.count(), "seen": seen_of(pk), "form": form}
    return render(request, "records/bulk_request.html", context, status=status)


def _why(no: Any) -> str:
    return _("Something changed meanwhile.") if isinstance(no, StaleRecord) else " ".join(no.messages())
