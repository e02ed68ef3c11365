"""The manifest of a backup: what it is, when and of what it was made, and what it holds."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from django.conf import settings

from .errors import CannotRestore

FORMAT, FORMAT_VERSION = "redate-backup", 1
FOREIGN = "This is no backup of Redate."
PAYLOADS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
VENDORS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Manifest:
    """`holds` is what facts.read found in the database at `at`; `sha256` and `bytes` are those of the payload."""

    redate: str
    vendor: str
    at: str
    by: str
    holds: dict[str, Any]
    bytes: int
    sha256: str
    format: str = FORMAT
    format_version: int = FORMAT_VERSION

    @property
    def moment(self) -> dt.datetime:
        """When it was made."""
        return dt.datetime.fromisoformat(self.at)

    @property
    def payload(self) -> str:
        """The name of the payload in the file."""
        return PAYLOADS[self.vendor]

    @property
    def migrations(self) -> set[tuple[str, str]]:
        """The schema it was made with."""
        return {(app, name) for app, name in self.holds["migrations"]}

    @property
    def seal(self) -> int:
        """The number of the last seal; 0 for none."""
        return self.holds["seal"][0] if self.holds["seal"] else 0

    @property
    def head(self) -> str:
        """The head of the last seal."""
        return self.holds["seal"][1] if self.holds["seal"] else ""

    @property
    def records(self) -> int:
        """How many records it holds."""
        return sum(self.holds["records"].values())

    @property
    def history(self) -> int:
        """How many rows of the trail it holds."""
        return sum(self.holds["history"].values())

    def as_json(self) -> bytes:
        """As it stands in the file."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()


def read(text: bytes) -> Manifest:
    """The manifest in that text. Raises CannotRestore for one that is not ours, or newer than this code."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise CannotRestore(FOREIGN)
        if told["format_version"] > FORMAT_VERSION:
            raise CannotRestore("A newer Redate made this backup. Install that one, then restore.")
        manifest = Manifest(**{name: told[name] for name in Manifest.__dataclass_fields__})
        _make_sure(manifest)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CannotRestore(f"{FOREIGN} (Its manifest cannot be read.)") from error
    return manifest


def _make_sure(manifest: Manifest) -> None:
    """Raise ValueError or the like where something stands there that is not to be believed."""
    names = [*manifest.holds["records"], *manifest.holds["history"]]
    counts = [*manifest.holds["records"].values(), *manifest.holds["history"].values(), manifest.bytes]
    fit = all(map(_TABLE.fullmatch, names)) and all(isinstance(each, int) for each in counts)
    if not fit or manifest.moment.tzinfo is None or manifest.vendor not in PAYLOADS:
        raise ValueError("not a manifest")
    _ = manifest.migrations, manifest.seal, manifest.head[:0], manifest.by[:0], manifest.redate[:0]


@cache
def redate_version() -> str:
    """The version of this code."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["version"]
