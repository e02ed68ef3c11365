"""After every migrate, when permissions are there: roles, rules that never existed, the search index."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from records import search_index
from records.models.access import forget_permission_ids
from records.permissions import ROLE_NAMES, codenames
from records.services.rules import fill_presets

from .models import Role


def fill(sender: Any, using: str, apps: Any = None, **kwargs: Any) -> None:
    """Connected to post_migrate of this app. Does nothing while a table is missing (a partial migration)."""
    forget_permission_ids()
    if apps is not None and not _complete(apps):
        return
    search_index.ensure(using)
    create_permissions(sender, verbosity=0, using=using)  # auth's own receiver comes after this one
    with transaction.atomic(using=using):
        fill_presets(roles={key: _role(order, key) for order, key in enumerate(ROLE_NAMES)})


def _complete(apps: Any) -> bool:
    try:
        return bool(apps.get_model("records", "Window") and apps.get_model("crm", "Role"))
    except LookupError:
        return False


def _role(order: int, key: str) -> Role:
    role = Role.objects.filter(key=key).select_related("group").first()
    if role is None:
        english, chinese = ROLE_NAMES[key]
        group, _ = Group.objects.get_or_create(name=f"role:{key}")
        role = Role.objects.create(key=key, name_en=english, name_zh=chinese, group=group, order=order)
    wanted = Permission.objects.filter(content_type__app_label__in=("records", "crm"), codename__in=codenames(key))
    role.group.permissions.set(wanted)
    return role
