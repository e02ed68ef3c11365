"""Who follows what, who is told besides, and the notices themselves: written with the change, sent by the worker."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.fields import EntryTimeField

from .about import AboutRecord
from .rules import TYPES


class Follow(AboutRecord):
    """A person wants to be told of a record's entry time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["record_type", "record_id", "user"], name="follow_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.record_type} {self.record_id}"


class NoticeRule(models.Model):
    """A person, or a role or team, is told of every change of a type ("finance for contracts")."""

    record_type = models.CharField(max_length=20)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    group = models.ForeignKey("auth.Group", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["record_type", "user", "group"], name="noticerule_once"),
            models.CheckConstraint(condition=Q(record_type__in=TYPES), name="noticerule_known_type"),
            models.CheckConstraint(
                condition=Q(user__isnull=True, group__isnull=False) | Q(user__isnull=False, group__isnull=True),
                name="noticerule_one_holder",
            ),
        ]

    def __str__(self) -> str:
        return self.record_type


class Notice(AboutRecord):
    """One thing told to one person.

    Its mail is due, then claimed by a worker (`claimed_at`, and `mail`: the id of the first notice in that mail), then
    sent (`mailed_at`). A claim that came to nothing is taken up again as the same mail: docs/decisions/0008.
    """

    class Kind(models.TextChoices):
        CHANGED = "changed"
        ASKED = "asked"
        APPROVED = "approved"
        REJECTED = "rejected"
        EXPIRED = "expired"
        OVERTAKEN = "overtaken"
        GRANTED = "granted"
        REVOKED = "revoked"
        SENT_BACK = "sent_back"
        REVIEW_DUE = "review_due"
        EXCEPTED = "excepted"
        UNEXCEPTED = "unexcepted"
        EXCEPT_ENDS = "except_ends"
        CLOSED = "closed"
        CLOSED_HARD = "closed_hard"
        REOPENED = "reopened"

    record_id = models.BigIntegerField(null=True)  # none: it is about all records of the type
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    actor_name = models.TextField(default="")
    title = models.TextField(default="")  # of the record, as it then was; of a period its last closed day
    before = EntryTimeField(null=True)
    after = EntryTimeField(null=True)  # of a grant or an exception: its end
    reason = models.CharField(max_length=40, default="")
    words = models.TextField(default="")
    request = models.ForeignKey(
        "records.TimeRequest", null=True, blank=True, on_delete=models.PROTECT, related_name="notices"
    )
    read_at = models.DateTimeField(null=True)
    mail_due = models.BooleanField(default=False)
    mail = models.BigIntegerField(null=True)
    claimed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notice_user"),
            models.Index(fields=["user"], name="notice_unread", condition=Q(read_at__isnull=True)),
            models.Index(fields=["user", "id"], name="notice_due", condition=Q(mail_due=True, mailed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.user_id}"
