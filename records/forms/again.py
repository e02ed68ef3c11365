"""The password again, in any form: asked where the company wants it before approvals and changes of rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.times import now
from records.refusals import Refused
from records.services.again import password_again


def check_again(person: Any, password: str, *, remote_addr: str | None = None) -> None:
    """Raise Refused (password, password_often) where this is not the person's own password; it is kept as an event."""
    password_again(by=person, password=password, channel="web", clock=now, remote_addr=remote_addr)


class AgainForm(forms.Form):
    """A form with the field `password`, there only where the company asks for it; checked when all else is right."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=128,
        error_messages={"required": _("Write your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, data: Any = None, *, request: HttpRequest, **options: Any) -> None:
        super().__init__(data, **{"label_suffix": ""} | options)
        self.request, self.asks_now = request, True
        if not request.company.password_again:  # type: ignore[attr-defined]
            del self.fields["password"]

    def clean(self) -> dict[str, Any]:
        """A wrong password is an error of its field. Subclasses call this last."""
        given = super().clean() or self.cleaned_data
        if "password" in self.fields and self.asks_now and not self.errors:
            try:
                check_again(self.request.user, given["password"], remote_addr=self.request.remote_addr)  # type: ignore[attr-defined]
            except Refused as no:
                self.add_error("password", no.messages())  # type: ignore[arg-type]
        return given
