"""Imports: the load, how far it is, stopping it, what came of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.findings.standing import is_idle
from audit.formats import TYPES as MEDIA
from audit.jobs import ask_to_stop, look, run_now
from audit.times import now
from records.batch_list import batches_for
from records.import_before import before_of
from records.import_pages import type_name
from records.importing.errors import NotAFile
from records.models import Import
from records.services.import_drafts import OUTCOME, bytes_of
from records.services.import_work import AT_ONCE, KIND, ask_for_load, table_of, under_way

from .importing import importers_only, own_or_404
from .importing_rows import keep_typed, show_rows


@require_POST
@importers_only
def import_load(request: HttpRequest, pk: int) -> HttpResponse:
    """Load it: at once where it is small, else as work of the worker. Sent twice it is loaded once."""
    draft = own_or_404(request, pk)
    if draft.state == Import.State.DONE:
        return redirect("records:import_result", draft.pk)
    try:
        if keep_typed(request, draft):
            messages.info(
                request, _("What you typed is kept, and the rows are checked with it. Nothing is stored yet.")
            )
            return redirect("records:import_rows", draft.pk)
        rows = len(table_of(draft).rows)
    except NotAFile as no:
        messages.error(request, no.message)
        return redirect("records:import_columns", draft.pk)
    said, ready = request.POST.get("skip") == "yes", request.POST.get("ready", "")
    told = int(ready) if ready.isdecimal() and len(ready) < 9 else 0
    job = ask_for_load(draft, by=request.user, at=now(), rows=rows, skip=said, ready=told)
    if job is None or rows > AT_ONCE:
        return redirect("records:import_result", draft.pk)
    done = run_now(job, now)
    if done is not None and "refused" in done.result:
        return show_rows(request, own_or_404(request, pk), done.result["refused"], status=422)
    return redirect("records:import_result", draft.pk)


@require_safe
@importers_only
def import_result(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the load is, or what came of it."""
    draft = own_or_404(request, pk)
    job = look(draft.job) if draft.job is not None else None
    if draft.state != Import.State.DONE and (job is None or job.kind != KIND):
        return redirect("records:import_columns", draft.pk)
    if draft.state != Import.State.DONE and job is not None and "refused" in job.result:
        return show_rows(request, draft, job.result["refused"])
    shown = {
        "draft": draft,
        "batch": batches_for(request.user).filter(pk=draft.batch_id).first(),
        "before": before_of(draft, request.user) if draft.counts.get("earlier") else None,
        "job": job if job is not None and not job.is_over else None,
        "ended": job if job is not None and job.is_over else None,
        "idle": job is not None and not job.is_over and is_idle(job, now()),
        "kind": type_name(draft.record_type),
    }
    return render(request, "records/import_result.html", shown)


@require_safe
@importers_only
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the trial or the load is; the page comes anew once it ended."""
    draft = own_or_404(request, pk)
    job = under_way(draft)
    shown = {"draft": draft, "job": job, "idle": job is not None and is_idle(job, now())}
    response = render(request, "records/_import_progress.html", shown)
    if job is None:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@importers_only
def import_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that the trial or the load ends; nothing of it stays."""
    draft = own_or_404(request, pk)
    job = under_way(draft)
    if job is not None:
        ask_to_stop(job)
        messages.info(request, _("It ends at its next step. Nothing is stored then."))
    trying = job is not None and job.kind != KIND
    return redirect("records:import_columns" if trying else "records:import_result", draft.pk)


@require_safe
@importers_only
def import_outcome(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of every line, as a CSV file."""
    draft = own_or_404(request, pk)
    data = bytes_of(draft, OUTCOME)
    if data is None:
        raise Http404
    response = HttpResponse(data, content_type=MEDIA["csv"])
    response.headers["Content-Disposition"] = f'attachment; filename="import-{draft.pk}-outcome.csv"'
    return response
