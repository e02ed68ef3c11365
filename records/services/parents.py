"""What a record hangs on: a child's customer is its opportunity's customer, and one sees what one hangs it on.

What a customer is part of gives nobody a right; only circles are kept out.
"""

from __future__ import annotations

from typing import Any

from records.access import Checker
from records.models import Customer
from records.models.access import VIEW
from records.refusals import refuse


def fresh_parents(values: dict[str, Any]) -> dict[str, Any]:
    """The parents among `values`, read again after the rules lock: importance may have changed while we waited."""
    given = {name: values[name] for name in ("customer", "opportunity") if values.get(name) is not None}
    return {
        name: type(parent)._default_manager.select_related("owner").get(pk=parent.pk) for name, parent in given.items()
    }


def check_parents(record: Any, checker: Checker) -> None:
    """Raise Refused where the parents do not fit together or the person may not see one of them."""
    if record._meta.model_name == "customer":
        return
    opportunity = getattr(record, "opportunity", None)
    if opportunity is not None:
        if opportunity.customer_id is None:
            raise refuse("parent_missing")
        if opportunity.customer_id != record.customer_id:
            raise refuse("parent_mismatch")
    for parent in (record.customer, opportunity):
        if parent is not None and not checker.has_perm(VIEW.format(parent._meta.model_name), parent):
            raise refuse("value")
        if parent is not None and parent.archived_at is not None:
            raise refuse("parent_archived")


Above = dict[int, int | None]  # what customers are part of, by id, as it stands or is about to


def part_of_refusal(checker: Checker, pk: int, wanted: Customer | None, above: Above | None = None) -> str:
    """Why customer `pk` may not be made part of `wanted`, by code; "" where it may, or where it is to be of none.

    `above` is used before what is stored, and filled from it: give the same one for many changes of one act.
    """
    if wanted is None:
        return ""
    if not checker.has_perm(VIEW.format("customer"), wanted):
        return "value"
    if wanted.archived_at is not None:
        return "parent_archived"
    return "part_circle" if _reaches(pk, wanted.pk, {} if above is None else above) else ""


def _reaches(pk: int, start: int, above: Above) -> bool:
    """Whether the way up from customer `start` comes by `pk`. One query for each step not known yet."""
    each: int | None = start
    passed: set[int] = set()
    while each is not None and each not in passed:
        if each == pk:
            return True
        passed.add(each)
        if each not in above:
            above[each] = Customer.objects.filter(pk=each).values_list("parent", flat=True).first()
        each = above[each]
    return False
