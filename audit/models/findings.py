"""What checks found: runs of `verify` and of the periodic review, and each thing that somebody must look at."""

from django.db import models


class Verification(models.Model):
    """One run of a check. `source` is verify or times; `result` is ok, findings or failed, empty while it runs."""

    source = models.CharField(max_length=10)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    by_id = models.BigIntegerField(null=True)
    by_name = models.TextField(default="", db_default="")
    result = models.CharField(max_length=10, default="", db_default="")
    rows = models.PositiveBigIntegerField(default=0, db_default=0)
    seals = models.PositiveBigIntegerField(default=0, db_default=0)
    findings = models.PositiveIntegerField(default=0, db_default=0)
    facts = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["source", "-id"], name="verification_source")]

    def __str__(self) -> str:
        return f"{self.source} {self.at:%Y-%m-%d %H:%M} {self.result}"


class Finding(models.Model):
    """One thing found, known again by its `key`. `gone_at` is set once a run no longer finds it.

    `kind` is the label of the model whose row `row_id` is meant; `record_type` and `record_id` where it is about a
    record; `facts` what its sentence needs.
    """

    source = models.CharField(max_length=10)
    code = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=60, default="", db_default="")
    row_id = models.BigIntegerField(null=True)
    record_type = models.CharField(max_length=20, default="", db_default="")
    record_id = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    explained_at = models.DateTimeField(null=True)
    explained_by_id = models.BigIntegerField(null=True)
    explained_by_name = models.TextField(default="", db_default="")
    explanation = models.TextField(default="", db_default="")

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["-id"], name="finding_new"),
            models.Index(
                fields=["-id"],
                name="finding_open",
                condition=models.Q(gone_at__isnull=True, explained_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.kind} {self.row_id}"
