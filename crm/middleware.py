"""For the person who is signed in: their zone and language, around the whole request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django_htmx.http import HttpResponseClientRefresh

from audit import styles, times
from records.models.rules import CompanyRules, company


class PersonMiddleware:
    """Activates zone and language, and gives requests `company` (read when first asked) and `remote_addr`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The zone holds inside only; LocaleMiddleware sets the language anew for every request."""
        request.company = SimpleLazyObject(company)
        request.remote_addr = remote_addr(request)
        zone, style = None, "iso"
        if request.user.is_authenticated:
            zone, style = zone_of(request.user), style_of(request.user)
            speak(request)
        with timezone.override(zone), styles.shown_in(lambda: style):
            response = whole_page_to_sign_in(request, self.get_response(request))
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")  # nothing is left behind for the next one
        return response


def zone_of(person: Any) -> dt.tzinfo:
    """The person's own zone, else the company's, which came with the person; UTC where that is none."""
    if person.zone:
        return times.zone(person.zone)
    return CompanyRules(zone=getattr(person, "company_zone", None) or "UTC").shown_zone


def style_of(person: Any) -> str:
    """The company's format of times, which came with the person; the first one where it names none."""
    chosen = getattr(person, "company_format", None)
    return chosen if chosen in times.FORMATS else "iso"


def speak(request: HttpRequest) -> None:
    """The language chosen in this browser, else the person's, else what the browser asks for."""
    known = dict(settings.LANGUAGES)
    chosen_here = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen_here not in known and request.user.language in known:
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = request.user.language


def remote_addr(request: HttpRequest) -> str | None:
    """The address the request came from, as far as our own proxies vouch for it; None where there is none."""
    try:
        return get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        return None


def whole_page_to_sign_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """When the session has ended, htmx would put the sign-in page into a part of the page: reload the page instead."""
    sign_in = response.headers.get("Location", "").startswith(resolve_url(settings.LOGIN_URL))
    return HttpResponseClientRefresh() if sign_in and "HX-Request" in request.headers else response
