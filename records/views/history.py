"""The whole history of a record, page by page; readable when the record is archived, and printed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit.ids import id_in
from audit.presenters import present
from audit.trail import history_of
from records.models import Reason
from records.models.record import Record
from records.reviewed import reviewed

from .editing import page_urls, record_or_404

ROWS = 50


def history(request: HttpRequest, model: type[Record], pk: int) -> HttpResponse:
    """Newest first; `?before=ID` goes on, `?show=time` keeps what concerns the entry time."""
    record = record_or_404(request, model, pk)
    only_times = request.GET.get("show") == "time"
    start = id_in(request.GET.get("before", ""))
    page = history_of(record, request.user, limit=ROWS, before=start, only_times=only_times)
    names = {reason.code: reason.name for reason in Reason.objects.all()}
    context: dict[str, Any] = {
        "record": record,
        "entries": reviewed(present(page.rows, model, request.user, names), model),
        "older": page.older,
        "only_times": only_times,
        "is_first": start is None,
        "urls": page_urls(record),
        "evidence_of": model._meta.model_name,
        "in_trail": f"{model._meta.model_name}:{pk}",
    }
    return render(request, "records/record_history.html", context)
