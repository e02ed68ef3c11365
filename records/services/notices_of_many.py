"""Telling of many changes made by one act: one notice for each person, not one for each record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth import get_user_model

from records.models import Follow, Notice, NoticeRule
from records.models.access import VIEW, person

from .many_rows import RowResult, among, chunks
from .notices import tell


def tell_of_changes(
    *, model: Any, rows: Sequence[RowResult], at: dt.datetime, actor: Any, reason: str, words: str
) -> int:
    """Tell whom the changes of entry times in `rows` concern, as of one change; gives how many notices were written.

    Each person gets one notice: of the first record that concerns them, and how many more there are. Records that who
    follows them, or is named by a rule, may not see are neither named nor counted.
    """
    known = {row.record_id: row for row in rows}
    groups: dict[tuple[int, int], list[int]] = {}
    for who, ids in _concerned(model, known, at).items():
        groups.setdefault((min(ids), len(ids)), []).append(who)
    records = model._default_manager.in_bulk({first for first, _count in groups})
    told = 0
    for (first, count), people in groups.items():
        said = words if count == 1 else f"{words} (+{count - 1:,})".strip()
        what = {"before": known[first].before, "after": known[first].after, "reason": reason, "words": said}
        told += tell(kind=Notice.Kind.CHANGED, record=records[first], at=at, actor=actor, to=people, **what)
    return told


def _concerned(model: Any, known: dict[int, RowResult], at: dt.datetime) -> dict[int, set[int]]:
    """By person the records that concern them: as owner, as follower, or because a rule names them for the type."""
    found: dict[int, set[int]] = {}
    for row in known.values():
        if row.owner_id is not None:
            found.setdefault(row.owner_id, set()).add(row.record_id)
    for who, ids in _seen(model, _looking_on(model._meta.model_name, known), at):
        found[who] = found.get(who, set()) | ids
    return found


def _looking_on(record_type: str, known: dict[int, RowResult]) -> dict[int, set[int]]:
    """By person what they follow, or all where a rule names them."""
    found: dict[int, set[int]] = {}
    followed = Follow.objects.filter(record_type=record_type)
    for some in chunks(sorted(known)):
        for who, record_id in followed.filter(among(some, "record_id")).values_list("user", "record_id"):
            if record_id in known:
                found.setdefault(who, set()).add(record_id)
    return found | {who: set(known) for who in _told_of_all(record_type)} if known else {}


def _seen(model: Any, wanted: dict[int, set[int]], at: dt.datetime) -> Iterator[tuple[int, set[int]]]:
    """Of these records those that each of the people may see; who sees none is left out."""
    view = VIEW.format(model._meta.model_name)
    for user in get_user_model()._default_manager.filter(pk__in=wanted, is_active=True):
        ids, who = wanted[user.pk], person(user)
        if not (who.sees_all and view in who.permissions):
            some = chunks(sorted(ids))
            ids = {
                pk
                for part in some
                for pk in model.objects.visible_to(user, at).filter(pk__in=part).values_list("pk", flat=True)
            }
        if ids:
            yield user.pk, ids


def _told_of_all(record_type: str) -> set[int]:
    """People, and members of groups, that a rule names for the type."""
    rules = NoticeRule.objects.filter(record_type=record_type)
    through: Any = get_user_model().groups.through
    members = through.objects.filter(group__in=rules.filter(group__isnull=False).values("group"))
    people = rules.filter(user__isnull=False).values_list("user", flat=True)
    return {*people, *members.values_list("user", flat=True)}
