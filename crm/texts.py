"""Texts that PostgreSQL does not keep: answered once, before any page asks the database for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

NUL = "\x00"


class NoNul:
    """400 for a NUL in the address or in a posted field; no keyboard types one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """What is posted is read no earlier than its token is checked."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Raise BadRequest."""
        texts = (text for data in (request.GET, request.POST) for values in data.lists() for text in values[1])
        if NUL in request.path_info or any(NUL in text for text in texts):
            raise BadRequest("a NUL character")
