"""Customers, opportunities, follow-ups and contracts; who may, the rules, the door."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The records of the CRM."""

    name = "records"

    def ready(self) -> None:
        """Tell the trail how records are shown, that batches are never changed, and what else is verified."""
        from audit.jobs import work
        from audit.kept import keep

        from . import bulk_choosing, verifying
        from .displays import register
        from .entry_checks import due
        from .models import Batch
        from .services import bulk_work, import_work, undo_work

        register()
        work(undo_work.KIND, undo_work.work)
        work(bulk_work.KIND, bulk_choosing.work)
        work(import_work.KIND, import_work.work)
        work(import_work.TRIAL, import_work.try_it)
        keep(Batch, sealed=True)
        verifying.register()
        due.register()
