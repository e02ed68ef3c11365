"""Batches: every bulk change, import and undo; one with its rows, what an undo would do, and undoing it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from audit.ids import id_in
from audit.times import now
from records.batch_list import KINDS, batches_for, described, page_of, rows_of
from records.forms.batches import UndoForm
from records.models import Batch
from records.refusals import WARNINGS, Refused, sentence
from records.services.batches import Undone, foresee_undo, undo_batch
from records.services.bulk_changes import begin_back
from records.services.grant_batches import GIVEN, REVOKED
from records.services.undo_work import AT_ONCE, ask_for_undo, undo_under_way

FORESEEN = 2_000  # rows whose undo is judged for the page; of larger batches only those shown


@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    """The batches, newest first."""
    kind, before = request.GET.get("kind", ""), id_in(request.GET.get("before", ""))
    context = {"page": page_of(request.user, kind, before), "kinds": KINDS.items(), "kind": kind, "before": before}
    return render(request, "records/batch_list.html", context)


@require_safe
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A batch with its rows, and what undoing it would do now."""
    return _show(request, _batch_or_404(request, pk), UndoForm(initial={"token": uuid.uuid4().hex}))


@require_POST
def batch_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back: at once, or as work of the worker where it is large."""
    batch = _batch_or_404(request, pk)
    form = UndoForm(request.POST)
    if not form.is_valid():
        return _show(request, batch, form, status=422)
    given = form.cleaned_data
    said = {"note": given["note"], "acknowledged": sorted(WARNINGS) if given["odd"] else []}
    said["trail"] = {"remote_addr": request.remote_addr}  # type: ignore[attr-defined]
    if batch.count > AT_ONCE:
        ask_for_undo(batch=batch, by=request.user, at=now(), **said)
        return redirect("records:batch_detail", batch.pk)
    try:
        undone = undo_batch(batch=batch, by=request.user, clock=now, token=given["token"], **said)
    except Refused as no:
        form.add_error(None, " ".join(no.messages()))
        return _show(request, batch, form, status=422)
    return _tell(request, batch, undone)


@require_POST
def batch_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """What may not simply be undone, and somebody may be asked for: as a bulk change, whose page asks for it as one."""
    batch = _batch_or_404(request, pk)
    at, only = now(), None
    if batch.count <= FORESEEN:
        only = [row.record_id for row in foresee_undo(batch, request.user, at).rows if row.may_be_asked_for]
    made = begin_back(batch=batch, by=request.user, at=at, only=only)
    if not made.rows.exists():
        made.delete()
        messages.warning(request, _("There is nothing here to ask somebody else for."))
        return redirect("records:batch_detail", pk)
    return redirect("records:bulk_detail", made.pk)


@require_safe
def batch_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the undo is; the page comes anew once it ended."""
    batch = _batch_or_404(request, pk)
    job = undo_under_way(batch)
    response = render(request, "records/_batch_progress.html", {"batch": batch, "job": job})
    if job is None:
        response.headers["HX-Refresh"] = "true"
    return response


def _tell(request: HttpRequest, batch: Any, undone: Undone) -> HttpResponse:
    if undone.batch is None:
        messages.warning(request, _("Nothing could be taken back: every row was touched since, or a rule refuses."))
        return redirect("records:batch_detail", batch.pk)
    done, left = len(undone.taken_back), len(undone.kept) + len(undone.refused)
    said = ngettext("%(n)d change is taken back.", "%(n)d changes are taken back.", done) % {"n": done}
    if left:
        said += " " + ngettext("%(n)d stays as it is.", "%(n)d stay as they are.", left) % {"n": left}
    messages.success(request, said)
    return redirect("records:batch_detail", undone.batch.pk)


def _show(request: HttpRequest, batch: Any, form: UndoForm, status: int = 200) -> HttpResponse:
    after = id_in(request.GET.get("after", "")) or 0
    rows, later = rows_of(batch, request.user, after)
    foreseen = None if batch.undone_by and batch.undone_whole else _foresee(request, batch, rows)
    if foreseen is not None:
        by_record = {(row.record_type, row.record_id): row for row in foreseen.rows}
        rows = [replace(row, undo=by_record.get((batch.record_type, row.record.pk))) for row in rows]
    context = {
        "batch": batch,
        "rows": [(row, _why(row.undo)) for row in rows],
        "later": later,
        "after": after,
        "foreseen": foreseen,
        "whole": batch.count <= FORESEEN,
        "asks": sum(row.may_be_asked_for for row in foreseen.rows) if foreseen else 0,
        "odd": sum(1 for row in foreseen.rows if WARNINGS & set(row.codes)) if foreseen else 0,
        "job": undo_under_way(batch),
        "form": form,
    }
    return render(request, "records/batch_detail.html", context, status=status)


def _foresee(request: HttpRequest, batch: Any, rows: list[Any]) -> Undone | None:
    """What undoing would do, to all rows of a batch that is not too large, else to those shown."""
    only = None if batch.count <= FORESEEN else [row.record.pk for row in rows]
    return foresee_undo(batch, request.user, now(), only=only)


def _why(row: Any) -> str:
    """Why a row would not be taken back."""
    return " ".join(sentence(finding) for finding in row.findings) if row else ""


def _batch_or_404(request: HttpRequest, pk: int) -> Any:
    batch: Batch | None = batches_for(request.user).exclude(kind__in=(GIVEN, REVOKED)).filter(pk=pk).first()
    if batch is None:
        raise Http404
    return described(batch)
