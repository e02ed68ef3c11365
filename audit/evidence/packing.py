"""Making the ZIP: readable pages in each language, the rows, their proofs, the chain, the script, what it all is."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from audit.canonical import kind_of
from audit.events import record_event
from audit.telling import Facts, track_event

from .gathering import Gathered, gather, heads_json, history_of
from .reading import page, readme

SCRIPT = Path(__file__).resolve().parent.parent / "offline" / "check_pack.py"
KIND = "evidence"
Clock = Callable[[], dt.datetime]


@dataclass(frozen=True)
class Pack:
    """The ZIP, its name, and what is kept of it."""

    name: str
    data: bytes
    facts: dict[str, Any]


def register() -> None:
    """Say how the event of an evidence pack is read."""
    track_event(KIND, gettext_lazy("Evidence pack exported"), group="export", tells=_told)


def _told(facts: Facts, known: Any) -> str:
    return _("%(rows)s rows, %(sealed)s of them sealed; SHA-256 %(digest)s") % {
        "rows": facts.get("rows", ""),
        "sealed": facts.get("sealed", ""),
        "digest": str(facts.get("sha256", ""))[:16],
    }


def export(*, record: Any, by: Any, clock: Clock, remote_addr: str | None = None) -> Pack:
    """Make the pack, and keep as an event who took it, with the hash of the very file. The caller checks the right."""
    made = make(record, by, clock)
    with transaction.atomic():
        record_event(kind=KIND, by=by, at=clock(), record=record, remote_addr=remote_addr, what=made.facts)
    return made


def pack(record: Any, viewer: Any, clock: Clock) -> bytes:
    """The ZIP of the record's evidence, in the reader's language first."""
    return make(record, viewer, clock).data


def make(record: Any, viewer: Any, clock: Clock) -> Pack:
    """The pack, and what is to be kept of it."""
    at, found = clock(), gather(record, viewer)
    data = _zip(_files(record, viewer, at, found), at)
    head = found.seals[-1].head if found.seals else ""
    facts = {"rows": len(found.rows), "sealed": len(found.proofs), "head": head, "sha256": sha256(data).hexdigest()}
    return Pack(f"evidence-{record.number}-{at:%Y%m%d-%H%M}.zip", data, facts)


def _files(record: Any, viewer: Any, at: dt.datetime, found: Gathered) -> dict[str, bytes]:
    about = {"kind": kind_of(type(record)), "history": history_of(record), "id": record.pk, "number": record.number}
    made = {"at": at.isoformat(), "by": str(viewer)}
    reader = get_language() or settings.LANGUAGE_CODE
    others = [code for code, _name in settings.LANGUAGES if code != reader]
    names = {reader: "index.html"} | {code: f"index.{code}.html" for code in others}
    pages = {names[code]: page(record, viewer, at, found, code, names).encode() for code in names}
    files = pages | {
        "README.txt": readme(record, viewer, at, found).encode(),
        "rows.json": _json({"record": about, "made": made, "rows": found.rows}),
        "proofs.json": _json({"proofs": [proof.as_json() for proof in found.proofs.values()]}),
        "heads.json": _json(heads_json(found.seals)),
        SCRIPT.name: SCRIPT.read_bytes(),
    }
    return files | {"manifest.json": _json({"sha256": {name: sha256(files[name]).hexdigest() for name in files}})}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")


def _zip(files: dict[str, bytes], at: dt.datetime) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            zipped.writestr(entry, data)
    return whole.getvalue()
