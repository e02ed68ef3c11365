"""What was agreed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.fields import EntryTimeField
from audit.tracking import UNTRACKED, tracked

from .opportunity import CURRENCIES, amount_key
from .record import Record


class Contract(Record):
    """A contract with a customer."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SIGNED = "signed", _("Signed")
        RUNNING = "running", _("Running")
        ENDED = "ended", _("Ended")
        CANCELLED = "cancelled", _("Cancelled")

    customer = models.ForeignKey(
        "records.Customer", on_delete=models.PROTECT, related_name="contracts", verbose_name=_("customer")
    )
    opportunity = models.ForeignKey(
        "records.Opportunity",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="contracts",
        verbose_name=_("opportunity"),
    )
    name = models.CharField(_("title"), max_length=200)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="CNY")
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.DRAFT)
    note = models.TextField(_("note"), blank=True, default="")

    entered_at = EntryTimeField(_("entry time"))
    history = tracked(excluded_fields=UNTRACKED)

    class Meta(Record.Meta):
        verbose_name, verbose_name_plural = _("contract"), _("contracts")
        permissions = [
            ("change_contract_entry_time", "Change the entry time of contracts"),
            ("assign_contract", "Change the owner and the customer of contracts"),
            ("backfill_contract", "Enter contracts with a time before the window"),
        ]
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["customer", "-entered_at", "-id"], name="contract_customer"),
            models.Index(fields=["opportunity", "-entered_at", "-id"], name="contract_opportunity"),
            models.Index(fields=["status", "-entered_at", "-id"], name="contract_status"),
            models.Index(amount_key(), F("id"), name="contract_amount_key"),
        ]
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="contract_ends_after_start",
            ),
        ]

    def clean(self) -> None:
        """A contract ends no earlier than it starts. Raises ValidationError at `ends_on`."""
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError(
                {"ends_on": _("Ends before it starts. Choose %(day)s or later.") % {"day": self.starts_on}}
            )

    @property
    def title(self) -> str:
        """The title."""
        return self.name
