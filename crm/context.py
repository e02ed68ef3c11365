"""What every template may use: language, theme, zone, the section of the site, and the demo's sign-ins."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from audit import times
from records.deciders import number_waiting

from . import demo_people

THEMES = ("light", "dark")
SECTIONS = (
    *("customer", "opportunity", "follow_up", "contract"),
    *("request", "batch", "trail", "review", "integrity"),
    *("access", "people", "bulk", "import", "backup"),
)


def site(request: HttpRequest) -> dict[str, Any]:
    """No query is made here: what costs one is lazy, and used only by pages that show it."""
    return {
        "lang": "zh-Hans" if (get_language() or "").startswith("zh") else "en",
        "theme": theme_of(request),
        "section": section_of(request),
        "requests_waiting": SimpleLazyObject(lambda: number_waiting(request.user, times.now())),
        "zone_label": SimpleLazyObject(lambda: zone_label(request)),
        "demo": {"people": demo_people.sign_ins, "password": demo_people.PASSWORD} if settings.DEMO else {},
    }


def theme_of(request: HttpRequest) -> str:
    """What the person switched to in this browser, or chose in the profile; empty follows the system."""
    here = request.COOKIES.get("theme", "")
    return here if here in THEMES else getattr(getattr(request, "user", None), "theme", "")


def section_of(request: HttpRequest) -> str:
    """The entry of the navigation that the page belongs to: `customer` for `records:customer_history`."""
    match = request.resolver_match
    name = (match.url_name or "" if match else "").removeprefix("all_")
    return next((section for section in SECTIONS if name.startswith(section)), name)


def zone_label(request: HttpRequest) -> str:
    """The zone times are shown in. A visitor's page asks for the company's (one query)."""
    known = getattr(request, "user", None) and request.user.is_authenticated
    zone = timezone.get_current_timezone() if known else request.company.shown_zone
    return times.zone_label(zone, times.now())
