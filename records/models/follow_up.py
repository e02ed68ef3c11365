"""Something said or done with a customer, and what comes next."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.fields import EntryTimeField
from audit.tracking import UNTRACKED, tracked

from .record import Record


class FollowUp(Record):
    """A call, visit, message or mail."""

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        VISIT = "visit", _("Visit")
        WECHAT = "wechat", _("WeChat")
        MAIL = "mail", pgettext_lazy("follow-up", "E-mail")
        OTHER = "other", _("Other")

    customer = models.ForeignKey(
        "records.Customer", on_delete=models.PROTECT, related_name="follow_ups", verbose_name=_("customer")
    )
    opportunity = models.ForeignKey(
        "records.Opportunity",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="follow_ups",
        verbose_name=_("opportunity"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.CALL)
    summary = models.CharField(_("summary"), max_length=200)
    content = models.TextField(_("content"), blank=True, default="")
    outcome = models.CharField(_("outcome"), max_length=200, blank=True, default="")
    next_step = models.CharField(_("next step"), max_length=200, blank=True, default="")
    next_step_on = models.DateField(_("next step on"), null=True, blank=True)
    done = models.BooleanField(_("done"), default=False)

    entered_at = EntryTimeField(_("entry time"))
    history = tracked(excluded_fields=UNTRACKED)

    class Meta(Record.Meta):
        verbose_name, verbose_name_plural = _("follow-up"), _("follow-ups")
        permissions = [
            ("change_followup_entry_time", "Change the entry time of follow-ups"),
            ("assign_followup", "Change the owner and the customer of follow-ups"),
            ("backfill_followup", "Enter follow-ups with a time before the window"),
        ]
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["customer", "-entered_at", "-id"], name="followup_customer"),
            models.Index(fields=["opportunity", "-entered_at", "-id"], name="followup_opportunity"),
            models.Index(fields=["kind", "-entered_at", "-id"], name="followup_kind"),
            models.Index(
                fields=["owner", "next_step_on", "id"],
                name="followup_due",
                condition=models.Q(done=False, next_step_on__isnull=False),
            ),
        ]

    @property
    def title(self) -> str:
        """The summary."""
        return self.summary
