"""The first start without demo data: the first administrator, the company, and the first rules. Then it closes."""

from __future__ import annotations

import functools
from typing import Any

from allauth.account import views
from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit import times
from crm.language import remember_language
from crm.models import User
from crm.people.gate import administrators_only
from crm.people.saving import refused
from crm.people.services import needs_setup, set_up
from records.models import RECORDS
from records.refusals import Refused

__all__ = ["needs_setup", "setup", "setup_done"]

LANGUAGES = [("en", "English"), ("zh-hans", "中文")]


class SetupForm(forms.Form):
    """Everything asked on the first day."""

    username = forms.CharField(
        label=gettext_lazy("Sign-in name"),
        max_length=150,
        initial="admin",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    display_name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        help_text=gettext_lazy("For password resets."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=128,
        help_text=gettext_lazy("12 characters or more, not only digits."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=gettext_lazy("Password again"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    company = forms.CharField(
        label=gettext_lazy("Company name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        initial="UTC",
        help_text=gettext_lazy("Days, months and closed periods are reckoned in it. Hard to change later."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("First language"),
        choices=LANGUAGES,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Everyone may choose their own."),
    )
    owners_may = forms.MultipleChoiceField(
        label=gettext_lazy("Owners may change the entry time of their own"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Up to 7 days back, never on key accounts. Left empty, only managers may."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chinese = (get_language() or "").startswith("zh")
        self.fields["language"].initial = "zh-hans" if chinese else "en"
        self.fields["zone"].choices = [(name, name) for name in times.zone_names()]  # type: ignore[attr-defined]
        self.fields["owners_may"].choices = [  # type: ignore[attr-defined]
            (name, capfirst(str(model._meta.verbose_name_plural))) for name, model in RECORDS.items()
        ]
        if not self.is_bound:
            self.fields["zone"].widget.attrs["data-zone-here"] = True

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same, and good enough."""
        data = super().clean() or self.cleaned_data
        password = data.get("password")
        if not password:
            return data
        if data.get("password2") and data["password2"] != password:
            self.add_error("password2", _("The two passwords differ. Type the same one twice."))
        try:
            validate_password(password, User(username=data.get("username", ""), email=data.get("email", "")))
        except ValidationError as error:
            self.add_error("password", error)
        return data

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "password2"}


@functools.wraps(views.login)
def login(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """allauth's sign-in page; while nobody could sign in as administrator, the way to set-up."""
    return redirect("setup") if needs_setup() else views.login(request, *args, **kwargs)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Shown while nobody is an administrator; 404 ever after."""
    if not needs_setup():
        raise Http404
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = _set_up(request, form)
        if person is not None:
            response = perform_login(request, person, email_verification="none", redirect_url=reverse("setup_done"))
            remember_language(response, form.cleaned_data["language"])
            return response
        if not needs_setup():  # somebody else was quicker
            messages.warning(request, _("Redate is set up already. Sign in, or ask an administrator."))
            return redirect("account_login")
    return render(request, "crm/setup.html", {"form": form}, status=422 if form.is_bound else 200)


def _set_up(request: HttpRequest, form: SetupForm) -> User | None:
    how = {"by": None, "channel": "web", "clock": times.now, "remote_addr": request.remote_addr}
    try:
        return set_up(**form.values(), **how)
    except Refused as no:
        refused(form, no)
    except ValidationError as error:
        form.add_error(None, error)
    return None


@require_safe
@administrators_only
def setup_done(request: HttpRequest) -> HttpResponse:
    """What to do next, in order."""
    return render(request, "crm/setup_done.html")
