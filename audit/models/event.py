"""Events: what happened that is no change of a tracked row (refusals, sign-ins, people and roles, exports)."""

from django.db import models


class Event(models.Model):
    """One thing that happened. Append-only by trigger, like every history table; ids are plain numbers."""

    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.TextField(default="", db_default="")
    channel = models.CharField(max_length=10)
    record_type = models.CharField(max_length=40, default="", db_default="")
    record_id = models.BigIntegerField(null=True)
    what = models.JSONField(default=dict)
    remote_addr = models.GenericIPAddressField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["-at", "-id"], name="event_at"),
            models.Index(fields=["record_type", "record_id", "-id"], name="event_record"),
            models.Index(fields=["actor_id", "-id"], name="event_actor"),
        ]
        constraints = [models.CheckConstraint(condition=~models.Q(channel=""), name="event_channel")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
