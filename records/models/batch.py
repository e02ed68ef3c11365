"""Batches and number counters."""

from django.conf import settings
from django.db import models


class Batch(models.Model):
    """Many changes made by one act: an import, a bulk change, an undo. Its id stands on every history row of it.

    Append-only: what an undo took back is told by the undo's batch, which names this one in `undoes`. `job` is the
    work of the worker that made it, once.
    """

    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    record_type = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    count = models.PositiveIntegerField()
    reason = models.CharField(max_length=40, default="", db_default="")
    undoes = models.BigIntegerField(null=True)
    job = models.BigIntegerField(null=True, unique=True)
    facts = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["undoes"], name="batch_undoes", condition=models.Q(undoes__isnull=False))]

    def __str__(self) -> str:
        return self.title


class Counter(models.Model):
    """The last number given of a type and year; raised inside the creating transaction, after all other locks."""

    key = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.key} {self.last}"
