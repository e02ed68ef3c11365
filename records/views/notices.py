"""What a person was told: the page, and marking as read."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.ids import id_in
from audit.times import day_of, now
from records.models import Notice
from records.notices import SHOWS, notices_of, present
from records.services.notices import mark_read


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Newest first, by days; `?show=` is unread or requests."""
    show = request.GET.get("show", "")
    show = show if show in SHOWS else ""
    page = notices_of(request.user, show=show, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    zone = timezone.get_current_timezone()
    told = present(page.rows, request.user, now())
    newest = Notice.objects.filter(user=request.user.pk).order_by("-id").values_list("pk", flat=True).first()
    context = {
        "days": [(day, list(each)) for day, each in groupby(told, key=lambda one: day_of(one.notice.at, zone))],
        "today": day_of(now(), zone),
        "page": page,
        "show": show,
        "newest": newest,
    }
    return render(request, "records/notices.html", context)


@require_POST
def notice_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read, and go back to where it was shown."""
    notice = get_object_or_404(Notice, pk=pk, user=request.user.pk)
    mark_read(Notice.objects.filter(pk=notice.pk), now())
    return _back(request)


@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark all as read that had been told when the page was made, and none that came since."""
    newest = id_in(request.POST.get("newest", "")) or 0
    mark_read(Notice.objects.filter(user=request.user.pk, pk__lte=newest), now())
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    query: Any = request.GET.urlencode()
    return redirect(reverse("records:notices") + (f"?{query}" if query else ""))
