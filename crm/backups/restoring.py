"""The way back: everything about the file is known before anything is touched, and what stood there is kept."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction

from audit import triggers
from audit.events import record_event
from audit.models import Job

from . import archive, elsewhere, facts, fitting, postgres_place, sqlite_place
from .errors import CannotRestore
from .manifest import Manifest

EVENT = "restored"
_PLACES = {"sqlite": sqlite_place, "postgresql": postgres_place}
Clock = Callable[[], dt.datetime]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What was restored, and where the database that stood there is kept (empty where there was none)."""

    manifest: Manifest
    kept: str


def restore(path: str | os.PathLike[str], *, clock: Clock, tell: Tell = lambda said: None) -> Restored:
    """Put a backup in the place of the database; what stood there is kept beside under a dated name.

    Raises CannotRestore, and then nothing was touched. `tell` hears what is done now.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a restore cannot be part of a transaction")
    manifest = examine(path)
    place, at = _PLACES[connection.vendor], clock()
    place.make_sure(manifest)
    tell("Unpacking beside the database.")
    beside = place.beside(at)
    try:
        place.fill(beside, Path(path))
        with elsewhere.looking_at(beside):
            _bring_up(manifest, Path(path), at, tell)
        tell("Changing places.")
        kept = place.swap(beside, at)
    except BaseException:
        place.drop(beside)
        raise
    elsewhere.forget()
    return Restored(manifest, kept)


def examine(path: str | os.PathLike[str]) -> Manifest:
    """The manifest of a file that may be restored here. Raises CannotRestore; touches nothing."""
    manifest = archive.check(Path(path))
    fitting.make_sure(manifest)
    return manifest


def _bring_up(manifest: Manifest, path: Path, at: dt.datetime, tell: Tell) -> None:
    """Make sure that it is what the manifest says, then bring it to the schema of this code."""
    compare(manifest)
    if fitting.is_older():
        tell("Bringing its schema up to date.")
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if triggers.compare():
        triggers.install()
    if wrong := triggers.compare():
        raise CannotRestore("The triggers that keep the trail could not be put back: " + "; ".join(wrong[:3]))
    if connection.vendor == "postgresql":
        postgres_place.give_rights()
    with transaction.atomic():
        _settle(at)
        record_event(kind=EVENT, by=None, at=at, channel="command", what=_told(manifest, path))


def compare(manifest: Manifest) -> None:
    """Raise CannotRestore unless the database that is looked at holds what the manifest says."""
    told = manifest.holds
    if facts.read(elsewhere.asker(), told["records"], told["history"]) != told:
        raise CannotRestore("The database in the file does not hold what its manifest says. Take another backup.")


def _settle(at: dt.datetime) -> None:
    """Long work of that time is over, and everybody signs in again: who signed out since stays out."""
    unfinished = Job.objects.filter(state__in=(Job.State.WAITING, Job.State.RUNNING))
    unfinished.update(state=Job.State.STOPPED, ended_at=at, result={"error": "a backup was restored"})
    Session.objects.all().delete()


def _told(manifest: Manifest, path: Path) -> dict[str, Any]:
    return {"file": str(path), "made_at": manifest.at, "seal": manifest.seal, "rows": manifest.history}
