"""Pages of contracts; what all types share stands in the modules beside this one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from records.forms.ordinary import ContractForm
from records.lists import CONTRACTS
from records.models import Contract

from . import access, asking, behalf, creating, deciding, editing, entry_time, following, history, listing


@require_safe
def contract_list(request: HttpRequest) -> HttpResponse:
    """All contracts that the person may see, filtered and sorted."""
    return listing.show(request, CONTRACTS)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_new(request: HttpRequest) -> HttpResponse:
    """Enter a contract."""
    return creating.new(request, Contract)


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


@require_http_methods(["GET", "HEAD", "POST"])
def contract_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the owner."""
    return deciding.decide(request, Contract, pk, deciding.ASSIGN)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it out of the lists."""
    return deciding.decide(request, Contract, pk, deciding.ARCHIVE)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back from the archive."""
    return deciding.decide(request, Contract, pk, deciding.RESTORE)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_parent(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what it hangs on."""
    return deciding.decide(request, Contract, pk, deciding.PARENT)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may change its entry time; grants a right on it."""
    return access.access(request, Contract, pk)


@require_POST
def contract_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Be told of its changes, or no more."""
    return following.follow(request, Contract, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for another entry time of a contract."""
    return asking.ask_page(request, Contract, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def contract_behalf(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the entry time of a contract for somebody who asked by phone."""
    return behalf.behalf(request, Contract, pk)
