"""Putting records and people for the texts of new rows: owners, customers, opportunities, and parents in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from records.access import Checker
from records.importing.errors import RowError
from records.importing.plan import Plan, Planned
from records.models import Customer, Opportunity
from records.search import sort_key
from records.services.matching import Ambiguous, People, Several, find_records

from .parents import Parents


@dataclass(slots=True)
class NewRow:
    """A planned row of a new record, with what its texts name; `parent` is a customer that stands, or another row."""

    planned: Planned
    owner: Any
    customer: Any = None
    opportunity: Any = None
    parent: Any = None
    number: str = ""
    exception: int | None = None  # that alone lets it into a closed period


class Resolver:
    """Finds what the texts of rows name; collects in `errors` the rows where that fails."""

    def __init__(self, plan: Plan, checker: Checker, people: People, create_missing: bool) -> None:
        self.plan, self.checker, self.people, self.create_missing = plan, checker, people, create_missing
        self.errors: list[RowError] = []
        self.new: dict[str, Customer] = {}

    def resolve(self, rows: list[Planned]) -> list[NewRow]:
        """The rows whose texts all name something."""
        source, by, at = self.plan.spec.source, self.checker.user, self.checker.at
        customers = find_records(Customer, (row.customer for row in rows), source, by, at)
        opportunities = find_records(Opportunity, (row.opportunity for row in rows), source, by, at)
        found = []
        for row in rows:
            before = len(self.errors)
            owner = self._owner(row)
            opportunity = self._parent(row, "opportunity", row.opportunity, opportunities)
            customer = self._customer(row, customers, owner)
            if customer is None and opportunity is not None:
                customer = opportunity.customer
            if len(self.errors) == before:
                found.append(NewRow(row, owner, customer, opportunity))
        if self.plan.spec.record_type != "customer":
            return found
        parents = Parents(self.plan, self.checker)
        linked = parents.link(found)
        self.errors += parents.errors
        return linked

    def _owner(self, row: Planned) -> Any:
        owner = self.people.owner(row.owner)
        if owner is Ambiguous:
            self.errors.append(RowError(row.line, "two_owners", "owner", {"value": row.owner}))
        elif owner is None:
            near = self.people.near(row.owner)
            code, more = ("near_owner", {"near": near}) if near else ("no_owner", {})
            self.errors.append(RowError(row.line, code, "owner", {"value": row.owner, **more}))
        elif not self.people.may_own(owner):
            self.errors.append(RowError(row.line, "bad_owner", "owner", {"value": str(owner)}))
        return owner

    def _customer(self, row: Planned, found: dict[str, Any], owner: Any) -> Any:
        if row.customer and row.customer not in found and self.create_missing:
            return self._new_customer(row, owner)
        return self._parent(row, "customer", row.customer, found)

    def _new_customer(self, row: Planned, owner: Any) -> Any:
        """A customer that only the file knows: it counts as entered at the moment of the import."""
        if len(row.customer) > 200:
            self.errors.append(RowError(row.line, "long", "customer", {"most": 200}))
            return None
        stamp, known = self.checker.at.replace(microsecond=0), sort_key(row.customer)
        if known not in self.new:
            times = {"entered_at": stamp, "original_entered_at": stamp, "recorded_at": stamp}
            self.new[known] = Customer(name=row.customer, owner=owner, **times)
        return self.new[known]

    def _parent(self, row: Planned, column: str, text: str, found: dict[str, Any]) -> Any:
        if not text:
            return None
        parent = found.get(text)
        if parent is None or parent is Several:
            code = "two_parents" if parent is Several else "no_parent"
            self.errors.append(RowError(row.line, code, column, {"value": text[:80]}))
            return None
        return parent
