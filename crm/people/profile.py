"""What a person says of themselves, and what they may."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit import times
from audit.models import Event
from crm.context import THEMES
from crm.language import remember_language
from crm.models import Role

from . import services
from .finding import to_minute
from .rights import rights_of
from .saving import ask

LANGUAGES = [("en", "English"), ("zh-hans", "中文")]


class ProfileForm(forms.Form):
    """Name, e-mail, language, theme, zone, and notices by e-mail."""

    display_name = forms.CharField(
        label=gettext_lazy("Display name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES, widget=forms.RadioSelect)
    theme = forms.ChoiceField(
        label=gettext_lazy("Theme"),
        choices=[("", gettext_lazy("System")), ("light", gettext_lazy("Light")), ("dark", gettext_lazy("Dark"))],
        required=False,
        widget=forms.RadioSelect,
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy(
            "Times are shown in this zone, which is named on every list. Rules and periods always use the company zone."
        ),
    )

    mail = forms.ChoiceField(
        label=gettext_lazy("Notices by e-mail"),
        choices=[
            ("each", gettext_lazy("Each by e-mail")),
            ("daily", gettext_lazy("Once a day")),
            ("none", gettext_lazy("Only here")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        names = ("display_name", "email", "theme", "zone", "mail")
        kwargs["initial"] = {name: getattr(request.user, name) for name in names}
        kwargs["initial"]["language"] = "zh-hans" if (get_language() or "").startswith("zh") else "en"
        super().__init__(*args, **kwargs)
        company = _("Company zone, %(zone)s") % {"zone": request.company.zone}
        own = {request.user.zone} - {""}  # an older spelling stays choosable
        zones = sorted({*times.zone_names(), *own})
        self.fields["zone"].choices = [("", company), *((name, name) for name in zones)]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """The person's own page."""
    form = ProfileForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        changed = ask(request, form, services.set_own_profile, values=values)
        if changed is not None:
            messages.success(request, _("Your profile was saved.") if changed else _("Nothing was changed."))
            return _remembered(redirect("profile"), form)
    shown = {
        "form": form,
        "roles": Role.objects.filter(group__user=request.user),
        **_last_sign_in(request),
        "rights": rights_of(request.user, request.company, times.now()),
    }
    return render(request, "crm/profile.html", shown, status=422 if form.is_bound else 200)


def _last_sign_in(request: HttpRequest) -> dict[str, Any]:
    last = Event.objects.filter(actor_id=request.user.pk, kind="signed_in").order_by("-id").first()
    return {"signed_in": to_minute(last.at), "signed_in_from": last.remote_addr} if last else {}


def _remembered(response: HttpResponse, form: ProfileForm) -> HttpResponse:
    """What this browser had chosen for itself gives way to what the person has just chosen."""
    if "language" in form.changed_data:
        remember_language(response, form.cleaned_data["language"])
    theme = form.cleaned_data["theme"]
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=31_536_000, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax")
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
