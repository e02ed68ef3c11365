"""What the flags of a change in the review mean, for people."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.times import shift

from .review_risk import EXPORT_WITHIN, LARGE_DAYS, MANY_WITHIN, WORK_ENDS, WORK_STARTS

LOUD = frozenset({"sql", "across"})  # shown as a warning


def flag_names() -> dict[str, str]:
    """Flags to filter by."""
    return {
        "shift": _("Large shift"),
        "across": _("Across a closed month"),
        "closed": _("Inside a closed month"),
        "own": _("Own record"),
        "many": _("Many on one record"),
        "hours": _("Outside hours"),
        "export": _("After an export"),
        "exception": _("Under an exception"),
        "sql": _("Raw SQL"),
        "batch": _("Many in one go"),
    }


def band_names() -> dict[str, str]:
    """How risky, in a word."""
    return {"high": _("High"), "raised": _("Raised"), "some": _("Some"), "low": _("Low")}


def badges(flags: dict[str, int], rows: int) -> list[tuple[str, bool]]:
    """(words, whether they warn) of each flag."""
    names = flag_names() | {"sql": _("Raw SQL, outside Redate"), "closed": _("Closed month"), "batch": together(rows)}
    if number := flags.get("many"):
        names["many"] = ngettext("%(n)s change in a week", "%(n)s changes in a week", number) % {"n": number}
    return [(names[code], code in LOUD) for code in flags]


def together(rows: int) -> str:
    """How many records one act changed."""
    return ngettext("%(n)s record in one go", "%(n)s records in one go", rows) % {"n": rows}


def why(flags: dict[str, int], row: dict[str, Any], rows: int, zone: dt.tzinfo) -> list[str]:
    """Why it ranks so, a part of a sentence per flag. `row` is the history row that is shown, `zone` the company's."""
    facts = {
        "shift": shift(row["previous_entered_at"], row["entered_at"]),
        "days": LARGE_DAYS,
        "at": f"{row['history_date'].astimezone(zone):%Y-%m-%d %H:%M}",
        "opens": f"{WORK_STARTS:%H:%M}",
        "closes": f"{WORK_ENDS:%H:%M}",
        "hours": EXPORT_WITHIN // dt.timedelta(hours=1),
        "week": MANY_WITHIN.days,
        "number": flags.get("many", 0),
        "user": row["db_user"] or "?",
    }
    words = {
        "sql": _("typed in the database by “%(user)s”, past Redate"),
        "across": _("moves to another month, and reaches into a closed one"),
        "closed": _("moves inside a month that is closed"),
        "shift": _("%(shift)s, where more than %(days)s days are a large shift"),
        "own": _("who changed it owns the record"),
        "many": _("%(number)s changes of this record within %(week)s days"),
        "export": _("who changed it had exported such records less than %(hours)s hours before"),
        "exception": _("made under an exception for a closed period"),
        "batch": together(rows),
        "hours": _("made at %(at)s in the company’s zone, outside %(opens)s to %(closes)s from Monday to Friday"),
    }
    return [words[code] % facts for code in flags]
