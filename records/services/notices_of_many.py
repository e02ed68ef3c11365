"""Telling of many changes made by one act: one notice for each person, not one for each record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model

from records.models import Follow, Notice, NoticeRule

from .many_rows import RowResult, among, chunks
from .notices import tell


def tell_of_changes(
    *, model: Any, rows: Sequence[RowResult], at: dt.datetime, actor: Any, reason: str, words: str
) -> int:
    """Tell whom the changes of entry times in `rows` concern, as of one change; gives how many notices were written.

    Each person gets one notice: of the first record that concerns them, and how many more there are.
    """
    known = {row.record_id: row for row in rows}
    groups: dict[tuple[int, int], list[int]] = {}
    for person, ids in _concerned(known, model._meta.model_name).items():
        groups.setdefault((min(ids), len(ids)), []).append(person)
    records = model._default_manager.in_bulk({first for first, _count in groups})
    told = 0
    for (first, count), people in groups.items():
        said = words if count == 1 else f"{words} (+{count - 1:,})".strip()
        what = {"before": known[first].before, "after": known[first].after, "reason": reason, "words": said}
        told += tell(kind=Notice.Kind.CHANGED, record=records[first], at=at, actor=actor, to=people, **what)
    return told


def _concerned(known: dict[int, RowResult], record_type: str) -> dict[int, set[int]]:
    """By person the records that concern them: as owner, as follower, or because a rule names them for the type."""
    found: dict[int, set[int]] = {}
    for row in known.values():
        if row.owner_id is not None:
            found.setdefault(row.owner_id, set()).add(row.record_id)
    followed = Follow.objects.filter(record_type=record_type)
    for some in chunks(sorted(known)):
        for person, record_id in followed.filter(among(some, "record_id")).values_list("user", "record_id"):
            if record_id in known:
                found.setdefault(person, set()).add(record_id)
    return found | {person: set(known) for person in _told_of_all(record_type)} if known else {}


def _told_of_all(record_type: str) -> set[int]:
    """People, and members of groups, that a rule names for the type."""
    rules = NoticeRule.objects.filter(record_type=record_type)
    through: Any = get_user_model().groups.through
    members = through.objects.filter(group__in=rules.filter(group__isnull=False).values("group"))
    people = rules.filter(user__isnull=False).values_list("user", flat=True)
    return {*people, *members.values_list("user", flat=True)}
