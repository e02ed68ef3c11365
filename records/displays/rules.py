"""How the trail shows rules: the company's, those of a type, windows, reasons."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit.displays import track
from records.models import CompanyRules, Reason, TypeRule, Window

from . import names

LABELS = {"record_type": _("type of records"), "role_id": _("role"), "customer_class": _("customers")}


def register() -> None:
    """Rules are no secret to who may browse the trail."""
    _rule(CompanyRules, title=lambda values: values["name"])
    _rule(TypeRule, title=lambda values: names.type_name(values["record_type"]))
    _rule(
        Window,
        title=lambda values: names.type_name(values["record_type"]),
        names=lambda viewer: {"role_id": names.roles()},
        says={"+": _("Window set"), "-": _("Window taken away")},
        head=("role_id",),
    )
    _rule(
        Reason,
        title=lambda values: names.in_language(values["name_en"], values["name_zh"]),
        says={"+": _("Reason added")},
        labels=LABELS | {"code": _("code"), "order": _("place in the list")},
    )


def _rule(model: Any, **more: Any) -> None:
    hidden = {"id", "version", "company_id"}
    shown = [f.attname for f in model._meta.concrete_fields if f.attname not in hidden]
    track(
        model,
        visible_to=lambda viewer: model.objects.all(),
        fields_for=lambda viewer: shown,
        url=lambda row: reverse("records:rules"),
        words={"record_type": names.type_name},
        group="rule",
        group_name=_("rule"),
        **{"labels": LABELS} | more,
    )
