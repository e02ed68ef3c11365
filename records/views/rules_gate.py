"""The pages of the rules are for who may set them: others are told so, and who may."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from audit.times import now
from records.models.access import person
from records.refusals import Refused
from records.services.rules import turn_away
from records.who_may import who_hold

from .not_allowed import NotAllowed

View = Callable[..., HttpResponse]


def rule_makers_only(view: View) -> View:
    """403 with a sentence and the names of those who may set rules; what others post is refused and kept."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "manage_rules" not in person(request.user).permissions:
            if request.method == "POST":
                with contextlib.suppress(Refused):
                    turn_away(**how(request))
            raise not_allowed()
        return view(request, *args, **kwargs)

    return run


def not_allowed() -> NotAllowed:
    """The refusal, naming who may."""
    return NotAllowed(_("The rules are set by administrators."), helpers=who_hold("manage_rules"))


def how(request: HttpRequest) -> dict[str, Any]:
    """By whom, when and through which channel, as the services ask it."""
    return {
        "by": request.user,
        "channel": "web",
        "clock": now,
        "remote_addr": request.remote_addr,  # type: ignore[attr-defined]
    }
