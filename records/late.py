"""Written down later than it happened: the distance between a record's entry time and the moment it was recorded."""

from __future__ import annotations

import datetime as dt
from typing import Any

from audit.times import distance

LEAST = dt.timedelta(minutes=1)


def late(record: Any) -> str:
    """`1 day` where the record was entered with an earlier time that still stands; "" where it was not.

    A time that was changed afterwards has its own mark.
    """
    if record.entered_at != record.original_entered_at or record.recorded_at - record.entered_at < LEAST:
        return ""
    return distance(record.recorded_at - record.entered_at)
