"""Imports on their way: a file is kept with all that is said about it, until it is loaded or removed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from records.models import Import, ImportFile
from records.models import Mapping as Kept

FILE, OUTCOME = "file", "outcome"
KEPT = ("columns", "values", "decimal", "zone", "blank", "no_customer", "existing", "duplicates", "create_missing")


@transaction.atomic
def begin(*, by: Any, at: dt.datetime, name: str, data: bytes, record_type: str, said: Mapping[str, Any]) -> Import:
    """Keep an uploaded file as a draft of the person's."""
    made = Import.objects.create(
        by=by,
        at=at,
        record_type=record_type,
        name=name[:200],
        size=len(data),
        digest=hashlib.sha256(data).hexdigest(),
        settings=dict(said),
    )
    ImportFile.objects.create(of=made, what=FILE, data=data)
    return made


def say(draft: Import, said: Mapping[str, Any], record_type: str | None = None) -> None:
    """Say what its columns are and how its values are read; of rows nothing is said any more where columns moved."""
    moved = any(said.get(name) != draft.settings.get(name) for name in ("sheet", "header_row", "delimiter"))
    draft.settings = dict(said)
    draft.record_type = draft.record_type if record_type is None else record_type
    if moved:
        draft.fixes, draft.left_out = {}, []
    _save(draft, "settings", "record_type", "fixes", "left_out")


def mend(draft: Import, fixes: Mapping[str, Mapping[str, str]], left_out: Iterable[int]) -> None:
    """Texts instead of those of cells, by line and #position, and the lines that are left out."""
    draft.fixes, draft.left_out = {line: dict(texts) for line, texts in fixes.items()}, sorted(left_out)
    _save(draft, "fixes", "left_out")


def remove(draft: Import) -> None:
    """Forget a draft and its file. What was loaded stays."""
    Import.objects.filter(pk=draft.pk, state=Import.State.DRAFT).delete()


def bytes_of(draft: Import, what: str = FILE) -> bytes | None:
    """The bytes of the upload, or of its outcome; None where they are gone."""
    found = ImportFile.objects.filter(of=draft, what=what).values_list("data", flat=True).first()
    return bytes(found) if found is not None else None


def keep_mapping(draft: Import, *, by: Any, name: str, shared: bool, headings: list[str]) -> Kept:
    """Keep what is said under a name, by the names of columns; of the same name the last counts."""
    said = {key: draft.settings[key] for key in KEPT if key in draft.settings}
    columns = draft.settings.get("columns", {})
    said["columns"] = {headings[int(place)]: field for place, field in columns.items() if headings[int(place)]}
    formats = draft.settings.get("formats", {})
    said["formats"] = {headings[int(place)]: form for place, form in formats.items() if headings[int(place)]}
    kept, _new = Kept.objects.update_or_create(
        by=by, record_type=draft.record_type, name=name, defaults={"shared": shared, "settings": said}
    )
    return kept


def remove_mapping(kept: Kept) -> None:
    """Forget it; imports that used it keep what they say."""
    kept.delete()


def _save(draft: Import, *names: str) -> None:
    values = {name: getattr(draft, name) for name in names}
    Import.objects.filter(pk=draft.pk, state=Import.State.DRAFT).update(**values)
