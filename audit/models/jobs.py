"""Long work that the worker does: asked for on a page, going on when the page is left."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import models


class Job(models.Model):
    """One piece of work. `facts` is what was asked, `result` what came of it, `said` the code of what it does now.

    A job whose `beat_at` stands still was left by a killed worker; another takes it up again, `attempts` times.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"

    kind = models.CharField(max_length=30)
    by_id = models.BigIntegerField(null=True)
    by_name = models.TextField(default="", db_default="")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    done = models.PositiveBigIntegerField(default=0, db_default=0)
    total = models.PositiveBigIntegerField(default=0, db_default=0)
    said = models.CharField(max_length=30, default="", db_default="")
    facts = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    stop_asked = models.BooleanField(default=False, db_default=False)
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["id"], name="job_due", condition=models.Q(state__in=("waiting", "running"))),
            models.Index(fields=["kind", "-id"], name="job_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_over(self) -> bool:
        """Whether it ended, well or not."""
        return self.state in (self.State.DONE, self.State.FAILED, self.State.STOPPED)

    def asker(self, permission: str) -> Any:
        """Who asked for it, read again; None for the system, and for somebody who lost that right meanwhile."""
        person: Any = get_user_model()._default_manager.filter(pk=self.by_id or 0).first()
        return person if person is not None and person.has_perm(permission) else None
