"""Customers, opportunities, follow-ups and contracts; who may, the rules, the door."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The records of the CRM."""

    name = "records"
