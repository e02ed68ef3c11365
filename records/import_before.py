"""Whether a file was loaded before: by whom, when, and where that can be seen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from records.batch_list import batches_for
from records.models import Import
from records.services.imports.batching import loads_of


@dataclass(frozen=True)
class Before:
    """A load of the same bytes. `url` is the page of its batch, or "" for who may not see that."""

    by: str
    at: dt.datetime
    url: str


def before_of(draft: Import, user: Any) -> Before | None:
    """The last load of these bytes that stands, by anybody; its file says nothing that the person does not hold."""
    batch = loads_of(draft.digest).filter(record_type=draft.record_type).first()
    if batch is None:
        return None
    seen = batches_for(user).filter(pk=batch.pk).exists()
    return Before(str(batch.by), batch.at, reverse("records:batch_detail", args=[batch.pk]) if seen else "")
