"""The form of a notice rule: who is told of every change of a type."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.models import RECORDS

from .access import WhyForm


class NoticeRuleForm(WhyForm):
    """Type, and the person, role or team."""

    record_type = forms.ChoiceField(label=gettext_lazy("Entry times of"))
    to = forms.ChoiceField(
        label=gettext_lazy("Person, role or team"),
        error_messages={"required": gettext_lazy("Choose a person, a role or a team.")},
    )
    field_order = ("record_type", "to", "why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = [(name, capfirst(str(model._meta.verbose_name_plural))) for name, model in RECORDS.items()]
        self.fields["record_type"].choices = types  # type: ignore[attr-defined]
        self.fields["to"].choices = _everybody()  # type: ignore[attr-defined]

    def clean_to(self) -> Any:
        """The person, or the group of the role or team."""
        holder, _colon, pk = self.cleaned_data["to"].partition(":")
        found = (get_user_model() if holder == "user" else Group).objects.filter(pk=pk).first()
        if found is None:
            raise forms.ValidationError(_("Choose a person, a role or a team."))
        return found


def _everybody() -> list[Any]:
    """Active people, roles and teams, for a select with groups."""
    people = get_user_model().objects.filter(is_active=True).order_by("display_name", "username")
    groups = Group.objects.select_related("role", "team")
    roles = groups.filter(role__isnull=False).order_by("role__order", "role__key")
    teams = groups.filter(team__isnull=False).order_by("team__name")
    return [
        ("", ""),
        (_("People"), [(f"user:{person.pk}", str(person)) for person in people]),
        (_("Roles"), [(f"group:{group.pk}", str(group.role)) for group in roles]),  # type: ignore[attr-defined]
        (_("Teams"), [(f"group:{group.pk}", str(group.team)) for group in teams]),  # type: ignore[attr-defined]
    ]
