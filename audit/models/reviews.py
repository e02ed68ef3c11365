"""Reviews: which changes of entry times wait for a reviewer, and what reviewers said. The queue is work, not truth."""

from django.db import models


class ReviewItem(models.Model):
    """A change of an entry time in the queue: how risky it looked and by which `flags` (codes, commas between).

    `kind` and `history_id` name the history row. Of a `batch` all rows are one item: those from `first_id` through
    `last_id`, `rows` in number, and the row named is the one that moved furthest. `state` is open, ok (signed off) or
    back (sent back).
    """

    kind = models.CharField(max_length=60)
    history_id = models.BigIntegerField()
    record_type = models.CharField(max_length=20)
    record_id = models.BigIntegerField()
    at = models.DateTimeField()  # when the change was made
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.TextField(default="", db_default="")
    batch = models.BigIntegerField(null=True)
    first_id = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)
    rows = models.PositiveIntegerField(default=1, db_default=1)
    risk = models.PositiveSmallIntegerField()
    flags = models.CharField(max_length=200, default="", db_default="")
    state = models.CharField(max_length=4, default="open", db_default="open")
    state_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "history_id"], name="reviewitem_once")]
        indexes = [
            models.Index(fields=["state", "-risk", "at", "id"], name="reviewitem_queue"),
            models.Index(fields=["state", "-state_at", "-id"], name="reviewitem_done"),
            models.Index(fields=["state", "actor_id", "-risk", "at", "id"], name="reviewitem_person"),
            models.Index(fields=["state", "at"], name="reviewitem_oldest"),
            models.Index(fields=["kind", "-at"], name="reviewitem_newest"),
            models.Index(fields=["kind", "batch"], name="reviewitem_batch", condition=models.Q(batch__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} {self.state}"


class Review(models.Model):
    """What a reviewer said of one change. `outcome` is ok or back. Append-only, and sealed."""

    kind = models.CharField(max_length=60)
    history_id = models.BigIntegerField()
    record_type = models.CharField(max_length=20)
    record_id = models.BigIntegerField()
    outcome = models.CharField(max_length=4)
    note = models.TextField()
    by_id = models.BigIntegerField()
    by_name = models.TextField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["kind", "history_id", "-id"], name="review_row"),
            models.Index(fields=["-at", "-id"], name="review_new"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.history_id} {self.outcome}"
