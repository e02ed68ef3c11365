"""Contacts of a customer: add, change, take off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.times import now
from records.access import Checker
from records.forms.contacts import ContactForm
from records.models import Contact, Customer
from records.models.access import CHANGE
from records.refusals import Refused, StaleRecord, refuse
from records.services.contacts import add_contact, archive_contact, update_contact


def _customer(request: HttpRequest, pk: int) -> Customer:
    """The customer, if the person may see it (404) and change it (403)."""
    found = Customer.objects.visible_to(request.user).select_related("owner").filter(pk=pk).first()
    if found is None:
        raise Http404
    if not Checker(request.user).has_perm(CHANGE.format("customer"), found):
        raise PermissionDenied(refuse("change_right").messages()[0])
    return found


def _contact(request: HttpRequest, pk: int) -> tuple[Contact, Customer]:
    found = Contact.objects.filter(pk=pk, archived_at__isnull=True).first()
    if found is None:
        raise Http404
    found.customer = _customer(request, found.customer_id)
    return found, found.customer


@require_http_methods(["GET", "HEAD", "POST"])
def contact_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a contact to the customer."""
    customer = _customer(request, pk)
    if request.method != "POST":
        return _render(request, customer, ContactForm())
    form = ContactForm(request.POST)
    if not form.is_valid():
        return _render(request, customer, form, status=422)
    call = {"customer": customer, "values": form.values()}
    return _write(request, customer, form, add_contact, call, _("Contact added."))


@require_http_methods(["GET", "HEAD", "POST"])
def contact_update(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a contact's details."""
    contact, customer = _contact(request, pk)
    if request.method != "POST":
        return _render(request, customer, ContactForm(instance=contact), contact=contact)
    form = ContactForm(request.POST, instance=contact)
    if not form.is_valid():
        return _render(request, customer, form, contact=contact, status=422)
    call = {"contact": contact, "seen_version": form.seen_version, "values": form.values()}
    return _write(request, customer, form, update_contact, call, _("Contact saved."))


@require_POST
def contact_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a contact off the customer; its history stays."""
    contact, customer = _contact(request, pk)
    text = request.POST.get("version", "")
    seen = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    form = ContactForm(instance=contact)
    call = {"contact": contact, "seen_version": seen}
    return _write(request, customer, form, archive_contact, call, _("Contact taken off."))


def _write(
    request: HttpRequest, customer: Customer, form: ContactForm, service: Any, call: dict[str, Any], said: str
) -> HttpResponse:
    contact = call.get("contact")
    try:
        service(**call, by=request.user, channel="web", clock=now, remote_addr=request.remote_addr)
    except Refused as no:
        return _render(request, customer, form, contact=contact, status=422, errors=no.messages())
    except StaleRecord as stale:
        fresh = ContactForm(instance=stale.record)
        errors = [_("Somebody changed this contact meanwhile. Nothing was saved; below is what stands now.")]
        typed = form if form.is_bound else None
        shown = {"contact": stale.record, "errors": errors, "typed": typed}
        return _render(request, customer, fresh, status=409, **shown)
    except ValidationError as no:
        return _render(request, customer, form, contact=contact, status=422, errors=no.messages)
    messages.success(request, said)
    return redirect("records:customer_detail", customer.pk)


def _render(
    request: HttpRequest, customer: Customer, form: ContactForm, *, contact: Any = None, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"customer": customer, "form": form, "contact": contact}
    return render(request, "records/contact.html", context | more, status=status)
