"""The file: a ZIP of the manifest and the payload, whose comment is the SHA-256 of all bytes before it.

Any ZIP program opens it; ours refuses a file of which one bit differs.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from . import manifest as manifests
from .errors import CannotRestore
from .manifest import FOREIGN, Manifest

MANIFEST = "manifest.json"
PIECE = 1 << 20
MARK, DIGEST = b"sha256:", 64
_MOST = 4 << 20  # bytes of a manifest
_FIRST = b"PK\x03\x04"
_DAMAGED = "The file is damaged: {}. Take another backup."


def write(path: Path, manifest: Manifest, payload: Path) -> None:
    """Write the file, readable by its owner alone, and make sure it is on the disk."""
    packed = zipfile.ZIP_DEFLATED if manifest.vendor == "sqlite" else zipfile.ZIP_STORED  # pg_dump packs by itself
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        with zipfile.ZipFile(file, "w", packed, compresslevel=6) as archive:
            archive.writestr(MANIFEST, manifest.as_json())
            archive.write(payload, manifest.payload)
            archive.comment = MARK + b"0" * DIGEST
        digest = _digest(file, file.seek(0, os.SEEK_END) - DIGEST)
        file.seek(-DIGEST, os.SEEK_END)
        file.write(digest)
        file.flush()
        os.fsync(file.fileno())


def peek(path: Path) -> Manifest:
    """The manifest alone, for lists: the payload is not looked at. Raises CannotRestore."""
    with _opened(path) as archive:
        return _manifest(archive)


def check(path: Path) -> Manifest:
    """The manifest of a file that is whole: every byte was read. Raises CannotRestore."""
    with _opened(path) as archive:
        _whole(path)
        manifest = _manifest(archive)
        held = sha256()
        with archive.open(manifest.payload) as payload:
            size = sum(held.update(piece) or len(piece) for piece in _pieces(payload))
    if (held.hexdigest(), size) != (manifest.sha256, manifest.bytes):
        raise CannotRestore("The manifest is that of another backup: the database in the file is not the one it names.")
    return manifest


def unpack(path: Path, to: Path) -> None:
    """The payload as a file of its own, readable by its owner alone."""
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file, _opened(path) as archive, archive.open(_manifest(archive).payload) as payload:
        for piece in _pieces(payload):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return _digest(file, path.stat().st_size).decode()


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with path.open("rb") as file:
            if file.read(len(_FIRST)) != _FIRST:
                raise CannotRestore(FOREIGN)
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise CannotRestore(f"{path} could not be read or unpacked: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, RuntimeError) as error:
        raise CannotRestore(_DAMAGED.format("it is cut off, or altered")) from error
    except Exception as error:
        if type(error).__module__ != "zlib":
            raise
        raise CannotRestore(_DAMAGED.format("what it holds cannot be unpacked")) from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    names = archive.namelist()
    if MANIFEST not in names or archive.getinfo(MANIFEST).file_size > _MOST:
        raise CannotRestore(FOREIGN)
    manifest = manifests.read(archive.read(MANIFEST))
    if sorted(names) != sorted([MANIFEST, manifest.payload]):
        raise CannotRestore(FOREIGN)
    return manifest


def _whole(path: Path) -> None:
    """Raise CannotRestore unless the comment is the hash of all bytes before it."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size <= DIGEST + len(MARK):
            raise CannotRestore(FOREIGN)
        digest = _digest(file, size - DIGEST)
        if file.read() != digest:
            raise CannotRestore(_DAMAGED.format("its checksum differs"))


def _digest(file: IO[bytes], size: int) -> bytes:
    """SHA-256 of the first bytes; the file then stands behind them."""
    file.seek(0)
    held = sha256()
    while size > 0 and (piece := file.read(min(PIECE, size))):
        held.update(piece)
        size -= len(piece)
    return held.hexdigest().encode()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
