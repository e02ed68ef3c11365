"""Pages of contracts; what all types share stands in the modules beside this one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from records.forms.ordinary import ContractForm
from records.models import Contract

from . import editing, entry_time, history


@require_http_methods(["GET", "HEAD", "POST"])
def contract_update(request: HttpRequest, pk: int) -> HttpResponse:
    """The edit page: entry time, owner, other fields, history; saves the other fields."""
    return editing.edit(request, Contract, ContractForm, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_entry_time(request: HttpRequest, pk: int) -> HttpResponse:
    """The card's form: nudge, ask, change."""
    return entry_time.change(request, Contract, ContractForm, pk)


@require_POST
def contract_undo(request: HttpRequest, pk: int, history_id: int) -> HttpResponse:
    """Take back a change of the entry time."""
    return entry_time.undo(request, Contract, pk, history_id)


@require_safe
def contract_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole history."""
    return history.history(request, Contract, pk)
