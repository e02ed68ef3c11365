"""Imports: choosing a file, one's own imports, templates, forgetting a draft."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.formats import TYPES as MEDIA
from audit.formats import csv_pieces
from audit.times import now
from records.forms.importing import HISTORY, UploadForm
from records.import_pages import begun, type_name
from records.importing.columns import TYPES, importable
from records.importing.errors import NotAFile
from records.importing.opening import Look, look_into
from records.models import Import
from records.refusals import refuse
from records.services.import_drafts import begin, remove

SHOWN = 50
ENCODING = ("encoding", "encoding_chosen", "quotes", "no_header_row")  # asked about on the next page
LEFT_OUT = ("number", "version", "parent", "contact_phone2", "contact_wechat", "contact_title")
View = Callable[..., HttpResponse]


def importers_only(view: View) -> View:
    """403 with a sentence for who may not import; 404 for another's import, which nobody is told of."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("records.import_records"):
            if "pk" in kwargs and not Import.objects.filter(pk=kwargs["pk"], by=request.user).exists():
                raise Http404
            raise PermissionDenied(" ".join(refuse("import_right").messages()))
        return view(request, *args, **kwargs)

    return run


def own_or_404(request: HttpRequest, pk: int) -> Import:
    """An import is its maker's alone."""
    found: Import = get_object_or_404(Import.objects.select_related("batch"), pk=pk, by=request.user)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@importers_only
def import_list(request: HttpRequest) -> HttpResponse:
    """The form for a file, and one's drafts and past imports."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _begin(request, form)
        except NotAFile as no:
            form.add_error("file", no.message)
    own = Import.objects.filter(by=request.user).select_related("batch").order_by("-pk")[:SHOWN]
    rows = [(each, type_name(each.record_type)) for each in own]
    shown = {"form": form, "rows": rows, "templates": [(name, type_name(name)) for name in TYPES]}
    return render(request, "records/import_list.html", shown, status=422 if form.errors else 200)


def _begin(request: HttpRequest, form: UploadForm) -> HttpResponse:
    """Keep the file, unless it is none; what is only unclear is asked about next."""
    file, chosen = form.cleaned_data["file"], form.cleaned_data["record_type"]
    data = file.read()
    try:
        look = look_into(data, file.name)
    except NotAFile as no:
        if no.code not in ENCODING:
            raise
        look = Look("csv", file.name, len(data), 1, [], [])
    zone = getattr(timezone.get_current_timezone(), "key", "UTC")
    kind = "" if chosen == HISTORY else chosen
    record_type, said = begun(look, kind, history=chosen == HISTORY, by=request.user, zone=zone)
    made = begin(by=request.user, at=now(), name=file.name, data=data, record_type=record_type, said=said)
    return redirect("records:import_columns", made.pk)


@require_safe
@importers_only
def import_template(request: HttpRequest, record_type: str) -> HttpResponse:
    """A CSV file with the headings that are recognised, for rows to be written below."""
    if record_type not in TYPES:
        raise Http404
    fields = importable(record_type)
    names = [name for name in fields if name not in LEFT_OUT]
    response = HttpResponse(b"".join(csv_pieces(names, [])), content_type=MEDIA["csv"])
    response.headers["Content-Disposition"] = f'attachment; filename="{record_type}-template.csv"'
    return response


@require_POST
@importers_only
def import_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a draft and its file."""
    draft = own_or_404(request, pk)
    remove(draft)
    messages.success(request, _("%(name)s is removed.") % {"name": draft.name})
    return redirect("records:import_list")
