"""The guard: no way into a guarded row but the services. Guard and version are the only code in `save()`."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import connections, models

from ._entry_time_key import is_open

FREE = frozenset({"search_text", "name_key"})  # derived, kept out of history


class NotThroughTheDoor(RuntimeError):
    """Somebody tried to write a guarded row past the services."""


class StaleRow(Exception):
    """The row was changed by somebody else between reading and writing it."""


def refuse(what: str) -> NoReturn:
    """Raise NotThroughTheDoor for `what`."""
    raise NotThroughTheDoor(f"{what}: guarded rows change only through records.services")


class GuardedQuerySet(models.QuerySet):
    """A queryset whose writes are refused, but for derived columns."""

    def update(self, **values: Any) -> int:
        """Only `search_text` and `name_key` may be updated so."""
        if not set(values) <= FREE:
            refuse("update()")
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> NoReturn:
        """Refused."""
        refuse("delete()")

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _raw_delete(self, using: str) -> NoReturn:
        refuse("_raw_delete()")

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        refuse("bulk_create()")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        refuse("bulk_update()")

    def update_or_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        refuse("update_or_create()")

    async def aupdate_or_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        refuse("aupdate_or_create()")


class Guarded(models.Model):
    """A row with a version that only the services write. `LOCKED` names the fields that need the key."""

    LOCKED: frozenset[str] = frozenset()

    version = models.PositiveIntegerField(default=1, db_default=0)

    objects = GuardedQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        """Save the named fields and the next version. Raises NotThroughTheDoor, or StaleRow where the row moved on."""
        if self._state.adding:
            if not is_open():
                refuse("insert")
            super().save(update_fields=update_fields, **kwargs)
            return
        self._guard(update_fields)
        self.version += 1
        try:
            super().save(update_fields={*update_fields, "version"}, **kwargs)
        except BaseException:
            self.version -= 1
            raise

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Refused without the key; only grants and exceptions are ever deleted, and leave a '-' row."""
        if not is_open():
            refuse("delete()")
        return super().delete(*args, **kwargs)

    def _guard(self, names: Any) -> None:
        if not names:
            refuse("save() without update_fields")
        if not is_open() and self.LOCKED & {self._meta.get_field(n).name for n in names}:
            refuse(f"save({sorted(names)})")

    # Django's private halves of a save: loaddata and related `.add()` come this way. Pinned by tests.

    def _do_update(self, base_qs: Any, using: Any, pk_val: Any, values: Any, *rest: Any) -> bool:
        if self._state.adding or not connections[using].in_atomic_block:
            refuse("raw save, or a save outside a transaction")
        self._guard([field.name for field, _, _ in values])
        if not super()._do_update(base_qs.filter(version=self.version - 1), using, pk_val, values, *rest):
            raise StaleRow(self)
        return True

    def _do_insert(self, manager: Any, using: Any, *rest: Any) -> Any:
        if not is_open() or not connections[using].in_atomic_block:
            refuse("insert")
        return super()._do_insert(manager, using, *rest)
