"""What a bulk change does to each record, in words; how people call a batch."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from audit.styles import style
from audit.times import FIRST, format_time, shift

from .models import BulkChange
from .moving import BEFORE, COPIED, COPY, SET, SHIFT, Spec


def number_of(pk: int) -> str:
    """How people call a batch: B-0096."""
    return f"B-{pk:04d}"


def what_of(bulk: BulkChange, zone: dt.tzinfo) -> str:
    """Like "1 day 2 hours earlier"; times in `zone`. "" for what is not said yet, and for owners and archiving."""
    if "how" not in bulk.spec:
        return ""
    spec = Spec.read(bulk.spec)
    if spec.how == SHIFT:
        start = FIRST + dt.timedelta(minutes=abs(spec.minutes))
        return shift(start, start + dt.timedelta(minutes=spec.minutes))
    if spec.how == SET and spec.at is not None:
        return _("Set to %(time)s") % {"time": format_time(spec.at, zone, style())}
    if spec.how == COPY:
        return _("Copied from: %(date)s") % {"date": COPIED[bulk.record_type].get(spec.field, spec.field)}
    if spec.how == BEFORE:
        return _("Back to what stood before %(batch)s") % {"batch": number_of(spec.batch)}
    return _("Back to the original time")
