"""Customers, opportunities, follow-ups and contracts; who may, the rules, the door."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The records of the CRM."""

    name = "records"

    def ready(self) -> None:
        """Tell the trail how records are shown, and that batches are never changed."""
        from audit.kept import keep

        from .displays import register
        from .models import Batch

        register()
        keep(Batch, sealed=True)
