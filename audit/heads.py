"""Heads of seals, kept where whoever holds the database does not reach: a file, mail, or the standard output.

A head proves its own seal and, by the chain, all before it. Sent out after the commit: a head whose write failed is
written the next time; a mail that failed is only logged, for the next one proves as much.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from .models import Seal

try:
    import fcntl
except ImportError:  # there are no file locks like these on Windows
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)
TOLD = ("number", "at", "count", "previous", "root", "head", "mac", "key_name")


def line_of(seal: Seal) -> str:
    """What is told of a seal, as one line of JSON."""
    facts = {name: getattr(seal, name) for name in TOLD} | {"at": seal.at.isoformat(timespec="microseconds")}
    return json.dumps(facts, separators=(",", ":"))


def read_heads(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The heads in a file, in its order. Raises OSError, and ValueError naming the line that cannot be read."""
    found = []
    for number, line in enumerate(Path(path).read_bytes().splitlines(), start=1):
        head = _read(line)
        if head is None and line.strip():
            raise ValueError(f"{path}, line {number}: not a head")
        if head:
            found.append(head)
    return found


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        head = json.loads(line)
        return head if isinstance(head["number"], int) and isinstance(head["head"], str) else None
    except (ValueError, TypeError, KeyError):
        return None


def send_out(made: list[Seal]) -> None:
    """Write to the file of heads those it lacks, and mail those just made. Neither failing stops anything."""
    try:
        if settings.SEAL_HEADS:
            _append(Path(settings.SEAL_HEADS))
    except OSError:
        logger.exception("The heads of seals were not written to %s; they are next time.", settings.SEAL_HEADS)
    try:
        if settings.SEAL_MAIL and made:
            _mail(made)
    except Exception:
        logger.exception("The heads of seals were not mailed; the next one proves as much.")


def _append(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX)
        whole = _whole_lines(file)
        missing = _missing({line["head"] for line in map(_read, whole) if line})
        file.write(b"".join(line_of(seal).encode() + b"\n" for seal in missing))
        file.flush()
        os.fsync(file.fileno())


def _whole_lines(file: IO[bytes]) -> list[bytes]:
    """The lines of the file; what a killed writer left of its last one is taken away."""
    file.seek(0)
    text = file.read()
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) < len(text):
        file.truncate(len(whole))
    return whole.splitlines()


def _missing(known: set[str]) -> list[Seal]:
    """Seals newer than the newest whose head is known, oldest first."""
    found = []
    for seal in Seal.objects.order_by("-number").iterator():
        if seal.head in known:
            break
        found.append(seal)
    return found[::-1]


def _mail(made: list[Seal]) -> None:
    last = made[-1]
    subject = _("Seal %(number)s: %(head)s") % {"number": last.number, "head": last.head[:16]}
    words = _("Keep this mail. It proves what the trail held, also to somebody who may write to the database.")
    body = "\n".join([words, "", *(line_of(seal) for seal in made), ""])
    EmailMessage(settings.EMAIL_SUBJECT_PREFIX + subject, body, to=settings.SEAL_MAIL).send()
