"""Customers, opportunities, follow-ups and contracts; who may, the rules, the door."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The records of the CRM."""

    name = "records"

    def ready(self) -> None:
        """Tell the trail how records are shown, that batches are never changed, and what else is verified."""
        from audit.kept import keep

        from . import verifying
        from .entry_checks import due
        from .displays import register
        from .models import Batch

        register()
        keep(Batch, sealed=True)
        verifying.register()
        due.register()
