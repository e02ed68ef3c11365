"""A company or person we sell to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.fields import EntryTimeField
from audit.tracking import UNTRACKED, tracked

from .record import Record


class Customer(Record):
    """A customer; `importance` "key" makes it, and all that hangs on it, a key record."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        PUBLIC = "public", _("Public body")
        PERSON = "person", _("Person")

    class Industry(models.TextChoices):
        SOFTWARE = "software", _("Software and services")
        MANUFACTURING = "manufacturing", _("Manufacturing")
        TRADE = "trade", _("Trade")
        LOGISTICS = "logistics", _("Logistics")
        HEALTH = "health", _("Health")
        FINANCE = "finance", _("Finance")
        EDUCATION = "education", _("Education")
        OTHER = "other", _("Other")

    class Source(models.TextChoices):
        FAIR = "fair", _("Trade fair")
        REFERRAL = "referral", _("Referral")
        WEBSITE = "website", _("Website")
        CALL = "call", _("Cold call")
        PARTNER = "partner", _("Partner")
        OTHER = "other", _("Other")

    class Status(models.TextChoices):
        LEAD = "lead", _("Lead")
        ACTIVE = "active", _("Active")
        DORMANT = "dormant", _("Dormant")
        LOST = "lost", _("Lost")

    class Importance(models.TextChoices):
        ORDINARY = "ordinary", _("Ordinary")
        KEY = "key", _("Key")

    name = models.CharField(_("name"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=80, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.COMPANY)
    industry = models.CharField(_("industry"), max_length=20, choices=Industry.choices, blank=True, default="")
    source = models.CharField(_("source"), max_length=20, choices=Source.choices, blank=True, default="")
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.LEAD)
    importance = models.CharField(
        _("importance"),
        max_length=10,
        choices=Importance.choices,
        default=Importance.ORDINARY,
        db_default=Importance.ORDINARY,
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="subsidiaries", verbose_name=_("part of")
    )
    website = models.URLField(_("website"), blank=True, default="", db_default="")
    address = models.CharField(_("address"), max_length=300, blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")

    entered_at = EntryTimeField(_("entry time"))
    history = tracked(excluded_fields=UNTRACKED)

    class Meta(Record.Meta):
        verbose_name, verbose_name_plural = _("customer"), _("customers")
        permissions = [
            ("change_customer_entry_time", "Change the entry time of customers"),
            ("assign_customer", "Change the owner of customers"),
            ("backfill_customer", "Enter customers with a time before the window"),
            ("classify_customer", "Mark customers as key"),
        ]
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["importance", "-entered_at", "-id"], name="customer_importance"),
            models.Index(fields=["status", "-entered_at", "-id"], name="customer_status"),
        ]
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(condition=Q(importance__in=["ordinary", "key"]), name="customer_importance_known"),
        ]

    @property
    def title(self) -> str:
        """The name."""
        return self.name

    @property
    def root_customer(self) -> Customer:
        """Itself."""
        return self
