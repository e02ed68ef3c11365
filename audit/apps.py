"""The trail: history rows, events, the triggers that keep them."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class AuditConfig(AppConfig):
    """Triggers are dropped before a migration and put back after it, from what the database then holds."""

    name = "audit"

    def ready(self) -> None:
        """Connect the triggers to the two signals that frame a migration."""
        from . import triggers

        pre_migrate.connect(triggers.before_migrate, sender=self)
        post_migrate.connect(triggers.after_migrate, sender=self)
