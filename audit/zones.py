"""Zones: the clocks on walls. When they show what, where they jump, and when a day begins on them."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _


@lru_cache(maxsize=4096)
def start_of_day(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """The first moment of the day: 00:00, the earlier of two, or the end of the jump where midnight is skipped."""
    midnight = dt.datetime.combine(day, dt.time.min)
    moments = moments_of(midnight, zone)
    return moments[0] if moments else jump_over(midnight, zone)


def closed_edge(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """The first moment still open when a period is closed through `day`."""
    return start_of_day(day + dt.timedelta(days=1), zone)


def day_of(moment: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """The day a calendar in `zone` shows at that moment."""
    return moment.astimezone(zone).date()


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name, older spellings included. Raises ValueError for any other text."""
    if name not in _known_zones():
        raise ValueError(_("%(name)s is not a time zone. Write it like Asia/Shanghai.") % {"name": name})
    return ZoneInfo(name)


def zone_names() -> list[str]:
    """The zones offered for a choice, sorted: those named Area/City, and UTC."""
    areas = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/")
    areas += ("Indian/", "Pacific/")
    return sorted(name for name in _known_zones() if name.startswith(areas) or name == "UTC")


@cache
def _known_zones() -> frozenset[str]:
    """All names of the zone database; reading them walks its folders."""
    return frozenset(available_timezones())


def moments_of(wall: dt.datetime, zone: dt.tzinfo) -> list[dt.datetime]:
    """When the clocks of `zone` show `wall`: once, in the hour set back twice, in the hour skipped never."""
    found = {wall.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1)}
    return sorted(m for m in found if m.astimezone(zone).replace(tzinfo=None, fold=0) == wall)


def jump_over(wall: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The moment at which the clocks of `zone` jumped over `wall`."""
    before = wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)  # counted with the new offset: still before the jump
    after = wall.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    old, second = before.astimezone(zone).utcoffset(), dt.timedelta(seconds=1)
    seconds = range(int((after - before).total_seconds()) + 1)
    changed = bisect_left(seconds, True, key=lambda n: (before + n * second).astimezone(zone).utcoffset() != old)
    return before + changed * second


def utc_offset(at: dt.datetime, zone: dt.tzinfo) -> str:
    """`UTC+8`, `UTC+5:30`, `UTC−4`, with a true minus."""
    seconds = int((at.astimezone(zone).utcoffset() or dt.timedelta()).total_seconds())
    sign, (minutes, second) = "−" if seconds < 0 else "+", divmod(abs(seconds), 60)
    small = f":{minutes % 60:02}" * bool(minutes % 60 or second) + f":{second:02}" * bool(second)
    return f"UTC{sign}{minutes // 60}{small}"


def place(zone: dt.tzinfo) -> str:
    """The city that names a zone: New York."""
    return str(zone).rpartition("/")[2].replace("_", " ")
