"""The evidence pack of one record, as a file."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from audit import evidence
from audit.browse.sources import sources
from audit.times import now


@require_POST
def evidence_pack(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The ZIP. 404 for a record that the person may not see, 403 without the right to export the trail."""
    source = sources().get(kind)
    if source is None or source.of is None or not source.timed:
        raise Http404
    record = source.display.visible_to(request.user).filter(pk=pk).first()
    if record is None:
        raise Http404
    if not request.user.has_perm("records.export_trail"):
        raise PermissionDenied(_("Auditors take evidence packs. The history of a record stands on its page."))
    remote_addr = request.remote_addr  # type: ignore[attr-defined]
    made = evidence.export(record=record, by=request.user, clock=now, remote_addr=remote_addr)
    response = HttpResponse(made.data, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response
