"""Things about "a record of any type": a request, a follow, a notice."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models


class AboutRecord(models.Model):
    """Names a record by its type ("followup") and id: plain values, so that the row blocks nothing."""

    record_type = models.CharField(max_length=20)
    record_id = models.BigIntegerField()

    class Meta:
        abstract = True

    @property
    def record_model(self) -> Any:
        """The model of the record."""
        return apps.get_model("records", self.record_type)
