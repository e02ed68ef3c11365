"""What a new record hangs on, who owns it, how important it is: each field only for those who may set it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from records.choosing import NotFound, find_customer, opportunities_of, written
from records.models import Customer, Opportunity
from records.models.access import person
from records.refusals import sentence
from records.rules import Finding

from .holders import HolderField

WHERE = {"parent_missing": "customer", "parent_mismatch": "opportunity", "parent_archived": "customer"}
CHOOSE = _("Choose one of the list.")


class PlaceForm(forms.Form):
    """Customer and opportunity of a new record, and its owner and importance where the person may set them.

    `customer` and `opportunity` are the ones the page was opened for. After validation `self.chosen` is the chosen
    one, also where another field is refused.
    """

    customer = forms.CharField(
        label=_("Customer"), max_length=240, error_messages={"required": _("Write the name or number of a customer.")}
    )
    opportunity = forms.ChoiceField(label=_("Opportunity"), required=False, error_messages={"invalid_choice": CHOOSE})
    owner = HolderField(label=_("Owner"), of="owners")
    importance = forms.ChoiceField(
        label=_("Importance"),
        choices=Customer.Importance.choices,
        initial=Customer.Importance.ORDINARY,
        error_messages={"invalid_choice": CHOOSE},
    )

    def __init__(
        self, data: Any = None, *, model: Any, user: Any, customer: Any = None, opportunity: Any = None
    ) -> None:
        super().__init__(data, label_suffix="")
        self.model, self.user = model, user
        self.chosen: Customer | None = customer
        self.given = customer
        self._keep_fields(person(user).permissions)
        if "customer" in self.fields:
            self.fields["customer"].initial = written(customer)
            self.fields["customer"].required = model is not Opportunity
        if "opportunity" in self.fields:
            self.fields["opportunity"].initial = opportunity.pk if opportunity else ""
            self._offer(customer)

    def _keep_fields(self, permissions: frozenset[str]) -> None:
        name = self.model._meta.model_name
        wanted = {
            "customer": self.model is not Customer,
            "opportunity": self.model not in (Customer, Opportunity),
            "owner": f"assign_{name}" in permissions,
            "importance": self.model is Customer and "classify_customer" in permissions,
        }
        for field in [field for field, keep in wanted.items() if not keep]:
            del self.fields[field]
        if "owner" in self.fields:
            self.fields["owner"].meet(self.user)  # type: ignore[attr-defined]
            self.fields["owner"].initial = self.user

    def _offer(self, customer: Customer | None) -> None:
        found = opportunities_of(self.user, customer)
        self.offered = {str(each.pk): each for each in found}
        choices = [("", _("None")), *((str(each.pk), each.name) for each in found)]
        self.fields["opportunity"].choices = choices  # type: ignore[attr-defined]

    def clean_customer(self) -> Customer | None:
        """The one customer meant; its opportunities are then offered. NotFound's sentence otherwise."""
        text = self.cleaned_data["customer"]
        self.chosen = None
        if not text:
            return None
        try:
            self.chosen = self.given if text == written(self.given) else find_customer(self.user, text)
        except NotFound as no:
            raise forms.ValidationError(str(no)) from no
        finally:
            if "opportunity" in self.fields:
                self._offer(self.chosen)
        return self.chosen

    def clean_opportunity(self) -> Opportunity | None:
        """The opportunity itself."""
        return self.offered.get(self.cleaned_data["opportunity"])

    @property
    def ownership(self) -> list[forms.BoundField]:
        """The fields of the part "Owner and importance"; empty for most people."""
        return [self[name] for name in ("owner", "importance") if name in self.fields]

    def draft(self) -> Any:
        """The record as it would be created, unstored: what rights and rules are asked about."""
        given = getattr(self, "cleaned_data", {})
        draft = self.model(owner=given.get("owner") or self.user)
        if self.model is Customer:
            draft.importance = given.get("importance") or Customer.Importance.ORDINARY
        else:
            draft.customer = self.chosen or Customer(owner=self.user)
        return draft

    def values(self) -> dict[str, Any]:
        """Field → value, for the fields the person may set."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.fields}

    def refuse(self, findings: Iterable[Finding]) -> list[Finding]:
        """Put a service's findings about parents at their fields; the others are returned."""
        found = list(findings)
        here = [finding for finding in found if WHERE.get(finding.code) in self.fields]
        for finding in here:
            self.add_error(WHERE[finding.code], sentence(finding))
        return [finding for finding in found if finding not in here]
