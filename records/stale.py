"""Showing a lost race: each field that somebody else changed, what was seen and what stands now."""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst

from audit.displays import display_of
from audit.presenters import Change, value_of

from .refusals import StaleRecord


def stale_lines(stale: StaleRecord, viewer: Any) -> list[Change]:
    """Each field that somebody else changed: what was seen → what stands now, as people read them.

    What a record hangs on is named where `viewer` may know it.
    """
    model, lines = type(stale.record), []
    known = display_of(model).names(viewer)
    for attname, current in stale.current.items():
        if attname == "version":
            continue
        both = stale.seen.get(attname), current
        names: dict[Any, Any] = {}
        if attname in known:
            rows, column = known[attname]
            names = dict(rows.filter(pk__in=[pk for pk in both if pk]).values_list("pk", column))
        seen, now = (value_of(model, attname, {attname: pk, f"{attname}_name": names.get(pk)}) for pk in both)
        label = model._meta.get_field(attname.removesuffix("_id")).verbose_name
        lines.append(Change(capfirst(label), seen, now))
    return lines
