"""Error pages: what happened, and what to do next."""

from __future__ import annotations

import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import requires_csrf_token

from audit import times

from .context import THEMES

logger = logging.getLogger(__name__)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: nothing of the exception is shown, it may hold what an attacker sent. Rendered without any query."""
    return HttpResponse(render_to_string("400.html", without_request(request)), status=400)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the exception's sentence and, where it carries them, who may (`helpers`), the `rule`, and the way `back`."""
    shown = {
        "sentence": str(exception),
        "helpers": getattr(exception, "helpers", ()),
        "rule": getattr(exception, "rule", ""),
        "back": getattr(exception, "back", "") or _page_before(request),
    }
    return render(request, "403.html", shown, status=403)


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the same page, whether a record does not exist or may not be known."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a reference that stands in the log too. No query, no context processor: whatever failed may fail again."""
    at, zone = times.now(), timezone.get_current_timezone()
    reference = f"rd-{secrets.token_hex(2)}-{at:%Y%m%d-%H%M}"
    logger.error("%s %s failed, reference %s", request.method, request.path, reference)
    shown = {
        "reference": reference,
        "at": at.replace(second=0),
        "clock": f"{at.astimezone(zone):%H:%M:%S}",
        "zone_label": times.zone_label(zone, at),
        "again": request.get_full_path() if request.method == "GET" else "",
    }
    return HttpResponse(render_to_string("500.html", without_request(request) | shown), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token does not fit: sent from a page opened before signing in, or from another site."""
    return render(request, "403_csrf.html", {"back": _page_before(request)}, status=403)


def without_request(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in THEMES else ""}


def _page_before(request: HttpRequest) -> str:
    """The page of ours that led here, unless it is this one."""
    before = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(before, {request.get_host()}) or urlsplit(before).path == request.path:
        return ""
    return before
