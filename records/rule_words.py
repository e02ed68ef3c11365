"""What the rule of a type means, in the parts of a sentence that its card shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.words import in_a_row

from .models import RECORDS, TypeRule, Window
from .rules import WindowLimit
from .services.windows import Cell, limit_of


@dataclass(frozen=True)
class Saying:
    """The rule, and how far each role may go back."""

    rule: TypeRule
    reaches: str

    @property
    def is_final(self) -> bool:
        """Whether all that is closed is closed for good."""
        rule = self.rule
        return rule.closed_through is not None and rule.closed_through == rule.closed_hard_through


@dataclass(frozen=True)
class LastClosed:
    """Who last set a closed day, of which type, and when."""

    name: str
    through: dt.date | None
    actor: str
    at: dt.datetime


def saying(rule: TypeRule, roles: list[Any], windows: Mapping[Cell, Window]) -> Saying:
    """The sentence of a rule with its windows."""
    parts = [_reach(role, *(limit_of(windows.get((role.pk, name))) for name in ("ordinary", "key"))) for role in roles]
    return Saying(rule, in_a_row(part for part in parts if part))


def _reach(role: Any, ordinary: WindowLimit | None, key: WindowLimit | None) -> str:
    """`Senior sales manager 90 days, key ones too`; nothing for a role that may not."""
    if ordinary is None and key is None:
        return ""
    if ordinary is None:
        return _("%(role)s %(days)s on key ones only") % {"role": role, "days": _days(key)}
    if key is None:
        return _("%(role)s %(days)s") % {"role": role, "days": _days(ordinary)}
    if key.days_back == ordinary.days_back:
        return _("%(role)s %(days)s (key ones too)") % {"role": role, "days": _days(key)}
    return _("%(role)s %(days)s (key ones %(key)s)") % {"role": role, "days": _days(ordinary), "key": _days(key)}


def _days(limit: WindowLimit | None) -> str:
    if limit is None or limit.days_back is None:
        return _("without limit")
    return ngettext("%(days)s day", "%(days)s days", limit.days_back) % {"days": limit.days_back}


def last_closed() -> LastClosed | None:
    """The newest change of a closed day of any type. One query."""
    model: Any = TypeRule.history.model
    rows = model.objects.filter(history_type="~").order_by("-history_id")
    columns = ("id", "record_type", "closed_through", "actor_name", "history_date", "history_id")
    newest = list(rows.values(*columns)[:200])
    firsts = {row["id"]: row for row in TypeRule.history.filter(history_type="+").values(*columns)}
    for index, row in enumerate(newest):
        earlier = (each for each in newest[index + 1 :] if each["id"] == row["id"])
        before = next(earlier, firsts.get(row["id"]))
        if before is not None and before["closed_through"] != row["closed_through"]:
            name = capfirst(str(RECORDS[row["record_type"]]._meta.verbose_name_plural))
            minute = row["history_date"].replace(second=0, microsecond=0)
            return LastClosed(name, row["closed_through"], row["actor_name"], minute)
    return None
