"""Choosing a customer by what people type: a number, a name, or what a suggestion wrote."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from .models import Customer, Opportunity
from .search import sort_key

SUGGESTED = 10
_NUMBER = re.compile(r"(?:.*[(（,，\s])?(C-\d{4}-\d+)[)）]?", re.IGNORECASE | re.DOTALL)


class NotFound(Exception):
    """No customer, or more than one, is meant; `str()` is the sentence."""


def written(customer: Customer | None) -> str:
    """The text that names this customer and no other: `Kestrel Analytics (C-2026-0317)`."""
    return f"{customer.name} ({customer.number})" if customer else ""


def suggestions(user: Any, text: str) -> Any:
    """At most ten live customers the person may see that match the text, by name."""
    found = Customer.objects.visible_to(user).live().matching(text)
    return found.order_by("name_key", "id").only("number", "name", "version")[:SUGGESTED]


def find_customer(user: Any, text: str) -> Customer:
    """The one customer meant, among those the person may see. Raises NotFound with what to write instead."""
    visible = Customer.objects.visible_to(user).select_related("owner")
    number = _NUMBER.fullmatch(text.strip())
    if number:
        found = visible.filter(number=number[1].upper()).first()
        if found is not None:
            return found
    called = list(
        visible.filter(Q(name_key=sort_key(text)) | Q(short_name=text.strip())).order_by("id")[: SUGGESTED + 1]
    )
    if len(called) == 1:
        return called[0]
    raise NotFound(_several(text, called) if called else _nobody(text, list(suggestions(user, text))))


def _several(text: str, called: list[Customer]) -> str:
    names = ", ".join(f"{each.number} ({each.owner})" for each in called[:SUGGESTED])
    return _("More than one customer is called %(name)s. Write the number of the one you mean: %(candidates)s.") % {
        "name": text.strip(),
        "candidates": names,
    }


def _nobody(text: str, close: list[Customer]) -> str:
    if not close:
        return _("No customer is called %(name)s. Write the name or a number like C-2026-0317.") % {
            "name": text.strip()
        }
    return _("No customer is called %(name)s. Close to it: %(candidates)s.") % {
        "name": text.strip(),
        "candidates": ", ".join(written(each) for each in close[:5]),
    }


def opportunities_of(user: Any, customer: Customer | None) -> list[Opportunity]:
    """The newest hundred live opportunities of the customer that the person may see."""
    if customer is None or customer.pk is None:
        return []
    found = Opportunity.objects.visible_to(user).live().filter(customer=customer)
    return list(found.order_by("-entered_at", "-id")[:100])
