"""The site: people, pages around the records, settings."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CrmConfig(AppConfig):
    """Roles and rule presets are filled after migrate, once permissions exist."""

    name = "crm"

    def ready(self) -> None:
        """Connect the presets and the system checks."""
        from . import checks, displays, presets, verifying  # noqa: F401 checks register themselves
        from .backups import working

        displays.register()
        verifying.register()
        working.register()

        post_migrate.connect(presets.fill, sender=self)
