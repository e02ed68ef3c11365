"""Pages of follow-ups; what all types share stands in the modules beside this one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from records.forms.ordinary import FollowUpForm
from records.lists import FOLLOW_UPS
from records.models import FollowUp

from . import access, asking, behalf, creating, deciding, doing, editing, entry_time, following, history, listing


@require_safe
def follow_up_list(request: HttpRequest) -> HttpResponse:
    """All follow-ups that the person may see, filtered and sorted."""
    return listing.show(request, FOLLOW_UPS)


@require_POST
def follow_up_done(request: HttpRequest, pk: int) -> HttpResponse:
    """The next step is done."""
    return doing.done(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_new(request: HttpRequest) -> HttpResponse:
    """Enter a follow-up."""
    return creating.new(request, FollowUp)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_update(request: HttpRequest, pk: int) -> HttpResponse:
    """The edit page: entry time, owner, other fields, history; saves the other fields."""
    return editing.edit(request, FollowUp, FollowUpForm, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_entry_time(request: HttpRequest, pk: int) -> HttpResponse:
    """The card's form: nudge, ask, change."""
    return entry_time.change(request, FollowUp, FollowUpForm, pk)


@require_POST
def follow_up_undo(request: HttpRequest, pk: int, history_id: int) -> HttpResponse:
    """Take back a change of the entry time."""
    return entry_time.undo(request, FollowUp, pk, history_id)


@require_safe
def follow_up_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole history."""
    return history.history(request, FollowUp, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the owner."""
    return deciding.decide(request, FollowUp, pk, deciding.ASSIGN)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it out of the lists."""
    return deciding.decide(request, FollowUp, pk, deciding.ARCHIVE)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back from the archive."""
    return deciding.decide(request, FollowUp, pk, deciding.RESTORE)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_parent(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what it hangs on."""
    return deciding.decide(request, FollowUp, pk, deciding.PARENT)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may change its entry time; grants a right on it."""
    return access.access(request, FollowUp, pk)


@require_POST
def follow_up_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Be told of its changes, or no more."""
    return following.follow(request, FollowUp, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for another entry time of a follow-up."""
    return asking.ask_page(request, FollowUp, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_behalf(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the entry time of a follow-up for somebody who asked by phone."""
    return behalf.behalf(request, FollowUp, pk)
