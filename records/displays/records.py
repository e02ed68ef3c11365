"""How the history of records and contacts is shown."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.displays import Named, call, track
from audit.held import hanging_on
from records.models import RECORDS, Contact, Customer, Opportunity

from .names import people

HIDDEN = {"id", "version", "number", "external_source", "external_id", "search_text", "name_key"}


def register() -> None:
    """The four types, and the people at customers."""
    for model in RECORDS.values():
        _register(model)
    track(
        Contact,
        visible_to=lambda viewer: _of_visible(viewer, Contact.objects.all()),
        within=lambda rows, viewer: _of_visible(viewer, rows),
        fields_for=lambda viewer: [f.attname for f in Contact._meta.concrete_fields if f.attname not in HIDDEN],
        url=lambda contact: contact.customer.get_absolute_url(),
        names=lambda viewer: {"customer_id": (Customer.objects.visible_to(viewer), "name")},
        title=lambda values: values["name"],
        about=lambda values: (Customer, values["customer_id"]),
        concerning=lambda rows, model, ids: rows.filter(id__in=_contacts(ids)) if model is Customer else None,
        labels={"customer_id": _("customer"), "archived_at": _("archived")},
        personal=True,
    )


def _register(model: Any) -> None:
    shown = [f.attname for f in model._meta.concrete_fields if f.attname not in HIDDEN]
    column = "summary" if hasattr(model, "summary") else "name"
    track(
        model,
        visible_to=model.objects.visible_to,
        within=lambda rows, viewer: hanging_on(rows, model.objects.visible_to(viewer), "id"),
        fields_for=lambda viewer: shown,
        url=lambda record: record.get_absolute_url(),
        names=lambda viewer: _names(viewer, shown),
        title=lambda values: values[column],
        about=lambda values: (model, values["id"]),
        concerning=lambda rows, about, ids: rows.filter(id__in=ids) if about is model else None,
    )
    call(model, rows=model.objects.visible_to, column=column, url=lambda pk: model(pk=pk).get_absolute_url())


def _of_visible(viewer: Any, rows: QuerySet) -> QuerySet:
    """Contacts, or their history, of customers that the viewer may see."""
    return hanging_on(rows, Customer.objects.visible_to(viewer), "customer_id")


def _contacts(customers: list[int]) -> list[int]:
    return list(Contact.objects.filter(customer__in=customers).values_list("pk", flat=True))


def _names(viewer: Any, shown: list[str]) -> Named:
    known = {
        "owner_id": people(),
        "customer_id": (Customer.objects.visible_to(viewer), "name"),
        "opportunity_id": (Opportunity.objects.visible_to(viewer), "name"),
        "parent_id": (Customer.objects.visible_to(viewer), "name"),
    }
    return {name: value for name, value in known.items() if name in shown}
