"""Marking a next step as done, from the list of next steps."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from audit.times import now
from records.models import FollowUp
from records.refusals import Refused, StaleRecord
from records.services.records import update_record


def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Save that the next step is done, as the person saw the follow-up, and go back to today's page."""
    record = get_object_or_404(FollowUp.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm("records.change_followup", record):
        raise PermissionDenied(_("You may see this record, but not change it."))
    try:
        update_record(
            record=record,
            seen_version=_number(request.POST.get("version", "")),
            values={"done": True},
            by=request.user,
            channel="web",
            clock=now,
            remote_addr=request.remote_addr,
        )
    except StaleRecord:
        messages.error(request, _("Somebody changed this follow-up meanwhile. Open it to see how it stands now."))
    except Refused as no:
        messages.error(request, " ".join(no.messages()))
    else:
        messages.success(request, _("Done: %(title)s") % {"title": record.next_step or record.title})
    return redirect("home")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
