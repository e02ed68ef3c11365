"""The grants of a batch, each as it left them and as they are now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from .all_grants import TITLES, on_records
from .models import RECORDS, Batch
from .models.access import KEY, REDATE, person
from .services.grant_batches import GIVEN, REVOKED, grants_of_batch, standing_of

SIZE = 50


@dataclass(frozen=True)
class BatchRow:
    """One grant of a batch. `state` is stands, changed (since), ended (by itself) or gone."""

    history_id: int
    kind: str
    record_id: int
    title: str
    number: str
    state: str
    extended: bool

    @property
    def address(self) -> str:
        """The access page of the record."""
        return RECORDS[self.kind](pk=self.record_id).get_absolute_url()


@dataclass(frozen=True)
class BatchPage:
    """Rows in order, the id to go on from (None at the end), how many of the batch stand as it left them."""

    rows: list[BatchRow]
    later: int | None
    standing: int


def find_batch(pk: int, user: Any) -> Batch | None:
    """The batch of grants, if it holds any on records that the person may see and grant on."""
    batch = Batch.objects.select_related("by").filter(pk=pk, kind__in=(GIVEN, REVOKED)).first()
    return batch if batch is not None and _rows(batch, user).exists() else None


def batches_for(user: Any, most: int = SIZE) -> list[Batch]:
    """The newest batches of grants: all for who may grant on every record, else those that the person made."""
    who, rows = person(user), Batch.objects.filter(kind__in=(GIVEN, REVOKED))
    everywhere = {KEY, *(REDATE.format(name) for name in RECORDS)} <= who.permissions and who.sees_all
    rows = rows if everywhere else rows.filter(by=who.id)
    return list(rows.select_related("by").order_by("-pk")[:most])


def page_of(batch: Batch, user: Any, at: dt.datetime, after: int = 0) -> BatchPage:
    """A page of the batch at the aware moment `at`, behind the row with that id."""
    current = grants_of_batch(batch).objects.filter(pk=OuterRef("id"))
    rows = (
        _rows(batch, user)
        .filter(history_id__gt=after)
        .order_by("history_id")
        .annotate(
            now_version=Subquery(current.values("version")[:1]),
            in_force=Exists(current.filter(until__gt=at)),
            title=F(f"content_object__{TITLES[batch.record_type]}"),
            number=F("content_object__number"),
        )
    )
    names = ("history_id", "history_type", "content_object_id", "version", "now_version", "in_force", "title", "number")
    found = [_row(batch, *values) for values in rows.values_list(*names)[: SIZE + 1]]
    later = found[SIZE - 1].history_id if len(found) > SIZE else None
    return BatchPage(found[:SIZE], later, standing_of(batch, at).count() if batch.kind == GIVEN else 0)


def _rows(batch: Batch, user: Any) -> QuerySet:
    """The history rows of the batch; the '-' of an ended grant that made room for a new one is none of them."""
    history = grants_of_batch(batch).history.model.objects.filter(batch=batch.pk)
    rows = history.filter(history_type="-") if batch.kind == REVOKED else history.exclude(history_type="-")
    return on_records(rows, batch.record_type, "", user, person(user))


def _row(batch: Batch, pk: int, change: str, record: int, version: int, now: int | None, on: bool, *names: str) -> Any:
    state = "gone" if now is None else "ended" if not on else "stands" if now == version else "changed"
    return BatchRow(pk, batch.record_type, record, *names, state, change == "~")
