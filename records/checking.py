"""Checking a person: whether they may change an entry time now, and the path to that answer.

Each source is told, also those that do not answer and why. The answer is the Checker's and the rules', asked at `at`
for that person; the door asks the same again when somebody acts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.times import FIRST, closed_edge

from .access import Checker, Source
from .access_panel import days_in_words
from .models import GRANTS, PeriodException, TypeRule, Window
from .models.access import KEY, OWN, REDATE, Person
from .person_access import type_names
from .reach import Reach, reach
from .services.judging import class_of, locked_by
from .who_may import grants_on

SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Step:
    """One source on the path: whether it answers, and why or why not. `until`: when it ends by itself."""

    name: str
    answers: bool
    why: str
    until: dt.datetime | None = None


@dataclass(frozen=True)
class Excepted:
    """An exception in force, with its type and through which role or team it comes."""

    types: str
    through: str
    until: dt.datetime
    why: str
    by: str


@dataclass
class Checked:
    """The answer and its path. `first` and `last` may be set today, both included."""

    person: Any
    record: Any
    at: dt.datetime
    may: bool = False
    because: list[str] = field(default_factory=list)  # sentences: what stands against it, or what else holds
    steps: list[Step] = field(default_factory=list)
    reach: Reach | None = None
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    until: dt.datetime | None = None  # when the last grant ends, where nothing but grants says yes
    exceptions: list[Excepted] = field(default_factory=list)

    @property
    def unlimited(self) -> bool:
        """Whether no window limits the way back."""
        return self.first == FIRST

    @property
    def closed(self) -> dt.date | None:
        """The last closed day of the type, whoever asks."""
        return self.reach.limits.closed_at(self.at) if self.reach and self.reach.limits else None

    @property
    def through(self) -> str:
        """The kinds of sources that say yes, in few words."""
        kinds = {source.kind for source in self.reach.sources} if self.reach else set()
        words = {"role": _("a role"), "owner": _("the owner rule"), "user": _("a grant"), "group": _("a group grant")}
        return _(" and ").join(word for kind, word in words.items() if kind in kinds)


def check_person(person: Any, record: Any, at: dt.datetime) -> Checked:
    """Whether `person` may change the entry time of `record` at the aware moment `at`, and through what."""
    checker = Checker(person, at)
    rule = TypeRule.objects.select_related("company").filter(record_type=record._meta.model_name).first()
    found = reach(person, record, at, checker=checker, rule=rule)
    checked = Checked(person, record, at, reach=found)
    checked.steps = [*_role_steps(record, checker), _owner_step(record, checker, rule), *_grant_steps(record, checker)]
    checked.first, checked.last = _span(found, record) if found.may else (None, None)
    checked.because = _against(checked, checker, rule)
    checked.may = found.may and not checked.because
    checked.exceptions = exceptions_of(checker.who, at, record._meta.model_name)
    if checked.may:
        checked.because = _also(record, rule)
        checked.until = _end(found.sources)
    return checked


def _span(found: Reach, record: Any) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The first and the last moment that any window admits and that is not closed; (None, None) where there is none.

    Between them there may be moments that no window admits, where one reaches back and another far at once.
    """
    limits, spans = found.limits, []
    floor = closed_edge(found.closed_through, found.zone) if found.closed_through else FIRST
    for window in limits.windows if limits else ():
        first = max(window.opens(found.at, found.zone) or FIRST, floor)
        last = window.closes(found.at, found.zone) - SECOND
        if limits and not limits.allow_future:
            last = min(last, found.at.replace(microsecond=0))
        if window.longest_move is not None:
            most = dt.timedelta(days=window.longest_move)
            first, last = max(first, record.entered_at - most), min(last, record.entered_at + most)
        if first <= last:
            spans.append((first, last))
    return (min(first for first, _l in spans), max(last for _f, last in spans)) if spans else (None, None)


def _end(sources: tuple[Source, ...]) -> dt.datetime | None:
    """When the right ends by itself: where only grants give it, with the last of them."""
    ends = [source.until for source in sources if source.is_grant and source.until]
    return max(ends) if ends and len(ends) == len(sources) else None


def _role_steps(record: Any, checker: Checker) -> list[Step]:
    """Each role: whether it includes the right for this record, and its days."""
    name = record._meta.model_name
    answers = any(source.kind == "role" for source in checker.why(record, REDATE.format(name)))
    groups = Group.objects.filter(pk__in=checker.who.groups, role__isnull=False).order_by("role__order", "role__key")
    rows = Window.objects.filter(role__group__in=checker.who.groups, record_type=name, customer_class=class_of(record))
    days = {row.role.group_id: days_in_words(row.days_back, row.longest_move) for row in rows.select_related("role")}
    steps = []
    for group in groups.select_related("role").prefetch_related("permissions"):
        held = {permission.codename for permission in group.permissions.all()}
        why = _role_why(record, held, checker, days.get(group.pk))
        steps.append(Step(str(group.role), answers and REDATE.format(name) in held, why))  # type: ignore[attr-defined]
    return steps or [Step(_("Role"), False, _("Holds no role."))]


def _role_why(record: Any, held: set[str], checker: Checker, days: str | None) -> str:
    records = {"records": capfirst(record._meta.verbose_name_plural)}
    if REDATE.format(record._meta.model_name) not in held:
        lacks = _("%(records)s: this role does not include changing entry times.") % records
        return lacks + " " + _("Its window where another source answers: %(days)s.") % {"days": days} if days else lacks
    if record.is_key and KEY not in checker.who.permissions:
        return _("The role changes entry times of ordinary records, but this is a key account.")
    return _("Includes it: %(days)s.") % {"days": days} if days else _("Includes it, but no window is set for it.")


def _owner_step(record: Any, checker: Checker, rule: TypeRule | None) -> Step:
    answers = any(s.kind == "owner" for s in checker.why(record, REDATE.format(record._meta.model_name)))
    return Step(_("Owner rule"), answers, _owner_why(record, checker, rule))


def _owner_why(record: Any, checker: Checker, rule: TypeRule | None) -> str:
    owns, on = record.owner_id == checker.who.id, rule is not None and rule.owners_may
    if not owns:
        return _("Does not own it.") if on else _("Does not own it, and the rule is off.")
    if not on:
        return _("Owns it, but the rule does not let owners change their own.")
    if record.is_key:
        return _("Owns it, but it is a key account.")
    if OWN not in checker.who.permissions:
        return _("Owns it, but no role of theirs may own records.")
    return _("Owns it, and the rule lets owners change their own. The days of their role hold.")


def _grant_steps(record: Any, checker: Checker) -> list[Step]:
    """Each grant to the person or a group of theirs on the record or its customer, also those that do not answer."""
    name, who, steps = record._meta.model_name, checker.who, []
    held = {"user": {"user": who.id}, "group": {"group__in": who.groups}}
    for grants, holder in grants_on(record):
        joins = ["granted_by"] + (["group__role", "group__team"] if holder == "group" else [])
        for grant in grants.filter(**held[holder]).select_related(*joins).order_by("-until")[:20]:
            steps.append(_grant_step(grant, checker.at))
    if name != "customer" and record.customer_id:
        for index, holder in enumerate(("user", "group")):
            near = GRANTS["customer"][index].objects.in_force(checker.at).filter(**held[holder], covers=False)
            if near.filter(content_object=record.customer_id, permission__codename=REDATE.format("customer")).exists():
                words = _("Holds one on the customer, but not on all under it.")
                steps.append(Step(_("Grant"), False, words))
    return steps or [Step(_("Grant"), False, _("Holds none on this record."))]


def _grant_step(grant: Any, at: dt.datetime) -> Step:
    params = {"why": grant.why, "by": grant.granted_by, "days": days_in_words(_back(grant), grant.longest_move)}
    group = getattr(grant, "group", None)
    title = _("Grant to %(name)s") % {"name": _of_group(group)} if group else _("Grant")
    if grant.until <= at:
        return Step(title, False, _("Has ended. By %(by)s: “%(why)s”") % params, grant.until)
    return Step(title, True, _("%(days)s, by %(by)s: “%(why)s”") % params, grant.until)


def _back(grant: Any) -> int | None:
    return None if grant.no_limit else grant.days_back


def _against(checked: Checked, checker: Checker, rule: TypeRule | None) -> list[str]:
    """What stands against it, in sentences."""
    found, record = checked.reach, checked.record
    if not checker.user.is_active:
        return [_("May no longer sign in, so nothing is allowed.")]
    if rule is None:
        return [_("There is no rule for this record type, so nothing is allowed.")]
    if not checker.why(record, REDATE.format(record._meta.model_name)):
        return [_("Neither a role, nor the owner rule, nor a grant says so.")]
    if not found or not found.may:
        return [_("No window is set for it, so not at all.")]
    sentences = []
    if record.archived_at is not None:
        sentences.append(_("The record is archived."))
    if locked_by(record, rule):
        sentences.append(_("A signed contract locks this entry time."))
    if _is_closed(found, record):
        sentences.append(_("Its entry time lies in a closed period and stays there."))
    elif checked.first is None:
        sentences.append(_("Today no time is open to them here."))
    return sentences


def _is_closed(found: Reach, record: Any) -> bool:
    return found.closed_through is not None and record.entered_at < closed_edge(found.closed_through, found.zone)


def _also(record: Any, rule: TypeRule | None) -> list[str]:
    """What needs a second person, though they may."""
    found = []
    if rule and rule.approval_on_key and record.is_key:
        found.append(_("Changes on key customers need the approval of a second person."))
    if rule and rule.approval_days is not None:
        text = ngettext(
            "Changes of more than %(days)s day need the approval of a second person.",
            "Changes of more than %(days)s days need the approval of a second person.",
            rule.approval_days,
        )
        found.append(text % {"days": rule.approval_days})
    if rule and rule.reported_through:
        day = {"day": rule.reported_through.isoformat()}
        found.append(_("Changes into or out of a time through %(day)s need the approval of a second person.") % day)
    return found


def exceptions_of(who: Person, at: dt.datetime, record_type: str = "") -> list[Excepted]:
    """The exceptions in force for the person or groups of theirs, those that end first on top."""
    rows = PeriodException.objects.in_force(at).filter(Q(user=who.id) | Q(group__in=who.groups))
    rows = rows.filter(record_type=record_type) if record_type else rows
    found = rows.select_related("granted_by", "group__role", "group__team").order_by("until", "pk")[:50]
    return [
        Excepted(type_names()[each.record_type], _of_group(each.group), each.until, each.why, str(each.granted_by))
        for each in found
    ]


def _of_group(group: Any) -> str:
    return str(getattr(group, "role", None) or getattr(group, "team", None) or "")
