"""A chance to sell."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.fields import EntryTimeField
from audit.tracking import UNTRACKED, tracked

from .record import Record

CURRENCIES = [(code, code) for code in ("CNY", "EUR", "USD", "SGD", "GBP", "HKD", "JPY")]


def amount_key() -> Func:
    """What amounts sort by: an empty one comes below all others, on both databases alike.

    Not a DecimalField, for which Django writes a CAST of its own on SQLite: twice in an index, once in a query.
    """
    field: Any = models.FloatField()
    return Func(F("amount"), template="CAST(COALESCE(%(expressions)s, -1) AS NUMERIC)", output_field=field)


class Opportunity(Record):
    """An opportunity; without a customer it is an ordinary record."""

    class Stage(models.TextChoices):
        LEAD = "lead", _("Lead")
        QUALIFIED = "qualified", _("Qualified")
        PROPOSAL = "proposal", _("Proposal")
        NEGOTIATION = "negotiation", _("Negotiation")
        WON = "won", _("Won")
        LOST = "lost", pgettext_lazy("opportunity", "Lost")

    customer = models.ForeignKey(
        "records.Customer",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="opportunities",
        verbose_name=_("customer"),
    )
    name = models.CharField(_("name"), max_length=200)
    stage = models.CharField(_("stage"), max_length=20, choices=Stage.choices, default=Stage.LEAD)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="CNY")
    probability = models.PositiveSmallIntegerField(
        _("probability"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    expected_close_on = models.DateField(_("expected close"), null=True, blank=True)
    competitor = models.CharField(_("competitor"), max_length=200, blank=True, default="")
    note = models.TextField(_("note"), blank=True, default="")

    entered_at = EntryTimeField(_("entry time"))
    history = tracked(excluded_fields=UNTRACKED)

    class Meta(Record.Meta):
        verbose_name, verbose_name_plural = _("opportunity"), _("opportunities")
        permissions = [
            ("change_opportunity_entry_time", "Change the entry time of opportunities"),
            ("assign_opportunity", "Change the owner and the customer of opportunities"),
            ("backfill_opportunity", "Enter opportunities with a time before the window"),
        ]
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["customer", "-entered_at", "-id"], name="opportunity_customer"),
            models.Index(fields=["stage", "-entered_at", "-id"], name="opportunity_stage"),
            models.Index(amount_key(), F("id"), name="opportunity_amount_key"),
        ]
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__lte=100), name="opportunity_probability_percent"
            ),
        ]

    @property
    def title(self) -> str:
        """The name."""
        return self.name
