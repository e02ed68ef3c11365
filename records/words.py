"""What the pages that create a record say, per type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Words:
    """Title, button, the message afterwards, and the sentence for those who may not."""

    title: Any
    save: Any
    saved: Any
    refused: Any


NEW = {
    "customer": Words(
        _("New customer"),
        _("Save customer"),
        _("Customer %(number)s saved."),
        _("Your role does not include entering customers."),
    ),
    "opportunity": Words(
        _("New opportunity"),
        _("Save opportunity"),
        _("Opportunity %(number)s saved."),
        _("Your role does not include entering opportunities."),
    ),
    "followup": Words(
        _("New follow-up"),
        _("Save follow-up"),
        _("Follow-up %(number)s saved."),
        _("Your role does not include entering follow-ups."),
    ),
    "contract": Words(
        _("New contract"),
        _("Save contract"),
        _("Contract %(number)s saved."),
        _("Your role does not include entering contracts."),
    ),
}
