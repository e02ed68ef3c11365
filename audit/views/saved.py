"""Filters of the trail that people keep: under a name, shared or not."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from audit.browse import saved
from audit.browse.saved import SavedFilter, cleaned_query, own_filter

from .gate import readers_only
from .trail import filter_of, show


@require_POST
@readers_only
def trail_filter_save(request: HttpRequest) -> HttpResponse:
    """Keep the filter shown under a name; 422 with the list where the name is missing or the filter means nothing."""
    asked = filter_of(request, QueryDict(request.POST.get("query", "")[:4000]))
    name = " ".join(request.POST.get("name", "").split())
    query = cleaned_query(asked.data.urlencode(), asked.fields)
    if not asked.is_valid() or not query:
        return show(request, asked, save_error=_("Filter something first, then save it."), status=422)
    if not name or len(name) > 80:
        return show(request, asked, save_error=_("Give it a name of at most 80 characters."), status=422)
    saved.save_filter(request.user, name, query, shared=bool(request.POST.get("shared")))
    messages.success(request, _("The filter “%(name)s” is saved.") % {"name": name})
    return redirect(f"{reverse('audit:trail')}?{query}")


@require_POST
@readers_only
def trail_filter_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one's own filter to all who see the trail, or no longer."""
    kept = _own(request, pk)
    saved.share(kept, shared=bool(request.POST.get("shared")))
    said = _("“%(name)s” is shared now.") if kept.shared else _("“%(name)s” is yours alone now.")
    messages.success(request, said % {"name": kept.name})
    return redirect("audit:trail")


@require_POST
@readers_only
def trail_filter_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one's own filter."""
    kept = _own(request, pk)
    kept.delete()
    messages.success(request, _("The filter “%(name)s” is deleted.") % {"name": kept.name})
    return redirect("audit:trail")


def _own(request: HttpRequest, pk: int) -> SavedFilter:
    kept = own_filter(request.user, pk)
    if kept is None:
        raise Http404
    return kept
