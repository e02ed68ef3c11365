"""Changing many at once: what was asked, and for every row what was previewed and what came of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from audit.fields import EntryTimeField


class BulkChange(models.Model):
    """One wish for many records of a type. What was previewed is what is applied.

    `kind` is entry_time, owner or archive; `spec` says what exactly ({"how": "shift", "minutes": -1440, …}), `asked`
    is the query of the list it came from. `on_moved` says what happens where rows changed since the preview:
    "leave_out" those, or "refuse" all.
    """

    class State(models.TextChoices):
        PREVIEW = "preview"
        TRIAL = "trial"
        DONE = "done"
        DROPPED = "dropped"

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    record_type = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)
    spec = models.JSONField(default=dict)
    asked = models.TextField(default="", db_default="")
    reason = models.CharField(max_length=40, default="", db_default="")
    note = models.TextField(default="", db_default="")
    on_moved = models.CharField(max_length=10, default="leave_out")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PREVIEW)
    job = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["by", "-id"], name="bulkchange_by")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_type} {self.state}"


class BulkRow(models.Model):
    """One record of a bulk change: as it was seen, what it gets, what the rules say, what came of it.

    `verdict` is ok, ask (needs an approval or a request), no, same (nothing to change) or none (no such date);
    `codes` the rules' codes, `warnings` those of warnings. `outcome` is "" until applied, then done, moved (changed
    since the preview), no or asked; `batch` what applied it.
    """

    bulk = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="rows")
    record_id = models.BigIntegerField()
    seen_version = models.PositiveIntegerField()
    before = EntryTimeField(null=True)
    after = EntryTimeField(null=True)
    verdict = models.CharField(max_length=4)
    codes = models.CharField(max_length=200, default="", db_default="")
    warnings = models.CharField(max_length=200, default="", db_default="")
    outcome = models.CharField(max_length=6, default="", db_default="")
    batch = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["bulk", "record_id"], name="bulkrow_once")]
        indexes = [models.Index(fields=["bulk", "verdict", "id"], name="bulkrow_verdict")]

    def __str__(self) -> str:
        return f"{self.bulk_id} {self.record_id} {self.verdict}"
