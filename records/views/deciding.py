"""The small pages of owner, importance, parents, part of and archive: what stands, what it shall be, why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.times import now
from records.access import Checker
from records.forms.small import AssignForm, ImportanceForm, ParentForm, PartOfForm, WhyForm
from records.models import Contract, FollowUp, Opportunity
from records.models.access import CHANGE, person
from records.models.record import Record
from records.refusals import Refused, StaleRecord, refuse
from records.services.assign import change_importance, change_owner, change_parent, change_part_of
from records.services.records import archive_record, restore_record
from records.stale import stale_lines

from .editing import record_or_404


@dataclass(frozen=True)
class Kind:
    """One kind of small page: its words, its form, its service, and the code of the refusal without the right."""

    title: Any
    button: Any
    saved: Any
    form: Any
    service: Callable[..., Any]
    refusal: str
    hint: Any = ""
    on_archived: bool = False


ASSIGN = Kind(
    gettext_lazy("Change the owner"),
    gettext_lazy("Change owner"),
    gettext_lazy("Owner changed: %(before)s → %(after)s."),
    AssignForm,
    change_owner,
    "assign_right",
    gettext_lazy("The new owner may see and change the record. The old one keeps what their role gives."),
)
IMPORTANCE = Kind(
    gettext_lazy("Change the importance"),
    gettext_lazy("Change importance"),
    gettext_lazy("Importance changed: %(before)s → %(after)s."),
    ImportanceForm,
    change_importance,
    "classify_right",
    gettext_lazy(
        "It holds for the customer and all that hangs on it. Fewer people may change entry times on key ones."
    ),
)
PARENT = Kind(
    gettext_lazy("Change what it hangs on"),
    gettext_lazy("Move"),
    gettext_lazy("Moved: %(before)s → %(after)s."),
    ParentForm,
    change_parent,
    "assign_right",
)
PART_OF = Kind(
    gettext_lazy("Change what it is part of"),
    gettext_lazy("Change"),
    gettext_lazy("Part of: %(before)s → %(after)s."),
    PartOfForm,
    change_part_of,
    "assign_right",
    gettext_lazy("Leave it empty where it is part of none. Nobody may see or change more by it."),
)
ARCHIVE = Kind(
    gettext_lazy("Archive this record"),
    gettext_lazy("Archive"),
    gettext_lazy("Archived."),
    WhyForm,
    archive_record,
    "change_right",
    gettext_lazy("It leaves the lists and can no longer be changed. Its history stays, and it can be taken back."),
)
RESTORE = Kind(
    gettext_lazy("Take this record back from the archive"),
    gettext_lazy("Take back"),
    gettext_lazy("Taken back from the archive."),
    WhyForm,
    restore_record,
    "change_right",
    gettext_lazy("It stands in the lists again and can be changed."),
    on_archived=True,
)


def decide(request: HttpRequest, model: type[Record], pk: int, kind: Kind) -> HttpResponse:
    """GET shows the page, POST makes the change. 404 for who may not see the record, 403 for who may not do it."""
    record = record_or_404(request, model, pk)
    if not _may(request, record, kind):
        raise PermissionDenied(refuse(kind.refusal).messages()[0])
    if request.method != "POST":
        return _render(request, record, kind, kind.form(record=record, user=request.user))
    form = kind.form(request.POST, record=record, user=request.user)
    if not form.is_valid():
        return _render(request, record, kind, form, status=422)
    try:
        saved = kind.service(
            record=record,
            seen_version=form.cleaned_data["version"],
            by=request.user,
            reason="",
            note=form.cleaned_data["why"],
            channel="web",
            clock=now,
            remote_addr=request.remote_addr,  # type: ignore[attr-defined]
            **form.change(),
        )
    except Refused as no:
        return _render(request, record, kind, form, status=422, errors=no.messages())
    except StaleRecord as stale:
        return _stale(request, model, kind, form, stale)
    messages.success(request, _told(record, kind, form) if saved.changed else _("Nothing was changed."))
    return redirect(record.page("update"), pk)


def _told(record: Any, kind: Kind, form: Any) -> str:
    """Before → after; of a moved record its customer, or the opportunity where only that moved."""
    standing = _standing(record, kind, form)
    if not standing:
        return str(kind.saved)
    wanted = list(form.change().values())
    if kind is IMPORTANCE:
        wanted = [dict(form.fields["importance"].choices)[wanted[0]]]
    pairs = [(str(before), str(after or _("None"))) for (_label, before), after in zip(standing, wanted, strict=True)]
    before, after = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
    return kind.saved % {"before": before, "after": after}


def _may(request: HttpRequest, record: Any, kind: Kind) -> bool:
    name = record._meta.model_name
    if kind.refusal == "change_right":
        return Checker(request.user).has_perm(CHANGE.format(name), record)
    needed = "classify_customer" if kind.refusal == "classify_right" else f"assign_{name}"
    return needed in person(request.user).permissions


def _stale(request: HttpRequest, model: type[Record], kind: Kind, form: Any, stale: StaleRecord) -> HttpResponse:
    """Both values, nothing written; the page holds the new version, so that a second look can be sent."""
    record = record_or_404(request, model, stale.record.pk)
    form.data = form.data.copy()
    form.data["version"] = str(record.version)
    form.record = record
    return _render(request, record, kind, form, status=409, stale=stale_lines(stale, request.user), is_stale=True)


def _render(request: HttpRequest, record: Any, kind: Kind, form: Any, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "record": record,
        "kind": kind,
        "form": form,
        "place": form if kind in (PARENT, PART_OF) else None,
        "fields": [form[name] for name in form.fields if name not in ("version", "customer", "opportunity")],
        "standing": _standing(record, kind, form),
        "back": record.page("update"),
        "list_url": record.page("list"),
        "gone": (record.archived_at is not None) != kind.on_archived,
        **_along(record, kind),
    }
    return render(request, "records/record_decide.html", context | more, status=status)


def _standing(record: Any, kind: Kind, form: Any) -> list[tuple[str, Any]]:
    """What stands now, as label and value."""
    if kind is ASSIGN:
        return [(_("Owner"), record.owner)]
    if kind is IMPORTANCE:
        return [(_("Importance"), record.get_importance_display())]
    if kind is PART_OF:
        hidden = _("a record you may not see") if record.parent_id else _("None")
        return [(_("Part of"), form.now or hidden)]
    if kind is not PARENT:
        return []
    found = [(_("Customer"), record.customer or _("None"))]
    if not isinstance(record, Opportunity):
        found.append((_("Opportunity"), record.opportunity or _("None")))
    return found


def _along(record: Any, kind: Kind) -> dict[str, int]:
    """How many follow-ups and contracts move along with an opportunity."""
    if kind is not PARENT or not isinstance(record, Opportunity):
        return {}
    counts = {"follow_ups": FollowUp, "contracts": Contract}
    return {name: model.objects.filter(opportunity=record).count() for name, model in counts.items()}
