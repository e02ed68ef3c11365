"""Following a record, and following it no more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from records.models.record import Record
from records.services import following


def follow(request: HttpRequest, model: type[Record], pk: int) -> HttpResponse:
    """Follow the record, or with `stop` no more; then back to the page that asked."""
    record = get_object_or_404(model.objects.visible_to(request.user), pk=pk)  # type: ignore[attr-defined]
    if "stop" in request.POST:
        following.unfollow(record=record, by=request.user)
        messages.success(request, _("You do not follow %(title)s any more.") % {"title": record.title})
    else:
        following.follow(record=record, by=request.user)
        messages.success(request, _("You are told when the entry time of %(title)s changes.") % {"title": record.title})
    from_detail = request.POST.get("from") == "detail" and record._meta.model_name == "customer"
    return redirect(record.page("detail" if from_detail else "update"), pk)
