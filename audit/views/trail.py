"""The trail: the list with its filters, one row of it, the record as it was at that row."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from audit.browse.detail import Detail, detail
from audit.browse.filters import TrailFilter
from audit.browse.page import NOTHING, Page, page
from audit.browse.saved import cleaned_query, filters_for
from audit.models import Seal
from audit.times import now

from .gate import readers_only


@require_safe
@readers_only
def trail(request: HttpRequest) -> HttpResponse:
    """Every change and event, newest first; 422 with a sentence, and no rows, where a filter cannot be understood."""
    return show(request, filter_of(request, request.GET))


def filter_of(request: HttpRequest, data: Any) -> TrailFilter:
    """The filter that `data` holds, for this reader."""
    zone = timezone.get_current_timezone()
    company_zone = request.company.shown_zone  # type: ignore[attr-defined]
    return TrailFilter(data, viewer=request.user, zone=zone, company_zone=company_zone)


def show(request: HttpRequest, asked: TrailFilter, *, save_error: str = "", status: int = 200) -> HttpResponse:
    """The list that the filter asks for."""
    valid = asked.is_valid()
    given = request.GET
    found = NOTHING
    if valid:
        found = page(asked.wanted(), request.user, after=given.get("after", ""), before=given.get("before", ""))
    query = cleaned_query(asked.data.urlencode(), asked.fields)
    context = {
        "section": "trail",
        "filter": asked,
        "page": found,
        "query": query,
        "newer": found.newer and _address(query, "before", found.newer),
        "older": found.older and _address(query, "after", found.older),
        "found": found_words(found),
        "in_words": asked.in_words() if valid else [],
        "saved": filters_for(request.user),
        "save_error": save_error,
        "last_seal": Seal.objects.order_by("-number").first(),
        "now": now(),
    }
    return render(request, "audit/trail.html", context, status=status if valid else 422)


def _address(query: str, name: str, key: str) -> str:
    return f"?{query}{'&' if query else ''}{name}={key}"


def found_words(found: Page) -> str:
    """How many rows there are; no more than the first thousand are counted."""
    shown = len(found.rows)
    if found.uncounted:
        return _("%(shown)d of more than 1,000") % {"shown": shown}
    if found.total > shown:
        return _("%(shown)d of %(total)d") % {"shown": shown, "total": found.total}
    return ngettext("%(n)d row", "%(n)d rows", shown) % {"n": shown}


@require_safe
@readers_only
def trail_row(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One row whole: a page, or a drawer beside the list."""
    template = "audit/_drawer.html" if request.htmx and not request.htmx.boosted else "audit/trail_row.html"  # type: ignore[attr-defined]
    return render(request, template, {"section": "trail", "detail": _detail(request, kind, pk)})


@require_safe
@readers_only
def trail_as_it_was(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The record as it was when the row was written, to read only."""
    found = _detail(request, kind, pk)
    if found.is_event:
        raise Http404
    return render(request, "audit/trail_as_it_was.html", {"section": "trail", "detail": found})


def _detail(request: HttpRequest, kind: str, pk: int) -> Detail:
    found = detail(kind, pk, request.user)
    if found is None:
        raise Http404
    return found
