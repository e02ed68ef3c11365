"""People: users, roles and teams. Nobody is ever deleted; every change here is an event (crm/people/services)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser, Group, UserManager, _user_has_module_perms, _user_has_perm
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class GroupName(models.Model):
    """A role or a team owns one auth group, so that permissions and grants can be given to it."""

    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="%(class)s")

    class Meta:
        abstract = True


class Role(GroupName):
    """What a person is in the company. Found by its key; renamable in both languages."""

    key = models.SlugField(unique=True)
    name_en = models.CharField(_("name in English"), max_length=60)
    name_zh = models.CharField(_("name in Chinese"), max_length=60)
    order = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ("order", "key")
        default_permissions = ()
        permissions = [("manage_people", "Add people, give roles and teams, deactivate")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


class Team(GroupName):
    """People who work together; its manager leads it."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    manager = models.ForeignKey("crm.User", null=True, blank=True, on_delete=models.PROTECT, related_name="leads")

    class Meta:
        ordering = ("name",)
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class People(UserManager):
    """`createsuperuser` makes an administrator, bound by every rule like anybody else."""

    def create_superuser(  # type: ignore[override]
        self, username: str, email: str | None = None, password: str | None = None, *, display_name: str = ""
    ) -> User:
        """Add an administrator, with the events. Raises ValidationError where that is refused.

        Django's two flags stay off: nothing here asks them, and they would outlive the role.
        """
        from records.refusals import Refused

        from .people.services import add_administrator

        try:
            return add_administrator(username=username, display_name=display_name, email=email or "", password=password)
        except Refused as no:
            raise ValidationError(no.messages()) from no


class User(AbstractUser):
    """A person who may sign in. No superuser shortcut: every answer comes from records.access.Backend."""

    display_name = models.CharField(_("display name"), max_length=80, blank=True, default="")
    email = models.EmailField(_("e-mail"), max_length=254)
    zone = models.CharField(_("time zone"), max_length=64, blank=True, default="", db_default="")
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    mail = models.CharField(
        _("notices by e-mail"),
        max_length=5,
        choices=[("each", _("Each by e-mail")), ("daily", _("Once a day")), ("none", _("Only here"))],
        default="daily",
        db_default="daily",
    )
    theme = models.CharField(_("theme"), max_length=6, blank=True, default="", db_default="")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="people")

    objects = People()

    class Meta:
        default_permissions = ()
        ordering = ("display_name", "username")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_ci")]

    def __str__(self) -> str:
        return self.display_name or self.username

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask the backends; Django's own answers True to a superuser before any backend is asked."""
        return self.is_active and _user_has_perm(self, perm, obj)

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        """All of them, asked one by one."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the person holds any permission of that app."""
        return self.is_active and _user_has_module_perms(self, app_label)
