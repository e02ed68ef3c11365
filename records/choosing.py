"""Customers by what people type (a number, a name, what a suggestion wrote), and by what they are part of."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from audit.words import in_a_row

from .models import Customer, Opportunity
from .search import sort_key

SUGGESTED = 10
PARTS = 8  # on the page of the customer they are part of
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
    number = _NUMBER.fullmatch(text.strip())
    visible = Customer.objects.visible_to(user).select_related("owner")
    if number and (found := visible.filter(number=number[1].upper()).first()) is not None:
        return found
    called = list(visible.filter(_called(text)).order_by("id")[: SUGGESTED + 1])
    if len(called) == 1:
        return called[0]
    raise NotFound(_several(text, called) if called else _nobody(text, list(suggestions(user, text))))


def customers_meant(user: Any, text: str) -> Any:
    """Those the person may see that are meant: the one of the number in the text, or all of that name."""
    number = _NUMBER.fullmatch(text.strip())
    return Customer.objects.visible_to(user).filter(Q(number=number[1].upper()) if number else _called(text))


def _called(text: str) -> Q:
    return Q(name_key=sort_key(text)) | Q(short_name=text.strip())


def _several(text: str, called: list[Customer]) -> str:
    names = in_a_row(f"{each.number} ({each.owner})" for each in called[:SUGGESTED])
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
        "candidates": in_a_row(written(each) for each in close[:5]),
    }


def opportunities_of(user: Any, customer: Customer | None) -> list[Opportunity]:
    """The newest hundred live opportunities of the customer that the person may see."""
    if customer is None or customer.pk is None:
        return []
    found = Opportunity.objects.visible_to(user).live().filter(customer=customer)
    return list(found.order_by("-entered_at", "-id")[:100])


def part_of(user: Any, customer: Customer) -> Customer | None:
    """The customer it is part of; None for none, and for one the person may not see. A query only where it is."""
    above = customer.parent_id  # type: ignore[attr-defined]
    if above is None:
        return None
    return Customer.objects.visible_to(user).filter(pk=above).only("name", "number", "version").first()


def parts_of(user: Any, customer: Customer) -> tuple[list[Customer], bool]:
    """The first of its live parts that the person may see, by name; and whether there are more. One query."""
    found = Customer.objects.visible_to(user).live().filter(parent=customer.pk).order_by("name_key", "id")
    rows = list(found.only("name", "number", "importance", "status", "version")[: PARTS + 1])
    return rows[:PARTS], len(rows) > PARTS
