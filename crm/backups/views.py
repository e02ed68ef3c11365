"""The page of backups, for administrators: the last one, those that are there, one more, and how to restore."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.times import now

from .offering import offer
from .working import Standing, ask_for_one, standing

SHOWN = 20
View = Callable[..., HttpResponse]


def keepers_only(view: View) -> View:
    """403 with a sentence for who may not back up."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("records.back_up"):
            raise PermissionDenied(_("Administrators make backups."))
        return view(request, *args, **kwargs)

    return run


@require_safe
@keepers_only
def backup(request: HttpRequest) -> HttpResponse:
    """The page; while a backup is made htmx asks for its state alone, and for the whole page once it is over."""
    if rows := _rows(request.GET):
        return _offer(request, rows)
    stands = standing(now())
    if request.GET.get("looking"):
        return _state(request, stands)
    shown = {"standing": stands, "shown": stands.all[:SHOWN], "folder": settings.BACKUP_DIR}
    return render(request, "crm/backup.html", shown)


@require_POST
@keepers_only
def backup_now(request: HttpRequest) -> HttpResponse:
    """Ask the worker for a backup; from where one was offered, the answer is the offer again."""
    asked = ask_for_one(request.user, now())
    if (rows := _rows(request.POST)) and request.htmx:  # type: ignore[attr-defined]
        return _offer(request, rows)
    if asked:
        messages.success(request, _("The backup begins. It goes on when you leave the page."))
    else:
        messages.info(request, _("A backup is under way already."))
    return redirect("backup")


def _state(request: HttpRequest, stands: Standing) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("backup")
    response = render(request, "crm/_backup_state.html", {"standing": stands})
    if stands.state != "running":
        response["HX-Refresh"] = "true"
    return response


def _offer(request: HttpRequest, rows: int) -> HttpResponse:
    return render(request, "crm/_backup_offer.html", {"offer": offer(request.user, rows, now())})


def _rows(given: Any) -> int:
    """For how many rows a backup was offered; 0 for none."""
    text = given.get("rows", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
