"""The small forms of what decides rights: owner, importance, parents, archive. Each asks why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.choosing import NotFound, find_customer, written
from records.models import Customer

from .holders import HolderField
from .placing import CHOOSE, PlaceForm

WHY = forms.CharField(
    label=gettext_lazy("Why"),
    max_length=500,
    error_messages={"required": gettext_lazy("Write why.")},
    widget=forms.Textarea(attrs={"rows": 2}),
)


class WhyForm(forms.Form):
    """The version seen and why. `change()` is what the service takes besides."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    why = WHY

    def __init__(self, data: Any = None, *, record: Any, user: Any) -> None:
        super().__init__(data, label_suffix="", initial={"version": record.version})
        self.record, self.user = record, user

    def change(self) -> dict[str, Any]:
        """Field → value."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("version", "why")}


class AssignForm(WhyForm):
    """Another owner: active, and one who may own records."""

    owner = HolderField(label=gettext_lazy("New owner"), of="owners")
    field_order = ("version", "owner", "why")

    def __init__(self, data: Any = None, *, record: Any, user: Any) -> None:
        super().__init__(data, record=record, user=user)
        self.fields["owner"].meet(user)  # type: ignore[attr-defined]

    def clean_owner(self) -> Any:
        """Another one than it has."""
        if self.cleaned_data["owner"].pk == self.record.owner_id:
            raise forms.ValidationError(CHOOSE)
        return self.cleaned_data["owner"]


class ImportanceForm(WhyForm):
    """Key or ordinary."""

    importance = forms.ChoiceField(
        label=gettext_lazy("Importance"),
        choices=Customer.Importance.choices,
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    field_order = ("version", "importance", "why")

    def __init__(self, data: Any = None, *, record: Any, user: Any) -> None:
        super().__init__(data, record=record, user=user)
        self.initial["importance"] = record.importance

    def clean_importance(self) -> str:
        """Another one than it has."""
        if self.cleaned_data["importance"] == self.record.importance:
            raise forms.ValidationError(_("It is that already. Choose the other one, or cancel."))
        return self.cleaned_data["importance"]


class PartOfForm(WhyForm):
    """The customer that a customer is part of; empty for none. `now` is the one it is part of, if that is known."""

    customer = forms.CharField(label=gettext_lazy("Part of"), max_length=240, required=False)
    field_order = ("version", "customer", "why")
    chosen = None

    def __init__(self, data: Any = None, *, record: Any, user: Any) -> None:
        super().__init__(data, record=record, user=user)
        self.now = Customer.objects.visible_to(user).filter(pk=record.parent_id).first() if record.parent_id else None
        self.initial["customer"] = written(self.now)

    def clean_customer(self) -> Customer | None:
        """The one customer meant, another than now."""
        text = self.cleaned_data["customer"]
        try:
            self.chosen = find_customer(self.user, text) if text else None
        except NotFound as no:
            raise forms.ValidationError(str(no)) from no
        if self.record.parent_id == (self.chosen.pk if self.chosen else None):
            raise forms.ValidationError(_("It is so already. Choose another one, or cancel."))
        return self.chosen

    def change(self) -> dict[str, Any]:
        """The customer."""
        return {"part_of": self.cleaned_data["customer"]}


class ParentForm(PlaceForm):
    """What a record hangs on; `version` and `why` as in every small form."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    why = WHY

    def __init__(self, data: Any = None, *, record: Any, user: Any) -> None:
        super().__init__(
            data,
            model=type(record),
            user=user,
            customer=record.customer,
            opportunity=getattr(record, "opportunity", None),
        )
        self.record = record
        self.initial["version"] = record.version
        for name in ("owner", "importance"):
            self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        """Something must differ."""
        given = super().clean() or self.cleaned_data
        standing = {name: getattr(self.record, name, None) for name in self.change()}
        if not self.errors and self.change() == standing:
            self.add_error("customer", _("It hangs on that already. Choose another one, or cancel."))
        return given

    def change(self) -> dict[str, Any]:
        """Customer, and opportunity where the record has one."""
        return {name: self.cleaned_data[name] for name in ("customer", "opportunity") if name in self.cleaned_data}
