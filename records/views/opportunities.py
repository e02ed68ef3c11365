"""Pages of opportunities; what all types share stands in the modules beside this one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from records.forms.ordinary import OpportunityForm
from records.lists import OPPORTUNITIES
from records.models import Opportunity

from . import access, asking, behalf, creating, deciding, editing, entry_time, following, history, listing


@require_safe
def opportunity_list(request: HttpRequest) -> HttpResponse:
    """All opportunities that the person may see, filtered and sorted."""
    return listing.show(request, OPPORTUNITIES)


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_new(request: HttpRequest) -> HttpResponse:
    """Enter a opportunity."""
    return creating.new(request, Opportunity)


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


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the owner."""
    return deciding.decide(request, Opportunity, pk, deciding.ASSIGN)


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it out of the lists."""
    return deciding.decide(request, Opportunity, pk, deciding.ARCHIVE)


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back from the archive."""
    return deciding.decide(request, Opportunity, pk, deciding.RESTORE)


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_parent(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what it hangs on."""
    return deciding.decide(request, Opportunity, pk, deciding.PARENT)


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may change its entry time; grants a right on it."""
    return access.access(request, Opportunity, pk)


@require_POST
def opportunity_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Be told of its changes, or no more."""
    return following.follow(request, Opportunity, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for another entry time of an opportunity."""
    return asking.ask_page(request, Opportunity, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def opportunity_behalf(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the entry time of an opportunity for somebody who asked by phone."""
    return behalf.behalf(request, Opportunity, pk)
