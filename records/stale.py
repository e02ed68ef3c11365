"""Showing a lost race: each field that somebody else changed, what was seen and what stands now."""

from __future__ import annotations

from django.utils.text import capfirst

from audit.presenters import Change, value_of

from .refusals import StaleRecord


def stale_lines(stale: StaleRecord) -> list[Change]:
    """Each field that somebody else changed: what was seen → what stands now, as people read them."""
    model = type(stale.record)
    lines = []
    for attname, current in stale.current.items():
        if attname == "version":
            continue
        field = model._meta.get_field(attname.removesuffix("_id"))
        names = {f"{attname}_name": str(getattr(stale.record, field.name) or "")} if field.is_relation else {}
        seen = value_of(model, attname, {attname: stale.seen.get(attname)})
        lines.append(Change(capfirst(field.verbose_name), seen, value_of(model, attname, {attname: current} | names)))
    return lines
