"""Batches as pages show them: who may see which, a page of them, a page of the rows of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.words import in_a_row

from .bulk_words import number_of
from .models import RECORDS, Batch
from .models.access import person
from .services.grant_batches import GIVEN, REVOKED
from .services.many_rows import ASK
from .services.undo_plan import UndoRow

SIZE = 50
KINDS = {
    "bulk": (gettext_lazy("Bulk changes"), ("bulk", "assign", "archive")),
    "import": (gettext_lazy("Imports"), ("import",)),
    "undo": (gettext_lazy("Undos"), ("undo",)),
    "grants": (gettext_lazy("Grants"), (GIVEN, REVOKED)),
}
NAMES = {
    "bulk": (gettext_lazy("Bulk change"), "sliders"),
    "assign": (gettext_lazy("New owner"), "person"),
    "archive": (gettext_lazy("Archiving"), "layers"),
    "import": (gettext_lazy("Import"), "upload"),
    "undo": (gettext_lazy("Undo"), "undo"),
    GIVEN: (gettext_lazy("Grants"), "key"),
    REVOKED: (gettext_lazy("Revoked grants"), "key"),
}


@dataclass(frozen=True)
class BatchPage:
    """Batches, newest first; `older` is the number to go on from, or None."""

    rows: list[Any]
    older: int | None


@dataclass(frozen=True)
class Changed:
    """What a batch did to one record. `record` is the record where it can still be seen, `made`: it came with it."""

    history_id: int
    record: Any
    made: bool
    before: Any
    after: Any
    fields: str
    undo: UndoRow | None = None

    @property
    def may_ask(self) -> bool:
        """Whether somebody else can be asked to take this one back."""
        return self.undo is not None and self.undo.outcome == ASK

    @property
    def request_url(self) -> str:
        """Where that is asked for."""
        return reverse(self.record.page("request"), args=[self.record.pk])


def batches_for(user: Any) -> QuerySet:
    """The batches that the person may see: all for who browses the trail, else their own."""
    who = person(user)
    rows = Batch.objects.all() if "view_trail" in who.permissions else Batch.objects.filter(by=user.pk)
    later = Batch.objects.filter(undoes=OuterRef("pk")).order_by("-pk")
    return rows.annotate(
        undone_by=Subquery(later.values("pk")[:1]), undone_count=Subquery(later.values("count")[:1])
    ).select_related("by")


def page_of(user: Any, kind: str = "", before: int | None = None) -> BatchPage:
    """A page of batches of a kind (a key of KINDS, or "" for all), older than the number `before`."""
    rows = batches_for(user).order_by("-pk")
    if kind in KINDS:
        rows = rows.filter(kind__in=KINDS[kind][1])
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = [described(batch) for batch in rows[: SIZE + 1]]
    return BatchPage(found[:SIZE], found[SIZE - 1].pk if len(found) > SIZE else None)


def described(batch: Any) -> Any:
    """The batch with what pages say of it: number, name and icon of its kind, its page, its types."""
    batch.number = number_of(batch.pk)
    batch.kind_name, batch.icon = NAMES.get(batch.kind, (batch.kind, "layers"))
    grants = batch.kind in (GIVEN, REVOKED)
    batch.url = reverse("records:access_batch" if grants else "records:batch_detail", args=[batch.pk])
    batch.types = RECORDS[batch.record_type]._meta.verbose_name_plural
    outcomes = batch.facts.get("outcomes", {})
    batch.asked = outcomes.get("ask", 0)
    batch.left = sum(outcomes.get(word, 0) for word in ("no", "moved", "warn", "kept"))
    batch.undoes_number = number_of(batch.undoes) if batch.undoes else ""
    if batch.undone_by:
        batch.undone_number, batch.undone_whole = number_of(batch.undone_by), batch.undone_count >= batch.count
    return batch


def rows_of(batch: Batch, user: Any, after: int = 0) -> tuple[list[Changed], int | None]:
    """Rows of the batch, of its own type and that the person may see, behind that history id; where it goes on."""
    model: Any = RECORDS[batch.record_type]
    history = model.history.model.objects.filter(batch=batch.pk, history_id__gt=after).order_by("history_id")
    history = history.filter(id__in=model.objects.visible_to(user).values("pk"))
    rows = list(history.values()[: SIZE + 1])
    later = rows[SIZE - 1]["history_id"] if len(rows) > SIZE else None
    rows = rows[:SIZE]
    records = model.objects.in_bulk({row["id"] for row in rows})
    befores = _befores(model, rows)
    return [_changed(model, row, befores.get((row["id"], row["version"] - 1)), records) for row in rows], later


def _befores(model: Any, rows: list[dict[str, Any]]) -> dict[tuple[int, int], dict[str, Any]]:
    """The rows before these, by record and version."""
    ids = {row["id"] for row in rows if row["history_type"] == "~"}
    versions = {row["version"] - 1 for row in rows}
    found = model.history.model.objects.filter(id__in=ids, version__in=versions).order_by("history_id").values()
    return {(row["id"], row["version"]): row for row in found}


def _changed(model: Any, row: dict[str, Any], before: dict[str, Any] | None, records: dict[int, Any]) -> Changed:
    made = row["history_type"] == "+"
    moved = row["previous_entered_at"]
    return Changed(
        history_id=row["history_id"],
        record=records[row["id"]],
        made=made,
        before=moved,
        after=row["entered_at"] if made or moved else None,
        fields="" if made or before is None else _fields(model, row, before),
    )


def _fields(model: Any, row: dict[str, Any], before: dict[str, Any]) -> str:
    """The other fields that changed, by their names."""
    if row["archived_at"] != before["archived_at"]:
        return _("Archived") if row["archived_at"] else _("Taken back from the archive")
    silent = {"version", "entered_at", "archived_at"}
    tracked = [field for field in model._meta.concrete_fields if field.attname in row and field.attname not in silent]
    return in_a_row(field.verbose_name for field in tracked if row[field.attname] != before[field.attname])
