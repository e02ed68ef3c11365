"""Exports of the trail: a file of exactly the filter that is shown, and how far it is."""

from __future__ import annotations

from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit import exporting
from audit.browse.saved import cleaned_query
from audit.formats import TYPES
from audit.times import now

from .gate import readers_only
from .trail import filter_of, show


@require_POST
@readers_only
def trail_export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The rows of the filter in `query` as a file of the kind in `format`; 422 with the list where it is none."""
    _may_export(request)
    form = request.POST.get("format", "")
    if form not in TYPES:
        return HttpResponseBadRequest(_("This kind of file is not offered."))
    asked = filter_of(request, QueryDict(request.POST.get("query", "")[:4000]))
    if not asked.is_valid():
        return show(request, asked)
    at = now()
    job = exporting.begin(
        by=request.user,
        at=at,
        query=cleaned_query(asked.data.urlencode(), asked.fields),
        in_words=asked.in_words(),
        form=form,
        remote_addr=request.remote_addr,  # type: ignore[attr-defined]
    )
    zone, language = timezone.get_current_timezone(), get_language() or "en"
    pieces = exporting.pieces(job, asked.wanted(), request.user, zone=zone, language=language, clock=now)
    response = StreamingHttpResponse(pieces, content_type=TYPES[form])
    name = f"{_('trail')}-{at.astimezone(zone):%Y-%m-%d-%H%M}.{form}"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


@never_cache
@require_safe
@readers_only
def trail_export_progress(request: HttpRequest) -> HttpResponse:
    """How far the person's newest export is; asks again by itself until that ended."""
    _may_export(request)
    export = exporting.newest_of(request.user)
    done = f"{export.done:,}" if export else ""
    return render(request, "audit/_export_progress.html", {"export": export, "done": done})


def _may_export(request: HttpRequest) -> None:
    if not request.user.has_perm("records.export_trail"):
        raise PermissionDenied(_("Auditors export the trail. Ask one of them for the rows you need."))
