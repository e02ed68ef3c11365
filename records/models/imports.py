"""Files on their way in: what was uploaded, what was said about it, and mappings that are kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .batch import Batch


class Import(models.Model):
    """An uploaded file and all that was said about it. `job` is the worker's, `batch` what it made.

    `settings` holds what each column is and how values are read, `fixes` texts typed instead of a cell's
    ({line: {column: text}}), `left_out` lines to skip, `counts` and `outcome` (a CSV) what came of the rows.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    record_type = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    settings = models.JSONField(default=dict)
    fixes = models.JSONField(default=dict)
    left_out = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    job = models.BigIntegerField(null=True)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+")
    counts = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["by", "-id"], name="import_by")]
        constraints = [models.CheckConstraint(condition=Q(size__lte=20_000_000), name="import_size")]

    def __str__(self) -> str:
        return self.name


class ImportFile(models.Model):
    """Bytes of an import, kept in the database so that a backup holds them: the upload (`file`) or its `outcome`."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="files")
    what = models.CharField(max_length=10)
    data = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["of", "what"], name="importfile_once")]

    def __str__(self) -> str:
        return f"{self.of_id} {self.what}"


class Mapping(models.Model):
    """What the columns of a kind of file are, kept under a name for the next one; `shared` with who may import."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    record_type = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    shared = models.BooleanField(default=False)
    settings = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["by", "record_type", "name"], name="mapping_name")]

    def __str__(self) -> str:
        return self.name
