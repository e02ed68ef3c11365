"""Pages of opportunities; what all types share stands in the modules beside this one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from records.forms.ordinary import OpportunityForm
from records.models import Opportunity

from . import editing, entry_time, history


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_update(request: HttpRequest, pk: int) -> HttpResponse:
    """The edit page: entry time, owner, other fields, history; saves the other fields."""
    return editing.edit(request, Opportunity, OpportunityForm, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_entry_time(request: HttpRequest, pk: int) -> HttpResponse:
    """The card's form: nudge, ask, change."""
    return entry_time.change(request, Opportunity, OpportunityForm, pk)


@require_POST
def opportunity_undo(request: HttpRequest, pk: int, history_id: int) -> HttpResponse:
    """Take back a change of the entry time."""
    return entry_time.undo(request, Opportunity, pk, history_id)


@require_safe
def opportunity_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole history."""
    return history.history(request, Opportunity, pk)
