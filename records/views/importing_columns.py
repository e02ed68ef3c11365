"""Imports: what the columns are and how values are read; mappings that are kept."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from records.forms.importing import ColumnsForm, KeepForm
from records.import_before import before_of
from records.import_pages import Questions, begun, looked, mappings_for, questions_of, recognised, type_name, used
from records.importing.errors import NotAFile
from records.importing.opening import Look
from records.models import Import
from records.models import Mapping as Kept
from records.services.import_drafts import keep_mapping, remove_mapping, say
from records.services.import_work import KIND, table_of, under_way

from .importing import importers_only, own_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@importers_only
def import_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """What is said about the file, and what has to be said before its rows can be checked."""
    draft = own_or_404(request, pk)
    if draft.state == Import.State.DONE or ((job := under_way(draft)) and job.kind == KIND):
        return redirect("records:import_result", draft.pk)
    look, wrong = _look(draft)
    if request.method != "POST":
        return _show(request, draft, ColumnsForm(None, draft=draft, look=look), look, wrong)
    doing = {"read": _read, "use": _use, "keep": _keep}.get(request.POST.get("action", ""), _check)
    form = ColumnsForm(request.POST, draft=draft, look=look)
    if not form.is_valid():
        return _show(request, draft, form, look, wrong, status=422)
    return doing(request, draft, form)


def _read(request: HttpRequest, draft: Import, form: ColumnsForm) -> HttpResponse:
    """Read the file as is said now; where that changes its columns, they are recognised anew."""
    said, kind = form.said(), form.cleaned_data["record_type"]
    held = dict(draft.settings), draft.record_type
    draft.settings = said
    look, _wrong = _look(draft)
    draft.settings, was = held
    if look is not None and (look.headings != form.headings or kind != was):
        history = bool(said.get("history"))
        _kind, anew = begun(look, kind, history=history, by=request.user, zone=said["zone"])
        said |= {name: anew[name] for name in ("columns", "formats", "values", "leave_out")} | {"asked": {}}
    say(draft, said, kind)
    return redirect("records:import_columns", draft.pk)


def _use(request: HttpRequest, draft: Import, form: ColumnsForm) -> HttpResponse:
    """Use a kept mapping."""
    say(draft, form.said(), form.cleaned_data["record_type"])
    number = request.POST.get("mapping", "")
    kept = next((each for each in mappings_for(request.user, draft.record_type) if str(each.pk) == number), None)
    if kept is not None:
        say(draft, used(draft, kept, form.headings))
        messages.success(request, _("“%(name)s” is used.") % {"name": kept.name})
    return redirect("records:import_columns", draft.pk)


def _keep(request: HttpRequest, draft: Import, form: ColumnsForm) -> HttpResponse:
    """Keep what is said under a name."""
    say(draft, form.said(), form.cleaned_data["record_type"])
    keep = KeepForm(request.POST, label_suffix="")
    if not (keep.is_valid() and draft.record_type):
        return _show(request, draft, form, form.look, "", status=422, keep=keep)
    given = keep.cleaned_data
    keep_mapping(draft, by=request.user, name=given["name"], shared=given["shared"], headings=form.headings)
    messages.success(request, _("Kept as “%(name)s”.") % {"name": given["name"]})
    return redirect("records:import_columns", draft.pk)


def _check(request: HttpRequest, draft: Import, form: ColumnsForm) -> HttpResponse:
    """Go on to the rows, unless something has to be answered first."""
    kind = form.cleaned_data["record_type"]
    if not kind:
        form.add_error("record_type", _("Choose what the rows are."))
        return _show(request, draft, form, form.look, "", status=422)
    if kind != draft.record_type:
        return _read(request, draft, form)
    say(draft, form.said())
    try:
        table = table_of(draft)
    except NotAFile as no:
        return _ask(request, draft, Questions({"": no.message}))
    questions = questions_of(draft, table)
    if questions.problems or questions.values or questions.owners:
        return _ask(request, draft, questions)
    return redirect("records:import_rows", draft.pk)


def _ask(request: HttpRequest, draft: Import, questions: Questions) -> HttpResponse:
    """The page again, with what is open; words are asked about once, with a suggestion."""
    asked = draft.settings.get("asked", {})
    first_values, first_owners = len(asked.get("values", [])), len(asked.get("owners", []))
    values, owners = [*asked.get("values", []), *questions.values], [*asked.get("owners", []), *questions.owners]
    say(draft, draft.settings | {"asked": {"values": values, "owners": owners}})
    data = request.POST.copy()
    for number, each in enumerate(questions.values, start=first_values):
        data[f"v{number}"] = each[-1]
    for number, each in enumerate(questions.owners, start=first_owners):
        data[f"o{number}"] = str(each[-1])
    look, _wrong = _look(draft)
    form = ColumnsForm(data, draft=draft, look=look)
    form.is_valid()
    for name, sentence in questions.problems.items():
        form.add_error(name if name in form.fields else None, sentence)
    if questions.values or questions.owners:
        form.add_error(None, _("The file has words that are not known here. Say what they mean, below the columns."))
    return _show(request, draft, form, look, "", status=422)


def _look(draft: Import) -> tuple[Look | None, str]:
    """The first lines, or why they cannot be read as is said."""
    try:
        return looked(draft), ""
    except NotAFile as no:
        return None, no.message


def _show(
    request: HttpRequest,
    draft: Import,
    form: ColumnsForm,
    look: Look | None,
    wrong: str,
    status: int = 200,
    keep: Any = None,
) -> HttpResponse:
    mappings = mappings_for(request.user, draft.record_type)
    shown = {
        "draft": draft,
        "form": form,
        "look": look,
        "wrong": wrong,
        "said": recognised(draft, look.headings) if look else [],
        "kind": type_name(draft.record_type),
        "before": before_of(draft, request.user),
        "mappings": mappings,
        "own_mappings": [kept for kept in mappings if kept.by_id == request.user.pk],
        "keep": keep or KeepForm(label_suffix=""),
        "used": sum(1 for name in draft.settings.get("columns", {}).values() if name),
        "values": form.asked_rows("v"),
        "owners": form.asked_rows("o"),
    }
    return render(request, "records/import_columns.html", shown, status=status)


@require_POST
@importers_only
def import_mapping_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a mapping of one's own."""
    kept = get_object_or_404(Kept.objects.filter(by=request.user.pk), pk=pk)
    remove_mapping(kept)
    messages.success(request, _("“%(name)s” is removed.") % {"name": kept.name})
    back = request.POST.get("back", "")
    if back.isdecimal() and len(back) < 19 and Import.objects.filter(pk=back, by=request.user.pk).exists():
        return redirect("records:import_columns", int(back))
    return redirect("records:import_list")
