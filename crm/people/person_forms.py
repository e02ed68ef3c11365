"""Forms with which administrators add and change people, roles and teams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.models import Role, Team, User

from . import services
from .role_facts import role_facts
from .services.groups import role_state, team_state

WHY = {"required": _("Write why.")}


class WhyForm(forms.Form):
    """Why: it stays in the trail."""

    note = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stays in the audit trail. The change takes effect at once."),
        error_messages=WHY,
    )


class PersonForm(WhyForm):
    """Name, e-mail, roles and team. `seen` marks what the page showed, so nobody overwrites what they never saw."""

    display_name = forms.CharField(label=_("Name"), max_length=80)
    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("For password resets. One person each."))
    roles = forms.MultipleChoiceField(label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.all(), required=False, empty_label=_("No team")
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("display_name", "email", "roles", "team", "note", "seen")

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        self.person = person
        if person is not None:
            kwargs["initial"] = {
                "display_name": person.display_name,
                "email": person.email,
                "roles": services.people.role_keys(person),
                "team": person.team_id,
                "seen": services.state_of(person),
            }
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [  # type: ignore[attr-defined]
            (facts.role.key, format_html("{}<small>{}</small>", facts.role.name, facts.summary))
            for facts in role_facts()
        ]
        for name in ("display_name", "email"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def values(self) -> dict[str, Any]:
        """What the services take."""
        names = ("display_name", "email", "roles", "team", "note")
        return {name: self.cleaned_data[name] for name in names}


class NewPersonForm(PersonForm):
    """The same with sign-in name and first password."""

    username = forms.CharField(
        label=_("Sign-in name"),
        max_length=150,
        help_text=_("Letters and digits. It cannot be changed."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    first = forms.ChoiceField(
        label=_("First password"),
        choices=[("mail", _("By e-mail")), ("set", _("Set here"))],
        initial="mail",
        widget=forms.RadioSelect,
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        max_length=128,
        help_text=_("12 characters or more. Tell it in person; it can be changed at once."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ("display_name", "username", "email", "roles", "team", "first", "password", "note", "seen")

    def clean(self) -> dict[str, Any]:
        """A password is read only where it is to be set here."""
        data = super().clean() or self.cleaned_data
        if data.get("first") != "set":
            data["password"] = None
            return data
        person = User(**{name: data.get(name) or "" for name in ("username", "display_name", "email")})
        try:
            validate_password(data.get("password") or "", person)
        except ValidationError as error:
            self.add_error("password", error)
        return data

    def values(self) -> dict[str, Any]:
        """What `add_person` takes."""
        return super().values() | {name: self.cleaned_data[name] for name in ("username", "password")}


class RoleForm(WhyForm):
    """The names of a role in both languages."""

    name_en = forms.CharField(label=_("Name in English"), max_length=60)
    name_zh = forms.CharField(
        label=_("Name in Chinese"), max_length=60, widget=forms.TextInput(attrs={"lang": "zh-Hans"})
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("name_en", "name_zh", "note", "seen")

    def __init__(self, *args: Any, role: Role, **kwargs: Any) -> None:
        kwargs["initial"] = {"name_en": role.name_en, "name_zh": role.name_zh, "seen": role_state(role)}
        super().__init__(*args, **kwargs)


class TeamForm(WhyForm):
    """Name and lead of a team."""

    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    manager = forms.ModelChoiceField(
        label=pgettext_lazy("team", "Lead"), queryset=User.objects.none(), required=False, empty_label=_("Nobody")
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("name", "manager", "note", "seen")

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        if team is not None:
            kwargs["initial"] = {"name": team.name, "manager": team.manager_id, "seen": team_state(team)}
        super().__init__(*args, **kwargs)
        active = User.objects.filter(is_active=True)
        offered = active | User.objects.filter(leads=team) if team else active  # a lead who left stays until replaced
        self.fields["manager"].queryset = offered.distinct()  # type: ignore[attr-defined]
