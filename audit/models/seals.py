"""Seals: the rows of the trail as leaves of trees, each tree's root chained to the one before it. Append-only."""

from django.db import models


class Seal(models.Model):
    """One tree over rows that no seal held before. `head` is chained to `previous` and signed: `mac`, by `key_name`.

    Hashes are lower-case hexadecimal SHA-256. `columns` lists, per kind of row, the columns its leaves were made of.
    """

    number = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    previous = models.CharField(max_length=64, default="", db_default="")
    root = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    columns = models.JSONField()
    head = models.CharField(max_length=64, unique=True)
    mac = models.CharField(max_length=64)
    key_name = models.CharField(max_length=16)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.number}"


class SealLeaf(models.Model):
    """A row of the trail in a seal: `kind` is the label of its model, `position` its place in the tree, from 0."""

    seal = models.PositiveBigIntegerField()  # the seal's number
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=60)
    row_id = models.BigIntegerField()
    leaf = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kind", "row_id"], name="sealleaf_row"),
            models.UniqueConstraint(fields=["seal", "position"], name="sealleaf_place"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id} in #{self.seal}"
