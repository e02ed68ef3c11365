"""Time requests: somebody without the right, or beyond the window, asks; somebody else who may decides."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.fields import EntryTimeField, whole_seconds
from audit.tracking import tracked

from .about import AboutRecord
from .guard import Guarded, GuardedQuerySet
from .rules import TYPES


def waits(at: dt.datetime) -> Q:
    """What holds of a request that can be answered at the moment `at`."""
    return Q(state="open", expires_at__gt=at)


class RequestQuerySet(GuardedQuerySet):
    """Reads of requests."""

    def open(self) -> RequestQuerySet:
        """Requests that nobody has answered or ended; some may have expired since."""
        return self.filter(state="open")

    def waiting(self, at: dt.datetime) -> RequestQuerySet:
        """Those that can be answered at the moment `at`."""
        return self.filter(waits(at))


class TimeRequest(AboutRecord, Guarded):
    """One wish: this record, seen at that version with `before`, shall count as entered at `wanted`."""

    class State(models.TextChoices):
        OPEN = "open", _("Waiting")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")
        OVERTAKEN = "overtaken", _("Overtaken")

    LOCKED = frozenset(
        {
            "record_type",
            "record_id",
            "seen_version",
            "before",
            "wanted",
            "why_code",
            "words",
            "link",
            "rules",
            "asked_by",
            "asked_at",
            "expires_at",
            "state",
            "answered_by",
            "answered_at",
            "answer",
            "change_id",
            "bulk",
        }
    )

    seen_version = models.PositiveIntegerField()
    before = EntryTimeField()
    wanted = EntryTimeField()
    why_code = models.CharField(max_length=40)
    words = models.TextField(blank=True, default="")
    link = models.URLField(max_length=500, blank=True, default="")
    rules = models.CharField(max_length=200, blank=True, default="")  # codes of what sent it here
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, default="")
    change_id = models.BigIntegerField(null=True, blank=True)  # the history row an approval made
    bulk = models.BigIntegerField(null=True, blank=True)  # the bulk change whose rows were asked for as one

    objects = RequestQuerySet.as_manager()
    history = tracked()

    class Meta(Guarded.Meta):
        default_permissions = ()
        indexes = [
            models.Index(fields=["state", "-asked_at", "-id"], name="timerequest_state"),
            models.Index(fields=["asked_by", "-asked_at", "-id"], name="timerequest_asked_by"),
            models.Index(fields=["record_type", "record_id", "-id"], name="timerequest_record"),
            models.Index(fields=["expires_at"], name="timerequest_expires", condition=Q(state="open")),
            models.Index(fields=["bulk", "id"], name="timerequest_bulk", condition=Q(bulk__isnull=False)),
        ]
        constraints = [
            whole_seconds("before", "timerequest_before"),
            whole_seconds("wanted", "timerequest_wanted"),
            models.CheckConstraint(condition=Q(record_type__in=TYPES), name="timerequest_known_type"),
            models.CheckConstraint(condition=~Q(why_code=""), name="timerequest_why"),
            models.UniqueConstraint(
                fields=["record_type", "record_id", "asked_by"],
                condition=Q(state="open"),
                name="timerequest_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} {self.state}"


class ProofFile(models.Model):
    """A file that proves a request; kept in the database, so that a backup holds it and no folder is public.

    An event of the kind EVENT keeps its `fingerprint` when it comes in, and is sealed: `verify` compares.
    """

    EVENT = "proof_kept"

    request = models.OneToOneField(TimeRequest, on_delete=models.PROTECT, related_name="proof_file")
    name = models.CharField(max_length=200)
    data = models.BinaryField()
    size = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(size__lte=2_000_000), name="prooffile_size")]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def fingerprint(name: str, data: bytes) -> dict[str, str]:
        """Hashes of what it holds and of its name, which may be somebody's and so stands in no event."""
        return {"sha256": sha256(data).hexdigest(), "name_sha256": sha256(name.encode()).hexdigest()}
