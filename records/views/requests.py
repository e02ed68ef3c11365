"""Time requests: the inbox, one's own, one request with its answer, withdrawing, the proof."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.ids import id_in
from audit.times import now as clock
from records.asked import Asked, shown
from records.forms.requests import AnswerForm, ManyForm
from records.models import Reason, TimeRequest
from records.models.access import person
from records.refusals import Refused, StaleRecord
from records.request_list import RequestList
from records.services.time_requests import Seen, answer_many, approve, reject, settle, withdraw

from .request_page import RequestPage, may_see_proof

MOST = 50  # answered at once
WHO = {"right", "inactive", "four_eyes", "decide_right", "asker_granted", "withdraw_right"}


@require_http_methods(["GET", "HEAD", "POST"])
def request_list(request: HttpRequest) -> HttpResponse:
    """The inbox of who may answer; what was answered; what one asked for. POST answers many with one note."""
    if request.method == "POST":
        return _answer_many(request)
    return _list(request, ManyForm(request=request))


def _list(request: HttpRequest, form: ManyForm, status: int = 200, **more: Any) -> HttpResponse:
    listing = RequestList(request.user, request.GET, clock(), request.company)  # type: ignore[attr-defined]
    context = {"list": listing, "form": form}
    return render(request, "records/request_list.html", context | more, status=status)


def _answer_many(request: HttpRequest) -> HttpResponse:
    """Each of the chosen by itself. All done: back to the list; else the list with what came of each."""
    if "decide_requests" not in person(request.user).permissions:
        raise PermissionDenied(_("You may not answer requests."))
    form, chosen = ManyForm(request.POST, request=request), _chosen(request)
    approves = request.POST.get("answer") == "approve"
    if not chosen:
        form.add_error(None, _("Choose at least one request."))
    if not approves and not request.POST.get("note", "").strip():
        form.add_error("note", _("Write why you reject them."))
    if not form.is_valid():
        return _list(request, form, status=422, ticked=[found.pk for found, _seen in chosen])
    answers = answer_many(
        chosen=chosen,
        approves=approves,
        note=form.cleaned_data["note"],
        by=request.user,
        clock=clock,
        remote_addr=request.remote_addr,  # type: ignore[attr-defined]
    )
    done = sum(answer.no is None for answer in answers)
    if done == len(answers):
        messages.success(request, _told(done, approves))
        return redirect("records:request_list")
    reasons = {reason.code: reason.name for reason in Reason.objects.all()}
    asked = shown([answer.request for answer in answers], request.user, clock(), reasons)
    results = [(each, _why(answer.no)) for each, answer in zip(asked, answers, strict=True)]
    told = _told(done, approves) if done else _("None was answered.")
    return _list(request, ManyForm(request=request), status=422, results=results, told=told)


def _chosen(request: HttpRequest) -> list[tuple[TimeRequest, Seen]]:
    """What was ticked, as it was seen: "12:…", on requests that the person may see or has asked."""
    ticked: dict[int, Seen] = {}
    for text in request.POST.getlist("chosen")[:MOST]:
        number, _colon, seen_text = text.partition(":")
        pk, seen = id_in(number), Seen.read(seen_text)
        if seen is not None and pk is not None:
            ticked[pk] = seen
    found = TimeRequest.objects.filter(pk__in=ticked).select_related("asked_by").order_by("-asked_at", "-id")
    asked = shown(found, request.user, clock(), {})
    return [
        (each.request, ticked[each.request.pk])
        for each in asked
        if each.record or each.request.asked_by_id == request.user.pk
    ]


def _told(done: int, approves: bool) -> str:
    if approves:
        return ngettext("%(n)s request approved.", "%(n)s requests approved.", done) % {"n": done}
    return ngettext("%(n)s request rejected.", "%(n)s requests rejected.", done) % {"n": done}


def _why(no: Refused | StaleRecord | None) -> str:
    if isinstance(no, StaleRecord):
        return _("Something else stands here now than you saw. Open it and look again.")
    return " ".join(no.messages()) if no else ""


@require_http_methods(["GET", "HEAD", "POST"])
def request_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: before, after, why, what moves with it. POST approves or rejects."""
    asked = _asked_or_404(request, pk)
    if request.method == "POST":
        return _answer(request, RequestPage(request, asked))
    if asked.request.state == TimeRequest.State.OPEN:
        settle(request=asked.request, clock=clock)  # nobody may have noticed yet that it has expired
    return _page(request, pk).render()


def _page(request: HttpRequest, pk: int) -> RequestPage:
    """404 for who neither asked nor sees the record."""
    return RequestPage(request, _asked_or_404(request, pk))


def _asked_or_404(request: HttpRequest, pk: int) -> Asked:
    found = get_object_or_404(TimeRequest.objects.select_related("asked_by", "answered_by"), pk=pk)
    reasons = {reason.code: reason.name for reason in Reason.objects.all()}
    asked = shown([found], request.user, clock(), reasons)[0]
    if asked.record is None and found.asked_by_id != request.user.pk:
        raise Http404
    return asked


def _answer(request: HttpRequest, page: RequestPage) -> HttpResponse:
    form = AnswerForm(request.POST, request=request)
    if not form.is_valid():
        return page.render(form, status=422)
    given: dict[str, Any] = {
        "request": page.asked.request,
        "seen": form.cleaned_data["seen"],
        "note": form.cleaned_data["note"],
        "by": request.user,
        "clock": clock,
        "remote_addr": request.remote_addr,  # type: ignore[attr-defined]
    }
    try:
        if request.POST.get("answer") == "approve":
            result = approve(**given, acknowledged=request.POST.getlist("acknowledged"))
            words = _("Approved. The entry time has changed.")
            messages.success(request, words if not result.repeated else _("You have approved this already."))
        else:
            reject(**given)
            messages.success(request, _("Rejected. The entry time stays as it is."))
    except Refused as no:
        page = _page(request, page.asked.request.pk)
        return page.refused(form, no, status=403 if WHO & set(no.codes) else 422)
    except StaleRecord as stale:
        return _page(request, page.asked.request.pk).stale(form, stale)
    return redirect("records:request_detail", page.asked.request.pk)


@require_POST
def request_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own request; back to the record where it was done there."""
    asked = _asked_or_404(request, pk)
    try:
        withdraw(
            request=asked.request,
            by=request.user,
            channel="web",
            clock=clock,
            remote_addr=request.remote_addr,  # type: ignore[attr-defined]
        )
    except Refused as no:
        if "withdraw_right" in no.codes:
            raise PermissionDenied(no.messages()[0]) from no
        messages.error(request, " ".join(no.messages()))
    else:
        messages.success(request, _("Request withdrawn."))
    if "to_record" in request.POST and asked.record is not None:
        return redirect(asked.record.page("update"), asked.record.pk)
    return redirect("records:request_detail", pk)


@require_safe
def request_proof(request: HttpRequest, pk: int) -> HttpResponse:
    """The file that proves a request, for who asked, who may answer, and auditors; only ever as a download."""
    asked = _asked_or_404(request, pk)
    if not may_see_proof(request.user, asked):
        raise PermissionDenied(_("Only who asked, who answers and auditors may see the proof."))
    file = getattr(asked.request, "proof_file", None)
    if file is None:
        raise Http404
    return HttpResponse(
        bytes(file.data),
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Disposition": content_disposition_header(True, file.name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
