"""Refusals: raised, named by their rule, with a sentence and who can help. Every one is kept as an event."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.times import format_time

from .rules import Finding


class Refused(Exception):
    """A rule or a missing right refuses. `findings` name the rules; `messages()` says them in the reader's language.

    `may_ask` says that a time request can carry it to somebody who may.
    """

    def __init__(self, *findings: Finding, may_ask: bool = False) -> None:
        self.findings, self.may_ask = findings, may_ask
        super().__init__(*self.codes)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the rules that refuse."""
        return tuple(finding.code for finding in self.findings)

    def messages(self) -> list[str]:
        """One sentence per finding."""
        return [sentence(finding) for finding in self.findings]


class StaleRecord(Exception):
    """Somebody changed the record since it was seen: `seen` and `current` hold the fields that differ, by name."""

    code = "stale"

    def __init__(self, record: Any, seen: dict[str, Any], current: dict[str, Any]) -> None:
        self.record, self.seen, self.current = record, seen, current
        super().__init__(f"{record._meta.label} {record.pk} changed since it was seen: {sorted(current)}")


WARNINGS = frozenset({"before_customer", "before_opportunity", "after_won", "after_follow_up", "after_contract"})


def sentence(finding: Finding) -> str:
    """What a finding says: what happened and what one can do next."""
    params = finding.params
    if finding.code == "closed":
        return _closed(**params)
    if finding.code == "window":
        return _window(params["days"])
    if finding.code == "too_far":
        return ngettext(
            "This moves the time by more than %(days)s day. Choose a time closer to the current one.",
            "This moves the time by more than %(days)s days. Choose a time closer to the current one.",
            params["days"],
        ) % {"days": params["days"]}
    if finding.code == "approval":
        return _approval(**params)
    if finding.code in WARNINGS:
        return _order(finding.code, params)
    if finding.code == "locked":
        return _simple()[f"locked_{params['by']}"]
    if finding.code in ("period_hard", "period_ahead", "zone_hard"):
        return _period(finding.code, params)
    if finding.code == "answered":
        return _answered(params["state"], params["name"])
    if finding.code == "review_done":
        return _("%(name)s has signed this off already.") % {"name": params["name"]}
    if finding.code == "password_often":
        return ngettext(
            "Wrong too often. Wait %(minutes)s minute, then try again.",
            "Wrong too often. Wait %(minutes)s minutes, then try again.",
            params["minutes"],
        ) % {"minutes": params["minutes"]}
    if finding.code == "many_moved":
        return ngettext(
            "%(count)s record was changed since you looked at it, so nothing was done. Look again.",
            "%(count)s records were changed since you looked at them, so nothing was done. Look again.",
            params["count"],
        ) % {"count": f"{params['count']:,}"}
    if finding.code == "many_not_so":
        return ngettext(
            "%(count)s row does not come out as previewed: a record, a right or a rule changed. Nothing was done.",
            "%(count)s rows do not come out as previewed: a record, a right or a rule changed. Nothing was done.",
            params["count"],
        ) % {"count": f"{params['count']:,}"}
    if finding.code == "ask_many":
        return _("Up to %(most)s changes are asked for as one. Choose fewer rows.") % params
    if finding.code == "note":
        return ngettext(
            "Write what happened, in at least %(length)s character.",
            "Write what happened, in at least %(length)s characters.",
            params["length"],
        ) % {"length": params["length"]}
    return _simple().get(finding.code, finding.code)


def _simple() -> dict[str, str]:
    return {
        "no_rule": _("There is no rule for this record type, so nothing is allowed. Ask an administrator to set one."),
        "right": _("You may not change this entry time."),
        "right_new": _("You may not give an earlier time here. Save it as now, and ask somebody who may change it."),
        "change_right": _("You may see this record, but not change it."),
        "assign_right": _("You may not change the owner or what this record hangs on."),
        "classify_right": _("You may not mark customers as key or ordinary."),
        "grant_right": _("You may not grant or end rights on this record."),
        "grant_self": _("Nobody grants a right to themselves, nor to a role or team they belong to."),
        "grant_holder": _("Choose an active person, a role or a team."),
        "grant_ceiling": _("You cannot grant more than you hold. Choose fewer days, or this record alone."),
        "grant_end": _("Choose an end that lies ahead."),
        "grant_stands": _("This right is granted already. Extend it, shorten it or leave it."),
        "grant_ended": _("This grant has ended or was revoked already."),
        "grant_many": _("One batch holds at most 2,000 records. Narrow the list by its filters."),
        "grant_none": _("The list holds no record."),
        "batch_ended": _("No grant of this batch stands as it left it."),
        "undo_kind": _("Grants are ended by revoking them, not by an undo."),
        "undo_parent": _("What this record hangs on was changed. Give that back on the record itself."),
        "used": _("Other records hang on it, so it stays."),
        "why": _("Write why."),
        "import_right": _("You may not import records of this type."),
        "rules_right": _("You may not change rules."),
        "purge_right": _("Only administrators take rows out of the trail."),
        "purge_reason": _("Say why, in at least 10 characters."),
        "notice_stands": _("They are told of this type already."),
        "period_lower": _("Lowering a closed period needs the right to reopen periods, and a reason."),
        "period_raise": _("Closing a period needs the right to close periods. Ask an administrator."),
        "window_days": _("Write whole days from 0 to 36,500, or no limit."),
        "reason_name": _("Write the reason in both languages."),
        "reason_taken": _("There is a reason of this name already. Choose another name."),
        "reason_last": _("Keep at least one reason on offer: changes need one."),
        "exception_right": _("You may not let anybody into closed periods."),
        "exception_self": _("Nobody makes an exception for themselves, nor for a role or team they belong to."),
        "exception_ended": _("This exception has ended or was revoked already."),
        "stale_rule": _("Somebody changed this rule meanwhile. Look at it again before you change it."),
        "password": _("This is not your password. Nothing was done; type it again."),
        "see_right": _("You may not see this record."),
        "requests_off": _("Requests are not allowed for these records. Ask an administrator."),
        "ask_needless": _("You may change this entry time yourself."),
        "ask_same": _("Unchanged. Choose another time to go on."),
        "request_open": _("You have asked for this record already. Withdraw that request before you ask again."),
        "proof_size": _("The file is larger than 2 MB. Choose a smaller one, or give a link."),
        "four_eyes": _("You asked for this yourself. Somebody else has to answer it."),
        "decide_right": _("You may not answer requests."),
        "asker_granted": _(
            "Who asks has given you the right on this record. Somebody whose right comes from elsewhere has to answer."
        ),
        "request_expired": _("This request has expired. It can be asked again."),
        "overtaken": _("The record was changed since this was asked, so it no longer fits. It can be asked again."),
        "answer_note": _("Write why you reject it."),
        "withdraw_right": _("Only who asked may withdraw a request."),
        "behalf_right": _("You may not change entry times on behalf of others."),
        "behalf_proof": _("Write how it was asked for, and what proves it."),
        "behalf_asker": _("Choose the active person who asked for it, somebody else than you."),
        "inactive": _("This person may no longer sign in, so nothing is allowed."),
        "archived": _("This record is archived. Take it back from the archive first."),
        "future": _("Later than now. An entry time cannot lie in the future."),
        "locked_signed": _("A signed contract locks its entry time. Ask an administrator."),
        "locked_was_signed": _("This contract was signed once, and that locks its entry time. Ask an administrator."),
        "locked_contract": _("A signed contract locks the entry time of its opportunity. Ask an administrator."),
        "forward": _("Later than you may set. Choose an earlier time."),
        "reason": _("Choose a reason."),
        "reason_unknown": _("This reason is not offered. Choose one of the list."),
        "moved": _("The entry time was changed again since, so this change can no longer be taken back."),
        "not_a_change": _("This row of the history does not change the entry time."),
        "parent_missing": _("An opportunity that others hang on needs a customer."),
        "parent_archived": _("What this record would hang on is archived. Take it back from the archive first."),
        "part_circle": _("That customer is this one, or part of it already. Choose another one."),
        "parent_mismatch": _("The opportunity belongs to another customer."),
        "owner": _("Choose an active person who may own records."),
        "busy": _("Somebody else is saving right now. Nothing was changed; try again."),
        "value": _("This value is not allowed here."),
        "review_right": _("You may not review changes."),
        "review_own": _("You made, asked for or approved this change. Somebody else has to review it."),
        "review_note": _("Write what you looked at, or what is missing."),
        "review_changed": _("Something changed here since you looked. Look again, then answer."),
    }


def _closed(through: dt.date, leaves: bool = False, for_good: bool = False) -> str:
    day = {"day": through.isoformat()}
    if for_good and leaves:
        return _("Closed for good through %(day)s: this entry time lies there and stays.") % day
    if for_good:
        return _("Closed for good through %(day)s. Choose a later time.") % day
    if leaves:
        return (
            _(
                "Closed through %(day)s: this entry time lies in a closed period and stays there. An administrator can "
                "reopen the period."
            )
            % day
        )
    return _("Closed through %(day)s. Choose a later time, or ask an administrator.") % day


def _period(code: str, params: dict[str, Any]) -> str:
    """Why a period cannot be closed or opened so."""
    if code == "period_ahead":
        return _("Only days that are over can be closed. Choose a day before %(day)s.") % {
            "day": params["today"].isoformat()
        }
    words = {
        "period_hard": _(
            "Closed for good through %(day)s. Nobody can open that again; choose that day or a later one."
        ),
        "zone_hard": _("In this zone the period that is closed for good through %(day)s would end earlier."),
    }
    return words[code] % {"day": params["through"].isoformat()}


def _approval(because: tuple[str, ...], days: int | None, new: bool = False) -> str:
    """Why a second person must agree, and what to do."""
    if new:
        return _("A time like this needs the approval of a second person. Save it as now, and ask for the change then.")
    if "large" in because and days is not None:
        return ngettext(
            "A change of more than %(days)s day needs the approval of a second person. Ask for it.",
            "A change of more than %(days)s days needs the approval of a second person. Ask for it.",
            days,
        ) % {"days": days}
    if "key" in because:
        return _("A change on a key customer needs the approval of a second person. Ask for it.")
    return _("The month is reported already: a change needs the approval of a second person. Ask for it.")


def _answered(state: str, name: str) -> str:
    """What has become of a request that somebody answers too late."""
    words = {
        "approved": _("%(name)s has approved this request already."),
        "rejected": _("%(name)s has rejected this request already."),
        "withdrawn": _("This request was withdrawn meanwhile."),
        "expired": _("This request has expired. It can be asked again."),
        "overtaken": _("The record was changed since this was asked, so it no longer fits. It can be asked again."),
    }
    return words[state] % {"name": name}


def _order(code: str, params: dict[str, Any]) -> str:
    """What the new time passes that it should not; without `params` where the reader may not see what it is."""
    if not params:
        return _order_unseen(code)
    words = {
        "before_customer": _("Earlier than its customer %(name)s was entered (%(time)s). Is that so?"),
        "before_opportunity": _("Earlier than its opportunity %(name)s was entered (%(time)s). Is that so?"),
        "after_won": _("Later than %(name)s was won (%(day)s). Is that so?"),
        "after_follow_up": _("Later than its first follow-up was entered (%(time)s). Is that so?"),
        "after_contract": _("Later than its first contract was entered (%(time)s). Is that so?"),
    }
    time = format_time(params["moment"], timezone.get_current_timezone())
    return words[code] % {"name": params["name"], "time": time, "day": params["day"].isoformat()}


def _order_unseen(code: str) -> str:
    return {
        "before_customer": _("Earlier than its customer was entered. You may not see when that was. Is that so?"),
        "before_opportunity": _("Earlier than its opportunity was entered. You may not see when that was. Is that so?"),
        "after_follow_up": _("Later than its first follow-up was entered. You may not see when that was. Is that so?"),
        "after_contract": _("Later than its first contract was entered. You may not see when that was. Is that so?"),
    }[code]


def _window(days: int) -> str:
    if days == 0:
        return _("You may set no earlier time than today. Ask somebody who may go further back.")
    return ngettext(
        "More than %(days)s day back. Choose a later time, or ask somebody who may go further back.",
        "More than %(days)s days back. Choose a later time, or ask somebody who may go further back.",
        days,
    ) % {"days": days}


def refuse(code: str, **params: Any) -> Refused:
    """A Refused with one finding."""
    return Refused(Finding(code, params))
