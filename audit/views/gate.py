"""Who may open the pages of the trail."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

View = Callable[..., HttpResponse]


def readers_only(view: View) -> View:
    """403 with an explanation for who may not browse the trail."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("records.view_trail"):
            sentence = _("Auditors and administrators browse the trail. The history of a record stands on its page.")
            raise PermissionDenied(sentence)
        return view(request, *args, **kwargs)

    return guarded


def verifiers_only(view: View) -> View:
    """403 with an explanation for who may not verify the trail."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("records.verify_trail"):
            raise PermissionDenied(_("Auditors verify the trail, and look at what was found."))
        return view(request, *args, **kwargs)

    return guarded
