"""The help page."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# A change to look at, the one that the design uses throughout.
BEFORE = dt.datetime(2026, 3, 17, 1, 12, tzinfo=dt.UTC)
AFTER = BEFORE - dt.timedelta(days=1)


def help_page(request: HttpRequest) -> HttpResponse:
    """What Redate is for, its words and its keys."""
    return render(request, "crm/help.html", {"before": BEFORE, "after": AFTER})
