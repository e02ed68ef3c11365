"""The trail as a file: exactly what a filter asks for, as far as the person may see it, a row of the trail per line.

An export is an event (who, when, which filter, which format), written before the first byte leaves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from .browse.filters import Wanted
from .browse.lines import Line
from .browse.page import rows_for
from .displays import above
from .events import record_event
from .formats import csv_pieces, json_pieces, xlsx_pieces
from .models import Job
from .presenters import Change
from .telling import Facts, track_event
from .times import format_time
from .words import in_a_row

EVENT = "export"
JOB = "trail_export"  # the row that tells how far it is; the page itself does the work, not the worker
EVERY = 500  # rows between two words of progress
Clock = Callable[[], dt.datetime]


def register() -> None:
    """Say how the event of an export is read."""
    track_event(EVENT, gettext_lazy("Exported"), group="export", tells=_told)


def _told(facts: Facts, known: Any) -> str:
    """What was exported, as which kind of file."""
    what = facts.get("filter") or _("every row")
    if facts.get("rows"):  # chosen one by one
        what = f"{what}: {', '.join(facts['rows'])}"
    return _("%(what)s, as %(format)s") % {"what": what, "format": str(facts.get("format", "")).upper()}


def begin(*, by: Any, at: dt.datetime, query: str, in_words: list[tuple[str, str]], form: str, remote_addr: Any) -> Job:
    """Keep that the person exports what `query` asks for, as csv, xlsx or jsonl; gives the row of its progress."""
    what = {"query": query, "filter": "; ".join(f"{name}: {value}" for name, value in in_words), "format": form}
    with transaction.atomic():
        event = record_event(kind=EVENT, by=by, at=at, what=what, remote_addr=remote_addr)
        return Job.objects.create(
            kind=JOB,
            by_id=by.pk,
            by_name=str(by),
            asked_at=at,
            started_at=at,
            beat_at=at,
            state=Job.State.RUNNING,
            facts=what | {"event": event.pk},
        )


def newest_of(person: Any) -> Job | None:
    """The person's newest export."""
    return Job.objects.filter(kind=JOB, by_id=person.pk).order_by("-pk").first()


def pieces(job: Job, wanted: Wanted, viewer: Any, *, zone: dt.tzinfo, language: str, clock: Clock) -> Iterator[bytes]:
    """The file in pieces; says on `job` how far it is, and how it ended, also where the person breaks it off."""
    state = Job.State.STOPPED
    try:
        with override(language):
            yield from _file(job, _counted(job, rows_for(wanted, viewer), zone, clock), zone)
        state = Job.State.DONE
    except Exception as error:
        state, job.result = Job.State.FAILED, {"error": str(error)[:300]}
        raise
    finally:
        job.state, job.ended_at = state, clock()
        job.save(update_fields=["state", "ended_at", "done", "result"])


def _counted(job: Job, rows: Iterable[Line], zone: dt.tzinfo, clock: Clock) -> Iterator[Line]:
    for line in rows:
        job.done += 1
        if job.done % EVERY == 0:
            job.beat_at, job.result = clock(), {"back_to": format_time(line.at, zone)}
            job.save(update_fields=["done", "beat_at", "result"])
        yield line


def _file(job: Job, rows: Iterator[Line], zone: dt.tzinfo) -> Iterator[bytes]:
    form, roles = job.facts["format"], cache(_roles)
    if form == "jsonl":
        return json_pieces(_object(line, roles) for line in rows)
    head = _head(str(zone))
    if form == "xlsx":
        cells = (_cells(line, lambda moment: _wall(moment, zone), roles) for line in rows)
        return xlsx_pieces(head, cells, _("Audit trail"))
    return csv_pieces(head, (_cells(line, lambda moment: _text(moment, zone), roles) for line in rows))


def _roles(keys: str) -> str:
    """The names of roles, by their keys with commas between."""
    return in_a_row(above.roles(keys.split(",")))


def _head(zone: str) -> list[str]:
    """Names of the columns; those of times name the zone."""
    return [
        _("Changed at (%(zone)s)") % {"zone": zone},
        _("Kind"),
        _("Record"),
        _("Field"),
        _("Entry time before (%(zone)s)") % {"zone": zone},
        _("Entry time after (%(zone)s)") % {"zone": zone},
        _("Shift in minutes"),
        _("Before"),
        _("After"),
        _("Operator"),
        _("Role"),
        _("Channel"),
        _("Reason"),
        _("Words"),
        _("Asked by"),
        _("Proof"),
        _("Approved by"),
        _("Batch"),
        _("Address"),
        _("Database user"),
        _("Seal"),
        _("Row"),
        _("Concerns row"),
    ]


def _cells(line: Line, moment: Callable[[dt.datetime | None], Any], roles: Callable[[str], str]) -> list[Any]:
    told = line.values.get
    return [
        moment(line.at),
        line.type_name,
        line.title,
        line.what,
        moment(line.before),
        moment(line.after),
        _shift(line),
        in_a_row(_side(each, each.before, moment) for each in line.changes if each.before not in (None, "")),
        in_a_row(_side(each, each.after, moment) for each in line.changes if each.after not in (None, "")),
        line.actor,
        roles(told("actor_role", "")),
        line.channel_name,
        line.reason,
        line.words,
        told("requester_name", ""),
        above.proof(told("proof", "")),
        told("approver_name", ""),
        line.batch,
        line.remote_addr or "",
        told("db_user", ""),
        line.seal,
        f"{line.slug}/{line.pk}",
        line.concerned,
    ]


def _shift(line: Line) -> int | None:
    """By how many minutes the entry time moved, earlier is negative."""
    if not line.moved or line.before is None or line.after is None:
        return None
    return round((line.after - line.before).total_seconds() / 60)


def _side(change: Change, value: Any, moment: Callable[[Any], Any]) -> str:
    shown = value.isoformat() if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else value
    shown = str(moment(value)) if isinstance(value, dt.datetime) else str(shown)
    return f"{change.label}: {shown}" if change.label else shown


def _text(moment: dt.datetime | None, zone: dt.tzinfo) -> str:
    return format_time(moment, zone) if moment else ""


def _wall(moment: dt.datetime | None, zone: dt.tzinfo) -> dt.datetime | None:
    """The clock's hands in the zone, as Excel keeps moments."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0) if moment else None


def _object(line: Line, roles: Callable[[str], str]) -> dict[str, Any]:
    """The line for programs: moments in UTC, codes beside words."""
    told = line.values.get
    return {
        "row": f"{line.slug}/{line.pk}",
        "at": line.at,
        "kind": line.type_name,
        "record": line.title,
        "record_id": line.subject[1] if line.subject else None,
        "concerns": line.concerned or None,
        "what": line.what,
        "entered_at_before": line.before,
        "entered_at_after": line.after,
        "changes": [_change(each) for each in line.changes],
        "operator": line.actor,
        "operator_id": told("history_user_id", told("actor_id")),
        "role": told("actor_role", ""),
        "role_name": roles(told("actor_role", "")),
        "channel": line.channel,
        "channel_name": line.channel_name,
        "reason": told("reason", ""),
        "reason_name": line.reason,
        "words": line.words,
        "requester": told("requester_name", ""),
        "proof": above.proof(told("proof", "")),
        "approver": told("approver_name", ""),
        "exception_id": told("exception_id"),
        "batch": line.batch,
        "remote_addr": line.remote_addr,
        "db_user": told("db_user", ""),
        "seal": line.seal,
    }


def _change(change: Change) -> dict[str, Any]:
    return {"field": str(change.label), "before": _plain(change.before), "after": _plain(change.after)}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)
