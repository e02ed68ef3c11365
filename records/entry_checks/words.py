"""What the checks found, as people read it; and what is looked for, each threshold in a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit import styles
from audit.times import distance, format_time
from records.models import RECORDS
from records.review_risk import WORK_ENDS, WORK_STARTS

from . import thresholds

Facts = Mapping[str, Any]


class Words(NamedTuple):
    """The headline of a finding, what more is known of it, and what to do."""

    headline: Callable[[Facts], str]
    details: Callable[[Facts], str]
    what_to_do: Any


ASK = gettext_lazy("Ask the person, and look at the changes in the trail. If it was right, say why.")
MEND = gettext_lazy("Ask its owner, and have the wrong time corrected. If both are right, say why.")
_BEFORE = {
    ("opportunity", "customer"): gettext_lazy("Opportunity entered before its customer"),
    ("followup", "customer"): gettext_lazy("Follow-up entered before its customer"),
    ("followup", "opportunity"): gettext_lazy("Follow-up entered before its opportunity"),
    ("contract", "customer"): gettext_lazy("Contract entered before its customer"),
    ("contract", "opportunity"): gettext_lazy("Contract entered before its opportunity"),
}


def sentence(code: str, facts: Facts) -> str:
    """The headline, in the reader's language."""
    return _told(code, "headline", facts) or code


def details(code: str, facts: Facts) -> str:
    """Who, when, how much; moments in the reader's zone."""
    return _told(code, "details", facts)


def _told(code: str, part: str, facts: Facts) -> str:
    """The words; nothing where the facts are not those that this version knows."""
    try:
        return str(getattr(_CODES[code], part)(facts))
    except (LookupError, TypeError, ValueError):
        return ""


def what_to_do(code: str) -> str:
    """What to do about it."""
    return str(_CODES[code].what_to_do) if code in _CODES else ""


def _moment(value: Any) -> str:
    return format_time(_at(value), timezone.get_current_timezone(), styles.style()) if value else ""


def _at(value: Any) -> dt.datetime:
    return dt.datetime.fromisoformat(str(value)).replace(microsecond=0)


def _span(facts: Facts) -> str:
    if facts["first"] == facts["last"]:
        return _moment(facts["first"])
    return _("%(first)s to %(last)s") % {"first": _moment(facts["first"]), "last": _moment(facts["last"])}


def _who(facts: Facts) -> str:
    return facts.get("name") or _("Database user %(name)s") % {"name": facts.get("db_user") or "—"}


# ---- one by one ----


def _future(facts: Facts) -> str:
    return _("It counts as entered at %(time)s.") % {"time": _moment(facts["after"])}


def _before(facts: Facts) -> str:
    between = distance(_at(facts["parent_at"]) - _at(facts["after"]))
    told = {"time": _moment(facts["after"]), "other": _moment(facts["parent_at"]), "distance": between}
    return _("It counts as entered at %(time)s, the other at %(other)s: %(distance)s later.") % told


def _many(facts: Facts) -> str:
    words = ngettext("Entry time changed %(count)s time", "Entry time changed %(count)s times", facts["count"])
    return words % facts


def _burst(facts: Facts) -> str:
    took = distance(_at(facts["last"]) - _at(facts["first"]))
    words = ngettext(
        "One person changed %(count)s entry time in %(distance)s",
        "One person changed %(count)s entry times in %(distance)s",
        facts["count"],
    )
    return words % {"count": facts["count"], "distance": took}


def _person_span(facts: Facts) -> str:
    return _("%(name)s, %(span)s") % {"name": _who(facts), "span": _span(facts)}


def _hours(facts: Facts) -> str:
    words = ngettext(
        "%(count)s entry time changed outside working hours",
        "%(count)s entry times changed outside working hours",
        facts["count"],
    )
    return words % facts


def _closed(facts: Facts) -> str:
    told = {"name": _who(facts), "before": _moment(facts["before"]), "after": _moment(facts["after"])}
    told |= {"day": facts["closed"], "number": facts.get("exception")}
    if facts.get("exception"):
        return _("%(name)s: %(before)s to %(after)s. Closed through %(day)s; exception %(number)s let it in.") % told
    return _("%(name)s: %(before)s to %(after)s. Closed through %(day)s; no exception let it in.") % told


def _closed_batch(facts: Facts) -> str:
    words = ngettext(
        "%(name)s: %(count)s record in batch %(batch)s. Closed through %(closed)s.",
        "%(name)s: %(count)s records in batch %(batch)s. Closed through %(closed)s.",
        facts["count"],
    )
    return words % ({"name": _who(facts)} | {name: facts[name] for name in ("count", "batch", "closed")})


def _drift_head(facts: Facts) -> str:
    earlier = facts["to"] == "earlier"
    return _("One person’s changes lean earlier") if earlier else _("One person’s changes lean later")


def _drift(facts: Facts) -> str:
    told = dict(facts) | {"name": _who(facts), "month": str(facts["month"])[:7]}
    if facts["to"] == "earlier":
        return _("%(name)s, %(month)s: %(aside)s of %(count)s changes earlier, %(days)s days in sum.") % told
    return _("%(name)s, %(month)s: %(aside)s of %(count)s changes later, %(days)s days in sum.") % told


def _sql(facts: Facts) -> str:
    meta = RECORDS[facts["type"]]._meta
    name = capfirst(str(meta.verbose_name if facts["count"] == 1 else meta.verbose_name_plural))
    told = {"type": name, "count": facts["count"], "user": facts.get("db_user") or "—", "time": _moment(facts["at"])}
    return _("%(type)s: %(count)s, at %(time)s, by the database user %(user)s.") % told


def _plain(words: Any) -> Callable[[Facts], str]:
    return lambda facts: str(words)


_CLOSED = _plain(gettext_lazy("Moved across a closed month"))
_SQL_TODO = gettext_lazy(
    "Ask who had the database’s password. Correct the times through Redate, or say why they stand."
)
_CODES = {
    "future": Words(_plain(gettext_lazy("Entry time in the future")), _future, MEND),
    "before_parent": Words(lambda facts: str(_BEFORE[_pair(facts)]), _before, MEND),
    "many_on_one": Words(_many, lambda facts: _span(facts), ASK),
    "burst": Words(_burst, _person_span, ASK),
    "outside_hours": Words(_hours, _person_span, ASK),
    "across_closed": Words(_CLOSED, _closed, ASK),
    "across_closed_batch": Words(_CLOSED, _closed_batch, ASK),
    "drift": Words(_drift_head, _drift, ASK),
    "raw_sql": Words(_plain(gettext_lazy("Entry times changed by raw SQL")), _sql, _SQL_TODO),
}


def _pair(facts: Facts) -> tuple[str, str]:
    return facts["type"], facts["parent_type"]


# ---- what is looked for ----


def looked_for() -> list[str]:
    """Each check with its threshold and the sense of it."""
    told = {
        "one": thresholds.MANY_ON_ONE,
        "many": thresholds.MANY_AT_ONCE,
        "within": distance(thresholds.AT_ONCE),
        "moves": thresholds.DRIFT_MOVES,
        "share": round(thresholds.DRIFT_SHARE * 100),
        "days": thresholds.DRIFT_DAYS,
        "starts": f"{WORK_STARTS:%H:%M}",
        "ends": f"{WORK_ENDS:%H:%M}",
    }
    sentences = [
        _("Entry times in the future, where the rule of the type does not allow them."),
        _("Records entered before what they hang on, such as a follow-up before its customer."),
        _("Records whose entry time was changed %(one)s times or more: mending a slip takes one change, or two."),
        _("People who changed %(many)s entry times within %(within)s: nobody looks up so many in that time."),
        _("Changes outside working hours, Monday to Friday %(starts)s to %(ends)s in the company’s time zone."),
        _("Changes into or out of a month that was closed when they were made."),
        _("People whose changes of a month lean: %(moves)s or more, %(share)s %% to one side, %(days)s days in sum."),
        _("Entry times changed by raw SQL."),
    ]
    back = _("Looked at are the last %(days)s days. The changes of one batch count as one, by their mean.")
    return [each % told for each in sentences] + [back % {"days": thresholds.LOOK_BACK.days}]
