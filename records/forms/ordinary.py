"""The ordinary fields of each type, for the pages that create and edit. These forms only read: services write."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from records.models import Contract, Customer, FollowUp, Opportunity
from records.models.guard import refuse

from .fields import DayField, MoneyField, PercentField, WebsiteField

MESSAGES: dict[str, Any] = {
    "required": _("This cannot stay empty."),
    "invalid_choice": _("Choose one of the list."),
    "max_length": _("Write at most %(limit_value)d characters. These are %(show_value)d."),
}


@dataclass(frozen=True)
class Part:
    """A titled part of a form, as templates/records/_fields.html draws it."""

    key: str
    title: Promise
    hint: Promise | str
    fields: list[forms.BoundField]


class RecordForm(forms.ModelForm):
    """Ordinary fields of a record. `fieldsets` orders them; `values()` is what a service takes."""

    fieldsets: ClassVar[list[tuple[Promise, list[str]]]] = []
    hints: ClassVar[dict[int, Promise]] = {}  # index of a fieldset → words beside its title
    full: ClassVar[tuple[str, ...]] = ()  # fields as wide as the form

    def __init__(self, *args: Any, instance: Any = None, **kwargs: Any) -> None:
        # A copy: Django puts typed values into the instance, and a refused page still shows the saved record.
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, instance=copy.copy(instance), **kwargs)
        for field in self.fields.values():
            field.error_messages |= {code: text for code, text in MESSAGES.items() if code in field.error_messages}
            field.error_messages.setdefault("max_length", MESSAGES["max_length"])
            if isinstance(field, forms.TypedChoiceField) and not field.required:
                field.choices = [("", _("Not set")), *(c for c in field.choices if c[0])]
        if "amount" in self.fields:
            self.fields["amount"].widget.beside = self["currency"]  # type: ignore[attr-defined]

    def save(self, commit: bool = True) -> NoReturn:
        """Refused: records.services write."""
        refuse("form.save()")

    def values(self) -> dict[str, Any]:
        """Field → cleaned value. Browsers send lines ended by CR LF; that alone would be a change."""
        return {n: v.replace("\r\n", "\n") if isinstance(v, str) else v for n, v in self.cleaned_data.items()}

    def parts(self) -> list[Part]:
        """The fieldsets with their bound fields; the currency stands beside the amount."""
        prefix = self._meta.model._meta.model_name
        return [
            Part(
                key=f"{prefix}-{number}",
                title=title,
                hint=self.hints.get(number, ""),
                fields=[self[name] for name in names if name in self.fields and name != "currency"],
            )
            for number, (title, names) in enumerate(self.fieldsets)
        ]

    def clean(self) -> dict[str, Any]:
        """An error of the currency shows where people see it, at the amount."""
        cleaned = super().clean()
        if "currency" in self.errors:
            self.add_error("amount", MESSAGES["invalid_choice"])
        return self.cleaned_data if cleaned is None else cleaned

    def validate_unique(self) -> None:
        """Numbers are given by the service; the ordinary fields are not unique."""

    def validate_constraints(self) -> None:
        """The fields say the same themselves, without a query for each."""


class CustomerForm(RecordForm):
    """A customer without owner and importance."""

    fieldsets = [
        (_("Company"), ["name", "short_name", "kind", "industry", "source", "website", "address"]),
        (_("Handling"), ["status", "note"]),
    ]
    full = ("address", "note")

    class Meta:
        model = Customer
        fields = ("name", "short_name", "kind", "industry", "source", "website", "address", "status", "note")
        field_classes = {"website": WebsiteField}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "organization"}),
            "note": forms.Textarea(attrs={"rows": 2}),
        }


class OpportunityForm(RecordForm):
    """An opportunity without owner and customer."""

    fieldsets = [
        (_("Opportunity"), ["name"]),
        (_("Stage"), ["stage"]),
        (
            _("Money and chance"),
            ["amount", "currency", "probability", "expected_close_on", "competitor", "note"],
        ),
    ]
    full = ("name", "stage", "note")

    class Meta:
        model = Opportunity
        fields = ("name", "stage", "amount", "currency", "probability", "expected_close_on", "competitor", "note")
        field_classes = {"amount": MoneyField, "probability": PercentField, "expected_close_on": DayField}
        widgets = {"stage": forms.RadioSelect, "note": forms.Textarea(attrs={"rows": 2})}


class FollowUpForm(RecordForm):
    """A follow-up without owner, customer and opportunity."""

    fieldsets = [
        (pgettext_lazy("follow-up", "What happened"), ["kind", "summary", "content", "outcome"]),
        (_("Next step"), ["next_step", "next_step_on", "done"]),
    ]
    hints = {1: _("optional")}
    full = ("kind", "summary", "content", "outcome")

    class Meta:
        model = FollowUp
        fields = ("kind", "summary", "content", "outcome", "next_step", "next_step_on", "done")
        field_classes = {"next_step_on": DayField}
        labels = {"next_step": _("What"), "next_step_on": _("When")}
        help_texts = {"content": _("Who said what, and what was agreed.")}
        widgets = {"kind": forms.RadioSelect, "content": forms.Textarea(attrs={"rows": 4})}


class ContractForm(RecordForm):
    """A contract without owner, customer and opportunity."""

    fieldsets = [
        (_("Contract"), ["name", "status", "amount", "currency"]),
        (_("Dates"), ["signed_on", "starts_on", "ends_on"]),
        (_("Terms"), ["note"]),
    ]
    hints = {1: _("none of them is the entry time")}
    full = ("name", "note")

    class Meta:
        model = Contract
        fields = ("name", "status", "amount", "currency", "signed_on", "starts_on", "ends_on", "note")
        field_classes = {"amount": MoneyField} | dict.fromkeys(("signed_on", "starts_on", "ends_on"), DayField)
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}
