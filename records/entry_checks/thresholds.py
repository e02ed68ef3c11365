"""From where on something is worth a look. The Integrity page states each of these in a sentence."""

from __future__ import annotations

import datetime as dt

LOOK_BACK = dt.timedelta(days=90)  # a quarter: what is older was looked at before, every night
MANY_ON_ONE = 4  # moves of one record: a slip is mended once, perhaps twice; more look like a search for a fitting time
MANY_AT_ONCE = 20  # acts of one person within AT_ONCE: nobody looks up twenty cards in ten minutes
AT_ONCE = dt.timedelta(minutes=10)
DRIFT_MOVES = 20  # moves of one person in one month from which on a lean is no accident
DRIFT_SHARE = 0.9  # of them to the same side
DRIFT_DAYS = 60  # moved in sum: two months' worth of time, by one hand, in one month
MOST = 1_000  # findings of one check that are named one by one; the others are counted
