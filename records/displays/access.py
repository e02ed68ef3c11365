"""How the trail shows who was let in: grants, exceptions, and requests for a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import BigIntegerField, Case, Q, QuerySet, When
from django.urls import reverse
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from audit.displays import call, track
from audit.held import hanging_on, sees_all, sees_row
from records.models import GRANTS, RECORDS, PeriodException, TimeRequest

from . import names
from .above import reason_name

WINDOW = {
    "days_back": _("days back"),
    "days_forward": _("days forward"),
    "no_limit": _("no limit back"),
    "longest_move": _("longest move in days"),
}
HELD = {"user_id": _("person"), "group_id": _("role or team"), "until": _("until"), "why": _("why")}
GRANT = {"content_object_id": _("record"), "permission_id": _("right"), "covers": _("all under it too")}
GIVEN = {"granted_by_id": _("given by"), "granted_at": _("given at")}


def register() -> None:
    """Grants on each type, exceptions, requests."""
    for name, pair in GRANTS.items():
        for model in pair:
            _grant(model, RECORDS[name])
    track(
        PeriodException,
        visible_to=lambda viewer: PeriodException.objects.all(),
        fields_for=lambda viewer: ["user_id", "group_id", "record_type", "until", "why", "granted_by_id", "granted_at"],
        url=lambda row: reverse("records:exceptions"),
        names=lambda viewer: _holders(),
        title=lambda values: names.type_name(values["record_type"]),
        labels=HELD | GIVEN | {"record_type": _("type of records")},
        words={"record_type": names.type_name},
        says={"+": _("Exception made"), "-": _("Exception revoked")},
        head=("user_id", "group_id"),
        group="exception",
        group_name=_("exception"),
    )
    _requests()


def _holders() -> dict[str, names.Known]:
    return {"user_id": names.people(), "group_id": names.holders(), "granted_by_id": names.people()}


def _grant(model: Any, record: Any) -> None:
    holder = "user_id" if any(f.attname == "user_id" for f in model._meta.concrete_fields) else "group_id"
    shown = [holder, "content_object_id", "permission_id", "until", *WINDOW, "covers", "why", *GIVEN]

    def named(viewer: Any) -> dict[str, names.Known]:
        known = {name: value for name, value in _holders().items() if name in shown}
        column = "summary" if hasattr(record, "summary") else "name"
        on = {"content_object_id": (record.objects.visible_to(viewer), column)}
        return known | on | {"permission_id": names.permissions()}

    def within(rows: QuerySet, viewer: Any) -> QuerySet:
        return hanging_on(rows, record.objects.visible_to(viewer), "content_object_id")

    track(
        model,
        visible_to=lambda viewer: within(model.objects.all(), viewer),
        within=within,
        fields_for=lambda viewer: shown,
        url=lambda row: reverse(record.page("access"), args=[row.content_object_id]),
        names=named,
        about=lambda values: (record, values["content_object_id"]),
        concerning=lambda rows, about, ids: _grants_on(model, rows, ids) if about is record else None,
        labels=HELD
        | GIVEN
        | WINDOW
        | {"content_object_id": _("record"), "permission_id": _("right"), "covers": _("all under it too")},
        words={"permission_id": right},
        says={"+": _("Access granted"), "-": _("Access revoked")},
        head=(holder,),
        group="grant",
        group_name=_("grant"),
    )


def right(codename: str) -> str:
    """What a grant lets somebody do."""
    return now_("Change the entry time") if codename.endswith("_entry_time") else now_("See it")


def _grants_on(model: Any, rows: QuerySet, ids: list[int]) -> QuerySet:
    """The history of grants on the records, standing or revoked; the latter have an index of their own."""
    standing = model.objects.filter(content_object__in=ids).values_list("pk", flat=True)
    revoked = model.history.model.objects.filter(history_type="-", content_object_id__in=ids)
    return rows.filter(id__in=[*standing, *revoked.values_list("id", flat=True)])


# ---- requests ----


def _requests() -> None:
    track(
        TimeRequest,
        visible_to=lambda viewer: _on_visible(TimeRequest.objects.all(), viewer),
        within=_on_visible,
        fields_for=lambda viewer: list(REQUEST),
        url=lambda row: reverse("records:request_detail", args=[row.pk]),
        names=lambda viewer: {"asked_by_id": names.people(), "answered_by_id": names.people()},
        about=_of_request,
        concerning=_requests_on,
        labels=REQUEST,
        words={"why_code": reason_name, "record_type": names.type_name},
        says={"+": _("Change asked for")},
        head=("wanted",),
        group="request",
        group_name=_("request"),
    )
    call(
        TimeRequest,
        rows=lambda viewer: _on_visible(TimeRequest.objects.all(), viewer),
        column="pk",
        url=lambda pk: reverse("records:request_detail", args=[pk]),
    )


REQUEST = {
    "state": _("state"),
    "before": _("entry time when asked"),
    "wanted": _("entry time asked for"),
    "why_code": _("reason"),
    "words": _("in words"),
    "link": _("link"),
    "asked_by_id": _("asked by"),
    "asked_at": _("asked at"),
    "expires_at": _("expires"),
    "answered_by_id": _("answered by"),
    "answered_at": _("answered at"),
    "answer": _("answer"),
}


def _of_request(values: Mapping[str, Any]) -> tuple[Any, int] | None:
    model = RECORDS.get(values["record_type"])
    return (model, values["record_id"]) if model else None


def _requests_on(rows: QuerySet, model: Any, ids: list[int]) -> QuerySet | None:
    asked = TimeRequest.objects.filter(record_type=model._meta.model_name, record_id__in=ids)
    return rows.filter(id__in=list(asked.values_list("pk", flat=True)))


def _on_visible(rows: QuerySet, viewer: Any) -> QuerySet:
    """Requests, or their history, about records that the viewer may see."""
    visible = {name: model.objects.visible_to(viewer) for name, model in RECORDS.items()}  # type: ignore[attr-defined]
    free = [name for name, records in visible.items() if sees_all(records)]
    if len(free) == len(visible):
        return rows
    whens = [When(record_type=n, then=sees_row(v, "record_id")) for n, v in visible.items() if n not in free]
    held = Case(*whens, output_field=BigIntegerField())
    return rows.alias(held=held).filter(Q(record_type__in=free) | Q(held__isnull=False))
