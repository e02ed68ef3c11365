"""What the trail asks of the records: reasons, people, records by words, what allowed a change, warnings, roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import displays, styles
from audit.presenters import system_reasons
from audit.times import format_time
from audit.words import in_a_row
from records.models import GRANTS, RECORDS, PeriodException, Reason

from . import names, proofs

FOUND = 200  # records per type that words find


def register() -> None:
    """Give all of it."""
    above = displays.above
    above.reasons, above.find, above.people = reasons, find, people
    above.allowed, above.warning, above.proof, above.roles = allowed, warning, proofs.told, roles


def reasons() -> dict[str, str]:
    """Reasons by code, in the reader's language."""
    return {reason.code: reason.name for reason in Reason.objects.all()}


def reason_name(code: str) -> str:
    """One reason, of those that no person chose too."""
    return (system_reasons() | reasons()).get(code, code)


def people() -> list[tuple[int, str]]:
    """Everybody by name."""
    rows, column = names.people()
    return list(rows.order_by(column, "pk").values_list("pk", column))


def find(viewer: Any, words: str) -> dict[Any, list[int]]:
    """Ids of records that the viewer may see and that hold the words, newest first; one query per type."""
    found = {}
    for model in RECORDS.values():
        rows = model.objects.visible_to(viewer).matching(words)  # type: ignore[attr-defined]
        found[model] = list(rows.order_by("-entered_at", "-id").values_list("pk", flat=True)[:FOUND])
    return found


def roles(keys: Iterable[str]) -> list[str]:
    """Names of roles by their keys, in the order of the keys; a role that is gone by its key."""
    rows, column = names.roles()
    named = dict(rows.values_list("key", column))
    return [named.get(key, key) for key in keys if key]


def warning(code: str) -> str:
    """What was asked before the change, and answered with yes."""
    words = {
        "before_customer": _("Earlier than its customer was entered"),
        "before_opportunity": _("Earlier than its opportunity was entered"),
        "after_won": _("Later than its opportunity was won"),
        "after_follow_up": _("Later than its first follow-up was entered"),
        "after_contract": _("Later than its first contract was entered"),
    }
    return words.get(code, code)


# ---- what allowed a change ----


def allowed(model: Any, values: Mapping[str, Any]) -> list[str]:
    """The role, the owner rule or the grant; and the exception, where one was needed."""
    found = {"role": _by_role, "owner": _by_owner, "user": _by_grant, "group": _by_grant}
    says = found.get(values["allowed_by_kind"])
    lines = [says(model, values)] if says else []
    if values["exception_id"] is not None:
        lines.append(_exception(values["exception_id"]))
    return lines


def _by_role(model: Any, values: Mapping[str, Any]) -> str:
    held = displays.above.roles(values["actor_role"].split(","))
    return _("Role: %(role)s") % {"role": in_a_row(held)} if held else _("A role")


def _by_owner(model: Any, values: Mapping[str, Any]) -> str:
    return _("Owner of the record, by the rule “owners may change their own”")


def _by_grant(model: Any, values: Mapping[str, Any]) -> str:
    grant = _grant(model, values)
    if grant is None:
        return _("Grant %(number)s") % {"number": values["allowed_by_id"]}
    people, column = names.people()
    giver = people.filter(pk=grant["granted_by_id"]).values_list(column, flat=True).first()
    facts = {"name": giver or "", "until": _moment(grant["until"]), "days": grant["days_back"], "why": grant["why"]}
    if grant["no_limit"]:
        return _("Grant by %(name)s, no limit back, until %(until)s: %(why)s") % facts
    words = ngettext(
        "Grant by %(name)s, %(days)s day back, until %(until)s: %(why)s",
        "Grant by %(name)s, %(days)s days back, until %(until)s: %(why)s",
        grant["days_back"],
    )
    return words % facts


def _grant(model: Any, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The grant as it stood then: on the record itself, or on its customer with all under it."""
    place = 0 if values["allowed_by_kind"] == "user" else 1
    on = [(GRANTS[model._meta.model_name][place], {"content_object_id": values["id"]})]
    if values.get("customer_id"):
        on.append((GRANTS["customer"][place], {"content_object_id": values["customer_id"], "covers": True}))
    for grants, about in on:
        rows = grants.history.model.objects.filter(id=values["allowed_by_id"], history_date__lte=values["history_date"])
        if found := rows.filter(**about).order_by("-history_id").values().first():
            return found
    return None


def _exception(pk: int) -> str:
    row = PeriodException.history.model.objects.filter(id=pk).order_by("history_id").values("why", "until").first()
    if row is None:
        return _("Exception %(number)s") % {"number": pk}
    facts = {"until": _moment(row["until"]), "why": row["why"]}
    return _("Exception for a closed period, until %(until)s: %(why)s") % facts


def _moment(at: Any) -> str:
    return format_time(at, timezone.get_current_timezone(), styles.style())
