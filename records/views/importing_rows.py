"""Imports: the trial, rows to fix in place, the faulty rows as a file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.findings.standing import is_idle
from audit.formats import TYPES as MEDIA
from audit.formats import csv_pieces
from audit.jobs import look
from audit.times import now
from records.import_before import before_of
from records.import_pages import type_name
from records.import_rows import exceptions_of, faulty_rows, key_of, moment_of, who_can_except
from records.importing.errors import NotAFile
from records.importing.opening import open_table
from records.importing.table import Table
from records.models import Import
from records.refusals import Refused
from records.services.import_drafts import bytes_of, mend
from records.services.import_trial import trial_of
from records.services.import_work import (
    AT_ONCE,
    KIND,
    TRIAL,
    TRIED_AT_ONCE,
    ask_for_trial,
    plan_of,
    run,
    table_of,
    under_way,
)

from .importing import importers_only, own_or_404

SHOWN = 50  # rows that can be fixed on one page
Trial = dict[str, Any]


@require_http_methods(["GET", "HEAD", "POST"])
@importers_only
def import_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """What a load would do, tried and taken back; and the rows that it would refuse, to be fixed."""
    draft = own_or_404(request, pk)
    job = under_way(draft)
    if draft.state == Import.State.DONE or (job is not None and job.kind == KIND):
        return redirect("records:import_result", draft.pk)
    if request.method == "POST":
        return _mend(request, draft)
    return show_rows(request, draft)


def show_rows(request: HttpRequest, draft: Import, said: list[str] | None = None, status: int = 200) -> HttpResponse:
    """The page of rows; how far the trial is, while the worker tries a large file."""
    job = under_way(draft)
    if job is not None:
        shown = {"draft": draft, "job": job, "idle": is_idle(job, now()), "kind": type_name(draft.record_type)}
        return render(request, "records/import_trial.html", shown)
    try:
        table = table_of(draft)
        trial = tried(request, draft, table)
    except NotAFile as no:
        return _back(request, draft, [no.message])
    except Refused as no:
        return _back(request, draft, no.messages())
    if trial is None:
        return show_rows(request, draft, said, status)
    if "refused" in trial:
        return _back(request, draft, trial["refused"])
    labels, rows = faulty_rows(draft, table, trial["errors"], SHOWN)
    shown = {
        "draft": draft,
        "trial": trial,
        "first": moment_of(trial["first"]),
        "last": moment_of(trial["last"]),
        "labels": labels,
        "rows": rows,
        "more": trial["faulty"] - len(rows),
        "excepted": exceptions_of(trial.get("excepted", [])),
        "excepting": who_can_except() if trial["closed"] else [],
        "before": before_of(draft, request.user),
        "kind": type_name(draft.record_type),
        "large": trial["read"] > AT_ONCE,
        "said": said or [],
    }
    return render(request, "records/import_rows.html", shown, status=status)


def tried(request: HttpRequest, draft: Import, table: Table) -> Trial | None:
    """What the trial found; None while the worker was just asked for it. Raises NotAFile and Refused."""
    job, key = look(draft.job) if draft.job is not None else None, key_of(draft)
    if job is not None and job.kind == TRIAL and job.result.get("key") == key:
        trial: Trial = job.result["trial"]
        return trial
    if job is not None and job.kind == TRIAL and "refused" in job.result and job.facts.get("key") == key:
        return dict(job.result)
    if len(table.rows) > TRIED_AT_ONCE:
        draft.job = ask_for_trial(draft, by=request.user, at=now(), rows=len(table.rows), key=key).pk
        return None
    plan = plan_of(draft, table)
    return trial_of(plan, run(draft, plan, by=request.user, clock=now, trial=True, skip_bad_rows=True))


def _back(request: HttpRequest, draft: Import, sentences: list[str]) -> HttpResponse:
    for sentence in sentences:
        messages.error(request, sentence)
    return redirect("records:import_columns", draft.pk)


def _mend(request: HttpRequest, draft: Import) -> HttpResponse:
    """Keep what was typed and which rows are left out, then try again."""
    if request.POST.get("action") == "back":
        mend(draft, draft.fixes, [])
        return redirect("records:import_rows", draft.pk)
    try:
        keep_typed(request, draft)
    except NotAFile as no:
        return _back(request, draft, [no.message])
    return redirect("records:import_rows", draft.pk)


def keep_typed(request: HttpRequest, draft: Import) -> bool:
    """Keep what was typed into faulty rows and which are left out; gives whether that is new. Raises NotAFile."""
    if not ("out" in request.POST or any(_place(name)[0] > 0 for name in request.POST)):
        return False
    table, before = _as_sent(draft), (draft.fixes, draft.left_out)
    held = dict(table.rows)
    fixes = {line: dict(texts) for line, texts in draft.fixes.items()}
    for name, text in request.POST.items():
        line, place = _place(name)
        if line in held and 0 <= place < len(held[line]):
            texts = fixes.setdefault(str(line), {})
            texts.pop(f"#{place + 1}", None)
            if text.strip() != held[line][place].strip():
                texts[f"#{place + 1}"] = text[:10_000]
    out = set(request.POST.getlist("out"))
    lines = {line for line in held if str(line) in out} | set(draft.left_out)
    mend(draft, {line: texts for line, texts in fixes.items() if texts}, lines)
    return before != (draft.fixes, draft.left_out)


def _as_sent(draft: Import) -> Table:
    """The table without what was typed."""
    said = draft.settings
    given = {name: said.get(name) or None for name in ("sheet", "encoding", "delimiter")}
    return open_table(bytes_of(draft) or b"", draft.name, header_row=said.get("header_row"), **given)  # type: ignore[arg-type]


def _place(name: str) -> tuple[int, int]:
    """ "r18-4" → line 18, column 4; (-1, -1) for another name."""
    line, _dash, place = name.removeprefix("r").partition("-")
    good = name.startswith("r") and line.isdecimal() and place.isdecimal() and len(name) < 20
    return (int(line), int(place)) if good else (-1, -1)


@require_safe
@importers_only
def import_faulty(request: HttpRequest, pk: int) -> HttpResponse:
    """The faulty rows as a CSV file, with what is wrong behind each, to be mended and imported by themselves."""
    draft = own_or_404(request, pk)
    try:
        table = table_of(draft)
        trial = tried(request, draft, table)
    except (NotAFile, Refused) as no:
        raise Http404 from no
    if trial is None or "errors" not in trial:
        return redirect("records:import_rows", draft.pk)
    held, empty = dict(table.rows), [""] * len(table.columns)
    head = [*(column.name for column in table.columns), _("Line"), _("What to know")]
    rows = (
        [*held.get(line, empty), line, " ".join(f"{name}: {said}" if name else said for name, said in found)]
        for line, found in trial["errors"]
    )
    response = HttpResponse(b"".join(csv_pieces(head, rows)), content_type=MEDIA["csv"])
    response.headers["Content-Disposition"] = f'attachment; filename="import-{draft.pk}-rows-to-fix.csv"'
    return response
