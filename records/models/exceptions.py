"""Exceptions: who may enter a closed period of a type, until when and why. They end by themselves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.tracking import tracked

from .guard import Guarded, GuardedQuerySet
from .rules import TYPES


class ExceptionQuerySet(GuardedQuerySet):
    """Reads of exceptions."""

    def in_force(self, at: Any) -> ExceptionQuerySet:
        """Exceptions that have not ended at the aware moment `at`."""
        return self.filter(until__gt=at)


class PeriodException(Guarded):
    """One person, or the group of a role or team. Revoking deletes the row and leaves a '-' in its history."""

    LOCKED = frozenset({"user", "group", "record_type", "until", "why", "granted_by", "granted_at"})

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    group = models.ForeignKey("auth.Group", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    record_type = models.CharField(max_length=20)
    until = models.DateTimeField()
    why = models.TextField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()

    objects = ExceptionQuerySet.as_manager()
    history = tracked()

    class Meta(Guarded.Meta):
        default_permissions = ()
        indexes = [models.Index(fields=["record_type", "until"], name="periodexception_type")]
        constraints = [
            models.CheckConstraint(condition=Q(record_type__in=TYPES), name="periodexception_known_type"),
            models.CheckConstraint(condition=~Q(why=""), name="periodexception_why"),
            models.CheckConstraint(
                condition=Q(user__isnull=True, group__isnull=False) | Q(user__isnull=False, group__isnull=True),
                name="periodexception_one_holder",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.until:%Y-%m-%d}"
