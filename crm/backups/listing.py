"""The backups that lie in a folder. The files are the truth; nothing else is remembered of them but an event."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from audit.models import Event

from . import archive
from .errors import CannotRestore
from .manifest import Manifest

LOOKED_BACK = dt.timedelta(days=30)  # where backups were put lately, beside BACKUP_DIR


@dataclass(frozen=True)
class Backup:
    """One file, and what its manifest says."""

    path: Path
    manifest: Manifest
    size: int

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def at(self) -> dt.datetime:
        """When it was made."""
        return self.manifest.moment

    @property
    def records(self) -> int:
        """How many records it holds."""
        return self.manifest.records

    @property
    def history(self) -> int:
        """How many rows of the trail it holds."""
        return self.manifest.history

    @property
    def installation(self) -> str:
        """Which installation it is of."""
        return self.manifest.holds["installation"]


def in_folder(folder: Path) -> list[Backup]:
    """Our files in a folder, newest first; others are passed over."""
    found = filter(None, map(_seen, folder.glob("redate-*.redate")))
    return sorted(found, key=lambda each: (each.at, each.name), reverse=True)


def backups(now: dt.datetime) -> list[Backup]:
    """Those in BACKUP_DIR, and where the last month's were put with `--to`, newest first."""
    lately = Event.objects.filter(kind="backup", at__gte=now - LOOKED_BACK).values_list("what__file", flat=True)
    folders = {Path(settings.BACKUP_DIR)} | {Path(file).parent for file in lately if file}
    found = [each for folder in folders for each in in_folder(folder)]
    return sorted(found, key=lambda each: (each.at, each.name), reverse=True)


def _seen(path: Path) -> Backup | None:
    try:
        return Backup(path, archive.peek(path), path.stat().st_size)
    except (CannotRestore, OSError):
        return None
