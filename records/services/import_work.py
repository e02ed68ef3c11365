"""Trying and loading an import: what a page does at once where the file is small, and the worker where it is not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import translation

from audit import jobs
from audit.beats import Beat
from audit.models import Job
from records.importing.changes import ChangePlan, ChangeSpec, plan_changes
from records.importing.errors import NotAFile
from records.importing.mending import mended
from records.importing.opening import open_table
from records.importing.plan import Plan, make_plan
from records.importing.planned import spec_of
from records.importing.table import Table
from records.models import Import, ImportFile
from records.refusals import WARNINGS, Refused

from .import_drafts import OUTCOME, bytes_of
from .import_trial import trial_of
from .imports import ImportRefused, Loaded, load, load_changes, load_contacts
from .imports.outcome import CREATED, UPDATED, outcome_csv
from .records import Clock

KIND, TRIAL = "import", "import_trial"
AT_ONCE = 500  # rows that a page loads by itself
TRIED_AT_ONCE = 2_000  # rows that a page tries by itself


def table_of(draft: Import) -> Table:
    """The table of its file, as it is said to be read, with what was typed instead of cells. Raises NotAFile."""
    said, data = draft.settings, bytes_of(draft)
    if data is None:
        raise NotAFile("empty")
    names = ("sheet", "encoding", "delimiter")
    given = {name: said.get(name) or None for name in names}
    table = open_table(data, draft.name, header_row=said.get("header_row"), **given)
    return mended(table, draft.fixes)


def plan_of(draft: Import, table: Table) -> Plan | ChangePlan:
    """What is to be stored. Raises NotAFile."""
    said = draft.settings
    columns = [(int(place), name) for place, name in said.get("columns", {}).items() if name]
    columns.sort(key=lambda pair: (pair[1].endswith("+"), pair[0]))  # what is put behind another comes after it
    mapping = [(f"#{place + 1}", name) for place, name in columns]
    formats = {f"#{int(place) + 1}": form for place, form in said.get("formats", {}).items() if form}
    spec = spec_of(draft.record_type, said | {"mapping": mapping, "date_formats": formats, "left_out": draft.left_out})
    if not said.get("history"):
        return make_plan(table, spec)
    named = {name: heading for heading, name in mapping}
    form = formats.get(named.get("when", ""), "")
    left = set(draft.left_out)
    kept = replace(table, rows=[row for row in table.rows if row[0] not in left])
    return plan_changes(kept, ChangeSpec(draft.record_type, named, spec.zone, spec.source, (), form, spec.double))


def run(draft: Import, plan: Any, *, by: Any, clock: Clock, **how: Any) -> Loaded:
    """Store what is planned; with trial=True do it and take it back. Raises ImportRefused and Refused."""
    common = {"plan": plan, "file": draft.name, "digest": draft.digest, "by": by, "clock": clock, "channel": "import"}
    if draft.settings.get("history"):
        return load_changes(**common, **how)
    if draft.record_type == "contact":
        return load_contacts(**common, **how)
    said, people = draft.settings, get_user_model()._default_manager
    owners = people.in_bulk([pk for pk in said.get("owners", {}).values() if pk])
    return load(
        **common,
        blank_owner=people.filter(pk=said.get("owner") or by.pk).first() or by,
        owners={text: owners[pk] for text, pk in said.get("owners", {}).items() if pk in owners},
        create_missing_customers=bool(said.get("create_missing")),
        acknowledged=WARNINGS if said.get("odd") else (),
        **how,
    )


def under_way(draft: Import) -> Job | None:
    """The work that tries or loads it, while it waits or runs."""
    job = jobs.look(draft.job) if draft.job is not None else None
    return job if job is not None and not job.is_over else None


def ask_for_trial(draft: Import, *, by: Any, at: dt.datetime, rows: int, key: str) -> Job:
    """Ask the worker to try it."""
    with transaction.atomic():
        held = Import.objects.select_for_update().get(pk=draft.pk)
        if (running := under_way(held)) is not None:
            return running
        facts = {"of": draft.pk, "key": key, "language": translation.get_language()}
        job = jobs.ask_for(kind=TRIAL, by=by, at=at, total=rows, **facts)
        Import.objects.filter(pk=draft.pk, state=Import.State.DRAFT).update(job=job.pk)
    return job


def ask_for_load(draft: Import, *, by: Any, at: dt.datetime, rows: int, skip: bool, ready: int = 0) -> Job | None:
    """Ask for the load, once: None where it was loaded already; the same work again where it is under way.

    `ready` is how many rows the person was told would be stored: fewer are refused.
    """
    with transaction.atomic():
        held = Import.objects.select_for_update().get(pk=draft.pk)
        if held.state == Import.State.DONE:
            return None
        if (running := under_way(held)) is not None and running.kind == KIND:
            return running
        facts = {"of": draft.pk, "skip": skip, "ready": ready, "language": translation.get_language()}
        job = jobs.ask_for(kind=KIND, by=by, at=at, total=rows, **facts)
        Import.objects.filter(pk=draft.pk).update(job=job.pk, state=Import.State.WAITING)
    return job


def work(job: Job, beat: Beat) -> dict[str, Any]:
    """Load it; done again after a kill it is loaded once. A refusal is a result, in sentences, and leaves a draft."""
    draft = Import.objects.get(pk=job.facts["of"])
    if draft.state == Import.State.DONE:
        return {"batch": draft.batch_id}
    by = get_user_model()._default_manager.get(pk=job.by_id or 0)
    with translation.override(job.facts.get("language") or "en"):
        try:
            beat.step(0, said="reading")
            plan = plan_of(draft, table_of(draft))
            beat.step(0, len(plan.rows), "judging")
            skip = bool(job.facts.get("skip"))
            how = {
                "skip_bad_rows": skip,
                "job": job.pk,
                "beat": beat,
                "then": lambda loaded: _ended(draft, loaded, job),
            }
            loaded = run(draft, plan, by=by, clock=beat.clock, **how)
        except (ImportRefused, Refused) as no:
            return _refused(draft, no.messages())
        except NotAFile as no:
            return _refused(draft, [no.message])
    return {"batch": draft.batch_id, "counts": loaded.counts}


def _ended(draft: Import, loaded: Loaded, job: Job) -> None:
    """Keep what came of it, and let the upload go: with the load, or not at all. Raises NotAFile: fewer."""
    done, ready = sum(each.what in (CREATED, UPDATED) for each in loaded.outcome), job.facts.get("ready", 0)
    if done < ready and loaded.earlier is None:
        raise NotAFile("fewer", now=done, ready=ready)
    draft.batch = loaded.batch or loaded.earlier
    draft.counts = loaded.counts | {"earlier": loaded.earlier is not None}
    draft.state = Import.State.DONE
    draft.save(update_fields=["batch", "counts", "state"])
    data = b"".join(outcome_csv(loaded.outcome))
    ImportFile.objects.filter(of=draft).delete()
    ImportFile.objects.create(of=draft, what=OUTCOME, data=data)


def _refused(draft: Import, sentences: list[str]) -> dict[str, Any]:
    Import.objects.filter(pk=draft.pk, state=Import.State.WAITING).update(state=Import.State.DRAFT)
    return {"refused": sentences}


def try_it(job: Job, beat: Beat) -> dict[str, Any]:
    """Try it, and keep the figures and the first faulty rows."""
    draft = Import.objects.get(pk=job.facts["of"])
    by = get_user_model()._default_manager.get(pk=job.by_id or 0)
    with translation.override(job.facts.get("language") or "en"):
        try:
            beat.step(0, said="reading")
            table = table_of(draft)
            plan = plan_of(draft, table)
            beat.step(0, len(plan.rows), "judging")
            loaded = run(draft, plan, by=by, clock=beat.clock, trial=True, skip_bad_rows=True, beat=beat)
        except Refused as no:
            return {"refused": no.messages()}
        except NotAFile as no:
            return {"refused": [no.message]}
        return {"key": job.facts["key"], "trial": trial_of(plan, loaded)}
