"""What a record hangs on: a child's customer is its opportunity's customer, and one sees what one hangs it on."""

from __future__ import annotations

from typing import Any

from records.access import Checker
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
