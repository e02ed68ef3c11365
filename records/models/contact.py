"""A person at a customer. Own table and history, so that one person's details can be purged."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.tracking import tracked

from .guard import Guarded


class Contact(Guarded):
    """Somebody to call. One of a customer's contacts may be the main one."""

    LOCKED = frozenset({"customer", "archived_at"})

    customer = models.ForeignKey("records.Customer", on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("position"), max_length=120, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    phone2 = models.CharField(_("second phone"), max_length=40, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True, default="")
    is_main = models.BooleanField(_("main contact"), default=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    history = tracked()

    class Meta(Guarded.Meta):
        verbose_name, verbose_name_plural = _("contact"), _("contacts")
        default_permissions = ()
        ordering = ("-is_main", "name", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_main=True, archived_at__isnull=True), name="contact_one_main"
            )
        ]
        indexes = [
            models.Index(fields=["phone"], condition=~Q(phone=""), name="contact_phone"),
            models.Index(fields=["email"], condition=~Q(email=""), name="contact_email"),
        ]

    def __str__(self) -> str:
        return self.name
