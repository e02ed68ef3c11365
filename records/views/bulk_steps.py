"""Changing many at once: a trial on a few, the rest, taken back, asked for, stopped; how far the work is."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from audit import jobs
from audit.findings.standing import is_idle
from audit.times import now
from records.models import BulkChange
from records.refusals import Refused
from records.services import bulk_changes
from records.services.bulk_requests import ask_many
from records.services.bulk_work import APPLY, AT_ONCE, ask_for, under_way

from .bulk import TRIED, numbers_in, own_or_404


@require_POST
def bulk_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Do what was previewed: `trial` to the rows picked (or the first few), `all` to every allowed row."""
    bulk = own_or_404(request, pk)
    step, trying = request.POST.get("step", "")[:60], request.POST.get("do") == "trial"
    begun = trying and bulk.state != BulkChange.State.PREVIEW
    if step != bulk_changes.step_of(bulk) or begun or under_way(bulk):
        messages.warning(request, _("Sent before, or previewed anew since. Look at the rows again."))
        return redirect("records:bulk_detail", bulk.pk)
    trail = {"remote_addr": request.remote_addr}  # type: ignore[attr-defined]
    only = _tried(request, bulk) if trying else None
    number = bulk.rows.filter(verdict="ok", outcome="").count()
    if only is None and number > AT_ONCE:
        ask_for(bulk, APPLY, by=request.user, at=now(), total=number, trail=trail)
        return redirect("records:bulk_detail", bulk.pk)
    token = f"bulk-{bulk.pk}-{step}"
    try:
        made = bulk_changes.apply(bulk=bulk, by=request.user, clock=now, only=only, token=token, trail=trail)
    except Refused as no:
        messages.error(request, " ".join(no.messages()))
        return redirect("records:bulk_detail", bulk.pk)
    words = ngettext("%(n)d row is changed.", "%(n)d rows are changed.", made.done) % {"n": made.done}
    messages.success(request, words) if made.done else messages.warning(request, _("Nothing was changed."))
    return redirect("records:bulk_detail", bulk.pk)


@require_POST
def bulk_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that the work ends; nothing of it stays."""
    bulk = own_or_404(request, pk)
    job = under_way(bulk)
    if job is not None:
        jobs.ask_to_stop(job)
        messages.info(request, _("It ends at its next step. Nothing is stored then."))
    return redirect("records:bulk_detail", bulk.pk)


@require_POST
def bulk_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the trial back."""
    bulk = own_or_404(request, pk)
    if bulk.state != BulkChange.State.TRIAL:
        raise Http404
    if under_way(bulk):
        messages.warning(request, _("The rest is under way. Undo on the pages of the batches takes back what is done."))
        return redirect("records:bulk_detail", bulk.pk)
    trail = {"remote_addr": request.remote_addr}  # type: ignore[attr-defined]
    try:
        undone = bulk_changes.take_back(bulk=bulk, by=request.user, clock=now, trail=trail)
    except Refused as no:
        messages.error(request, " ".join(no.messages()))
        return redirect("records:bulk_detail", bulk.pk)
    count = len(undone.taken_back) if undone else 0
    left = len(undone.rows) - count if undone else 0
    if count:
        words = ngettext(
            "%(n)d row is taken back. The preview stands as it was: try again, change all, or preview anew.",
            "%(n)d rows are taken back. The preview stands as it was: try again, change all, or preview anew.",
            count,
        )
        messages.success(request, words % {"n": count})
    if left:
        words = ngettext(
            "%(n)d row is not taken back: it was touched since, or a rule is against it.",
            "%(n)d rows are not taken back: they were touched since, or a rule is against it.",
            left,
        )
        messages.warning(request, words % {"n": left})
    return redirect("records:bulk_detail", bulk.pk)


@require_POST
def bulk_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody else for the rows that need it, as one."""
    bulk = own_or_404(request, pk)
    try:
        asked = ask_many(bulk=bulk, by=request.user, channel="bulk", clock=now, remote_addr=request.remote_addr)
    except Refused as no:
        messages.error(request, " ".join(no.messages()))
    else:
        count = len(asked.requests)
        if not count:
            messages.warning(request, _("There is nothing here that you have not asked for already."))
            return redirect("records:bulk_detail", bulk.pk)
        words = ngettext("%(n)d change is asked for.", "%(n)d changes are asked for, as one.", count) % {"n": count}
        messages.success(request, words)
    return redirect("records:bulk_detail", bulk.pk)


@require_safe
def bulk_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the work is; the page comes anew once it ended."""
    bulk = own_or_404(request, pk)
    job = under_way(bulk)
    shown = {"bulk": bulk, "job": job, "idle": job is not None and is_idle(job, now())}
    response = render(request, "records/_bulk_progress.html", shown)
    if job is None:
        response.headers["HX-Refresh"] = "true"
    return response


def _tried(request: HttpRequest, bulk: BulkChange) -> list[int]:
    picked = numbers_in(request.POST.getlist("pick"))
    allowed = bulk.rows.filter(verdict="ok", outcome="").order_by("pk").values_list("record_id", flat=True)
    return list(allowed.filter(record_id__in=picked)) if picked else list(allowed[:TRIED])
