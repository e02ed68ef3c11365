"""Our history: django-simple-history with the trail's columns, its rows copied from what was stored."""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from .acts import current
from .fields import Distance, EntryTimeField

UNTRACKED = ("search_text", "name_key")  # derived for search and sorting; may change without a history row


class TrailColumns(models.Model):
    """What every history row tells besides the row itself. Ids are plain numbers: rows outlive records and people."""

    previous_entered_at = EntryTimeField(null=True)
    typed = models.TextField(default="", db_default="")
    typed_zone = models.TextField(default="", db_default="")
    reason = models.CharField(max_length=40, default="", db_default="")
    channel = models.CharField(max_length=10)
    batch = models.BigIntegerField(null=True)
    undoes = models.BigIntegerField(null=True)
    actor_name = models.TextField(default="", db_default="")
    actor_role = models.TextField(default="", db_default="")
    requester_id = models.BigIntegerField(null=True)
    requester_name = models.TextField(default="", db_default="")
    approver_id = models.BigIntegerField(null=True)
    approver_name = models.TextField(default="", db_default="")
    time_request_id = models.BigIntegerField(null=True)
    proof = models.TextField(default="", db_default="")
    allowed_by_kind = models.CharField(max_length=10, default="", db_default="")
    allowed_by_id = models.BigIntegerField(null=True)
    exception_id = models.BigIntegerField(null=True)
    acknowledged = models.TextField(default="", db_default="")
    remote_addr = models.GenericIPAddressField(null=True)
    db_user = models.TextField(default="", db_default="")
    brought_in_at = models.DateTimeField(null=True)
    brought_in_by = models.TextField(default="", db_default="")

    class Meta:
        abstract = True


class Tracked(HistoricalRecords):
    """Writes a row per save from the open act; refuses every way around it."""

    ends = False  # whether rows are deleted, and the trail is asked which were

    def post_save(self, instance: Any, created: bool, using: str | None = None, **kwargs: Any) -> None:
        """Called by Django after a save of a tracked row."""
        if kwargs.get("raw") or hasattr(instance, "skip_history_when_saving"):
            raise RuntimeError("no save without history")
        if not created:
            self._need_previous(instance, kwargs.get("update_fields") or ())
        self.create_historical_record(instance, "+" if created else "~", using=using)

    @staticmethod
    def _need_previous(instance: Any, update_fields: Any) -> None:
        columns = current().rows.get((instance._meta.label_lower, instance.pk), {})
        if "entered_at" in update_fields and "previous_entered_at" not in columns:
            raise RuntimeError("entered_at moves without its previous value")

    def create_historical_record(self, instance: Any, history_type: str, using: str | None = None) -> None:
        """Write the row. '+' and '~' are copied from the stored row, so history cannot state what was never held."""
        history = getattr(instance, self.manager_name).model
        fields = self.fields_included(instance)
        columns = current().columns(instance) | {"history_type": history_type}
        if history_type == "-":
            values = {f.attname: getattr(instance, f.attname) for f in fields}
            history(**values, **columns).save(force_insert=True, using=using)
        else:
            rows = copy_rows(type(instance), history, fields, columns, "id = %s", [instance.pk], using or "default")
            current().made = rows[0][0]

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        """simple-history's copy, refusing a tracked field that bears the name of a trail column."""
        names = {f.attname for f in self.fields_included(model)} & {f.attname for f in TrailColumns._meta.local_fields}
        if names:
            raise TypeError(f"{model.__name__}: {sorted(names)} are columns of the trail")
        return super().copy_fields(model)

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        """Indexes for a record's history, for entry-time changes newest first, by person, by batch; and the checks."""
        name = model._meta.model_name
        moved = Q(previous_entered_at__isnull=False)
        newest = (F("history_date").desc(), F("history_id").desc())
        gone = models.Index(*newest, condition=Q(history_type="-"), name=f"h_{name}_gone"[:30])
        timed = any(field.name == "entered_at" for field in model._meta.local_fields)
        return super().get_meta_options(model) | {
            "ordering": ("-history_id",),
            "get_latest_by": ("history_id",),
            "default_permissions": (),
            "indexes": [
                models.Index(fields=["id", "-history_id"], name=f"h_{name}_id"[:30]),
                models.Index(*newest, name=f"h_{name}_new"[:30]),
                models.Index(*newest, condition=moved, name=f"h_{name}_moved"[:30]),
                models.Index(F("history_user_id"), *newest, name=f"h_{name}_by"[:30]),
                models.Index(fields=["batch"], condition=Q(batch__isnull=False), name=f"h_{name}_batch"[:30]),
                models.Index(F("channel"), *newest, condition=~Q(channel="web"), name=f"h_{name}_via"[:30]),
                *([gone] if self.ends else []),
                *(_of_moves(name, moved, newest) if timed else []),
            ],
            "constraints": [
                models.CheckConstraint(condition=~Q(channel=""), name=f"h_{name}_channel"),
                models.CheckConstraint(condition=~moved | ~Q(reason=""), name=f"h_{name}_reason"),
            ],
        }


def _of_moves(name: str, moved: Q, newest: tuple[Any, ...]) -> list[models.Index]:
    """Indexes for what people ask of moved entry times: why, into and out of which month, how far, which exception."""
    excepted = Q(exception_id__isnull=False)
    return [
        models.Index(F("reason"), *newest, condition=moved, name=f"h_{name}_why"[:30]),
        models.Index(fields=["entered_at"], condition=moved, name=f"h_{name}_into"[:30]),
        models.Index(fields=["previous_entered_at"], condition=moved, name=f"h_{name}_from"[:30]),
        models.Index(Distance("entered_at", "previous_entered_at"), condition=moved, name=f"h_{name}_far"[:30]),
        models.Index(F("exception_id"), *newest, condition=excepted, name=f"h_{name}_exc"[:30]),
    ]


def copy_rows(
    model: type[models.Model],
    history: type[models.Model],
    fields: list[Any],
    columns: dict[str, Any],
    where: str,
    params: list[Any],
    using: str,
) -> list[tuple[int]]:
    """INSERT … SELECT history rows of `model` from its table `where`; gives the new history ids back."""
    connection = connections[using]
    quote = connection.ops.quote_name
    copied = ", ".join(quote(f.column) for f in fields)
    own = [(history._meta.get_field(name), value) for name, value in columns.items()]
    names = ", ".join(quote(f.column) for f, _ in own)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(history._meta.db_table)} ({copied}, {names}) "
            f"SELECT {copied}, {', '.join(['%s'] * len(own))} FROM {quote(model._meta.db_table)} "
            f"WHERE {where} RETURNING history_id",
            [*(f.get_db_prep_save(value, connection) for f, value in own), *params],
        )
        return cursor.fetchall()


class _EveryName(list):
    """`no_db_index` of simple-history takes names; this list holds them all."""

    def __contains__(self, name: object) -> bool:
        return True


def tracked(*, ends: bool = False, **options: Any) -> Tracked:
    """The history of a model: its table stands in the app `audit`, with our columns. `ends`: rows may be deleted.

    The act's `at` is the history date; ids outlive people (no foreign key); the words of a reason are TEXT.
    """
    history = Tracked(
        app="audit",
        bases=[TrailColumns],
        history_id_field=models.BigAutoField(),
        history_user_id_field=models.BigIntegerField(null=True),
        history_change_reason_field=models.TextField(default="", db_default=""),
        no_db_index=_EveryName(),
        use_base_model_db=True,
        **options,
    )
    history.ends = ends
    return history
