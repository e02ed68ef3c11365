"""The trail: history rows, events, the triggers that keep them."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class AuditConfig(AppConfig):
    """Triggers are dropped before a migration and put back after it, from what the database then holds."""

    name = "audit"

    def ready(self) -> None:
        """Name the append-only tables and the long work; connect the triggers to the signals around a migration."""
        from . import evidence, exporting, jobs, triggers
        from .findings import events
        from .kept import keep
        from .models import Event, Review, Seal, SealLeaf
        from .verify import due

        for model in (Event, Review):
            keep(model, sealed=True)
        for model in (Seal, SealLeaf):
            keep(model, sealed=False)

        jobs.work(due.KIND, due.work)
        events.register()
        exporting.register()
        evidence.register()
        pre_migrate.connect(triggers.before_migrate, sender=self)
        post_migrate.connect(triggers.after_migrate, sender=self)
