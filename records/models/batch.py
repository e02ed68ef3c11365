"""Batches and number counters."""

from django.conf import settings
from django.db import models


class Batch(models.Model):
    """Many changes made by one act: an import, a bulk change, an undo. Its id stands on every history row of it."""

    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    record_type = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    count = models.PositiveIntegerField()
    facts = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

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
