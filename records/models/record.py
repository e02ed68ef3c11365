"""What every record has: a number, an owner, the two clocks and the original, a version."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from audit.fields import EntryTimeField, whole_seconds
from records.search import folded, wanted
from records.search_index import HoldsPieces

from .access import AccessWords
from .guard import Guarded, GuardedQuerySet

PAGES = {"customer": "customer", "opportunity": "opportunity", "followup": "follow_up", "contract": "contract"}


def has_outside_id(ids: Iterable[str]) -> Q:
    """Whether the id in another system is one of these. Its index holds no empty ones: the question must say so too."""
    return ~Q(external_id="") & Q(external_id__in=ids)


class RecordQuerySet(AccessWords, GuardedQuerySet):
    """Reads of records, in words."""

    def live(self) -> RecordQuerySet:
        """Records that are not archived."""
        return self.filter(archived_at__isnull=True)

    def time_changed(self) -> RecordQuerySet:
        """Records whose entry time is not the original one."""
        return self.exclude(entered_at=F("original_entered_at"))

    def matching(self, text: str) -> RecordQuerySet:
        """Records that hold the words typed; a whole number such as C-2026-0317 is that one record."""
        if re.fullmatch(r"[COFK]-\d{4}-\d{4,}", typed := folded(text).strip().upper(), re.ASCII):
            return self.filter(number=typed)
        pieces = wanted(text)
        return self.filter(HoldsPieces(F("search_text"), pieces)) if pieces else self.none()


class Record(Guarded):
    """A Customer, Opportunity, FollowUp or Contract. Subclasses show `entered_at` and `history` in plain sight."""

    LOCKED = frozenset(
        {
            "entered_at",
            "original_entered_at",
            "recorded_at",
            "number",
            "owner",
            "importance",
            "customer",
            "opportunity",
            "parent",
            "archived_at",
        }
    )

    number = models.CharField(_("number"), max_length=20, unique=True)
    external_source = models.CharField(max_length=60, default="", blank=True, db_default="")
    external_id = models.CharField(max_length=120, default="", blank=True, db_default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    original_entered_at = EntryTimeField(_("original entry time"))
    recorded_at = EntryTimeField(_("first recorded"))
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    search_text = models.TextField(default="", blank=True, db_default="")
    name_key = models.CharField(max_length=200, default="", blank=True, db_default="")

    objects = RecordQuerySet.as_manager()

    class Meta(Guarded.Meta):
        abstract = True
        default_permissions = ("view", "add", "change")
        constraints = [
            whole_seconds("entered_at", "%(class)s_entered_at"),
            whole_seconds("original_entered_at", "%(class)s_original"),
            whole_seconds("recorded_at", "%(class)s_recorded_at"),
            models.CheckConstraint(condition=~Q(number=""), name="%(class)s_number"),
            models.UniqueConstraint(
                fields=["external_id", "external_source"], condition=~Q(external_id=""), name="%(class)s_external"
            ),
        ]
        indexes = [
            models.Index(fields=["-entered_at", "-id"], name="%(class)s_entered"),
            models.Index(fields=["owner", "-entered_at", "-id"], name="%(class)s_owner"),
            models.Index(fields=["name_key", "id"], name="%(class)s_name"),
            models.Index(
                F("entered_at").desc(),
                F("id").desc(),
                name="%(class)s_changed",
                condition=~Q(entered_at=F("original_entered_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What people call the record."""
        raise NotImplementedError(type(self).__name__)

    @property
    def root_customer(self) -> Any:
        """The customer the record hangs on; the record itself for a customer; None for an ordinary opportunity."""
        return self.customer  # type: ignore[attr-defined]

    @property
    def is_key(self) -> bool:
        """Whether the record is, or hangs on, a customer marked important."""
        customer = self.root_customer
        return customer is not None and customer.importance == "key"

    @property
    def is_changed(self) -> bool:
        """The mark: the entry time is not the original one."""
        return self.entered_at != self.original_entered_at  # type: ignore[attr-defined]

    @property
    def singular(self) -> str:
        """The type with a capital: Follow-up."""
        return capfirst(self._meta.verbose_name)

    @property
    def plural(self) -> str:
        """The type, many: Follow-ups."""
        return capfirst(self._meta.verbose_name_plural)

    @classmethod
    def page(cls, name: str) -> str:
        """The URL name of a page of this type, for example `records:follow_up_list`."""
        return f"records:{PAGES[cls._meta.model_name]}_{name}"

    def get_absolute_url(self) -> str:
        """The page of the record."""
        return reverse(self.page("detail" if self._meta.model_name == "customer" else "update"), args=[self.pk])
