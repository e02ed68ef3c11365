"""Pages for administrators: others are told so, and who they are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from crm.models import User

View = Callable[..., HttpResponse]
SHOWN = 5


def administrators_only(view: View) -> View:
    """403 with a sentence, and the names of administrators, for everybody who may not manage people."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("crm.manage_people"):
            raise refusal(_("People, roles and teams are for administrators."))
        return view(request, *args, **kwargs)

    return run


def refusal(sentence: str) -> PermissionDenied:
    """What others are told, with the names of administrators."""
    no = PermissionDenied(sentence)
    who = User.objects.filter(is_active=True, groups__permissions__codename="manage_people").distinct()
    no.helpers = [str(person) for person in who[:SHOWN]]  # type: ignore[attr-defined]
    return no
