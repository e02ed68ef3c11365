"""Today: my next steps, and entry times that moved on my records or by me."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.times import day_of, now
from records.today import last_moves, next_steps


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page of a day, in the person's zone."""
    today = day_of(now(), timezone.get_current_timezone())
    user = request.user
    context = {
        "today": today,
        "steps": next_steps(user, today),
        "moves": last_moves(user),
        "may_finish": user.has_perm("records.own_records") or user.has_perm("records.change_followup"),
    }
    return render(request, "crm/home.html", context)
