"""The form of a notice rule: who is told of every change of a type."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from records.models import RECORDS

from .access import WhyForm
from .holders import HolderField


class NoticeRuleForm(WhyForm):
    """Type, and the person, role or team."""

    record_type = forms.ChoiceField(label=gettext_lazy("Entry times of"))
    to = HolderField(
        label=gettext_lazy("Person, role or team"),
        of="everybody",
        missing=gettext_lazy("Choose a person, a role or a team."),
    )
    field_order = ("record_type", "to", "why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = [(name, capfirst(str(model._meta.verbose_name_plural))) for name, model in RECORDS.items()]
        self.fields["record_type"].choices = types  # type: ignore[attr-defined]
        self.fields["to"].meet(None)  # type: ignore[attr-defined]
