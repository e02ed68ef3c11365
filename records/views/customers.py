"""Pages of customers; what all types share stands in the modules beside this one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from records.forms.ordinary import CustomerForm
from records.lists import CUSTOMERS
from records.models import Customer

from . import (
    access,
    asking,
    behalf,
    creating,
    customer_page,
    deciding,
    editing,
    entry_time,
    following,
    history,
    listing,
)


@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    """All customers that the person may see, filtered and sorted."""
    return listing.show(request, CUSTOMERS)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_new(request: HttpRequest) -> HttpResponse:
    """Enter a customer."""
    return creating.new(request, Customer)


@require_safe
def customer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer as people work with it."""
    return customer_page.show(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_update(request: HttpRequest, pk: int) -> HttpResponse:
    """The edit page: entry time, owner, other fields, history; saves the other fields."""
    return editing.edit(request, Customer, CustomerForm, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_entry_time(request: HttpRequest, pk: int) -> HttpResponse:
    """The card's form: nudge, ask, change."""
    return entry_time.change(request, Customer, CustomerForm, pk)


@require_POST
def customer_undo(request: HttpRequest, pk: int, history_id: int) -> HttpResponse:
    """Take back a change of the entry time."""
    return entry_time.undo(request, Customer, pk, history_id)


@require_safe
def customer_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole history."""
    return history.history(request, Customer, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the owner."""
    return deciding.decide(request, Customer, pk, deciding.ASSIGN)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it out of the lists."""
    return deciding.decide(request, Customer, pk, deciding.ARCHIVE)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back from the archive."""
    return deciding.decide(request, Customer, pk, deciding.RESTORE)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_importance(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark it key or ordinary."""
    return deciding.decide(request, Customer, pk, deciding.IMPORTANCE)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_part_of(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it part of another customer, or of none."""
    return deciding.decide(request, Customer, pk, deciding.PART_OF)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may change its entry time; grants a right on it."""
    return access.access(request, Customer, pk)


@require_POST
def customer_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Be told of its changes, or no more."""
    return following.follow(request, Customer, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for another entry time of a customer."""
    return asking.ask_page(request, Customer, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def customer_behalf(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the entry time of a customer for somebody who asked by phone."""
    return behalf.behalf(request, Customer, pk)
