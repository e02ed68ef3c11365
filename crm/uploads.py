"""Requests that are larger than any file that is taken: answered before a byte of them is read."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from records.importing.table import MAX_BYTES

from .errors import without_request

AROUND = 1_000_000  # bytes of a form around its file
View = Callable[[HttpRequest], HttpResponse]


def upload_limit(get_response: View) -> View:
    """413 with a sentence for a request that holds more than the largest file and its form."""

    def run(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or ""
        if str(length).isdecimal() and int(length) > MAX_BYTES + AROUND:
            shown = without_request(request) | {"limit": MAX_BYTES // 1_000_000}
            return HttpResponse(render_to_string("413.html", shown), status=413)
        return get_response(request)

    return run
