"""An exception: who, which type, until when and why; and why one is revoked."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.times import NotATime, day_of
from records.access import Checker
from records.models import RECORDS
from records.services.granting import LONGEST_WHY

from .access import read_end
from .again import AgainForm
from .holders import HolderField

USUAL_DAYS = 7


class RevokeForm(AgainForm):
    """Why."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=LONGEST_WHY,
        error_messages={"required": gettext_lazy("Write why.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    field_order = ("to", "record_type", "until", "why", "password")


class ExceptionForm(RevokeForm):
    """A new exception. Not offered: oneself, and groups one belongs to."""

    to = HolderField(
        label=gettext_lazy("Person, role or team"),
        of="holders",
        missing=gettext_lazy("Choose a person, a role or a team."),
    )
    record_type = forms.ChoiceField(
        label=gettext_lazy("Records"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose one.")),
    )
    until = forms.CharField(label=gettext_lazy("Until"), max_length=64, required=False)

    def __init__(self, data: Any = None, *, request: HttpRequest, checker: Checker, zone: dt.tzinfo, **options: Any):
        super().__init__(data, request=request, **options)
        self.zone = zone
        self.fields["to"].meet(checker.user)  # type: ignore[attr-defined]
        names = [(name, capfirst(str(model._meta.verbose_name_plural))) for name, model in RECORDS.items()]
        self.fields["record_type"].choices = names  # type: ignore[attr-defined]
        self.fields["until"].initial = (day_of(checker.at, zone) + dt.timedelta(days=USUAL_DAYS)).isoformat()
        self.fields["until"].help_text = _(
            "It ends by itself. A day alone means through that day in %(zone)s; a time is read as it is shown here."
        ) % {"zone": zone}

    def clean_until(self) -> dt.datetime:
        """The moment meant."""
        try:
            return read_end(self.cleaned_data["until"], self.zone)
        except NotATime as no:
            raise forms.ValidationError(no.message) from no

    @property
    def end(self) -> dt.datetime | None:
        """The moment that the field means as it stands; None while it means none."""
        try:
            return read_end(str(self["until"].value() or ""), self.zone)
        except NotATime:
            return None
