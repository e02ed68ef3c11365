"""Rows that others name, each with the column of its name."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.text import capfirst
from django.utils.translation import get_language

from records.models import RECORDS

Known = tuple[QuerySet, str]


def people() -> Known:
    """Everybody, by the name they are shown with."""
    shown = Coalesce(NullIf(F("display_name"), Value("")), F("username"))
    return get_user_model()._default_manager.annotate(shown_name=shown), "shown_name"


def holders() -> Known:
    """Groups, by the name of their role in the reader's language, or of their team."""
    shown = Coalesce(F(f"role__{_name()}"), F("team__name"), F("name"))
    return Group.objects.annotate(shown_name=shown), "shown_name"


def roles() -> Known:
    """Roles, in the reader's language."""
    return apps.get_model("crm", "Role")._default_manager.all(), _name()


def permissions() -> Known:
    """Permissions, by their codename."""
    return Permission.objects.all(), "codename"


def _name() -> str:
    return "name_zh" if (get_language() or "").startswith("zh") else "name_en"


def type_name(name: str) -> str:
    """A record type, many: Follow-ups."""
    model: Any = RECORDS.get(name)
    return capfirst(str(model._meta.verbose_name_plural)) if model else name


def in_language(english: str, chinese: str) -> str:
    """The one of two names that the reader speaks."""
    return chinese if _name() == "name_zh" else english
