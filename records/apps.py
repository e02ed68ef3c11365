"""Customers, opportunities, follow-ups and contracts; who may, the rules, the door."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The records of the CRM."""

    name = "records"

    def ready(self) -> None:
        """Tell the trail how records are shown."""
        from .displays import register

        register()
