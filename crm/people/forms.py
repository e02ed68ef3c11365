"""Forms about people."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from audit import times

from .services import set_own_zone


class LoginForm(AllauthLoginForm):
    """User name or e-mail, and password. `zone` is the browser's, filled in by redate.js, kept at the first sign-in."""

    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("User name or e-mail")
        self.fields["login"].widget = forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"})
        self.fields["password"].widget.attrs.pop("placeholder")
        self.fields["password"].help_text = ""
        self.fields["remember"].label = _("Keep me signed in")

    def clean_zone(self) -> str:
        """A browser may know zones that we do not: then the company's is used."""
        try:
            return str(times.zone(self.cleaned_data["zone"]))
        except ValueError:
            return ""

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in; the first time, take the zone from the browser. A zone set to the company's later stays so."""
        first = self.user.last_login is None
        response = super().login(request, redirect_url)
        if first and request.user == self.user and self.cleaned_data["zone"] and not self.user.zone:
            set_own_zone(person=self.user, zone=self.cleaned_data["zone"], remote_addr=request.remote_addr)
        return response
