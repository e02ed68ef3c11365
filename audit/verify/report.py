"""What a run found: each thing with its place, a sentence and what to do; and whether all is whole."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from . import sentences

MOST = 1_000  # findings of one code that are named one by one; the others are counted


@dataclass(frozen=True)
class Found:
    """One thing found. `kind` is the label of the model whose row `row_id` is meant, `facts` what its sentence needs.

    `about` tells findings of one code apart that name no row; `check` is the check that found it.
    """

    code: str
    kind: str = ""
    row_id: int | None = None
    record_type: str = ""
    record_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    about: str = ""
    check: str = ""

    @property
    def key(self) -> str:
        """By which the same thing is known again in the next run."""
        row = "" if self.row_id is None else str(self.row_id)
        mark = hashlib.sha256(self.about.encode()).hexdigest()[:16] if self.about else ""
        return ":".join(("verify", self.check, self.code, self.kind, row, mark))

    @property
    def sentence(self) -> str:
        """What is the matter, in the reader's language."""
        return sentences.sentence(self.code, self.facts)

    @property
    def what_to_do(self) -> str:
        """What to do about it, in the reader's language."""
        return sentences.what_to_do(self.code)

    @property
    def place(self) -> str:
        """The table and the row, for a line of a terminal."""
        row = "" if self.row_id is None else f" row {self.row_id}"
        record = f" ({self.record_type} {self.record_id})" if self.record_type else ""
        return f"{self.facts.get('table', self.kind)}{row}{record}"


@dataclass
class Report:
    """What a run looked at and what it found. `head` is that of the newest seal, `checks` those that were made.

    `uncounted` findings stand in no list: there were more than MOST of one code.
    """

    at: dt.datetime
    rows: int = 0
    seals: int = 0
    head: str = ""
    number: int = 0
    since: int = 0
    waiting: int = 0
    purged: int = 0
    purges: int = 0
    heads: str = ""
    seconds: float = 0.0
    checks: list[str] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)
    _codes: Counter[str] = field(default_factory=Counter)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self._codes

    @property
    def total(self) -> int:
        """How many things were found, named or not."""
        return sum(self._codes.values())

    @property
    def codes(self) -> dict[str, int]:
        """How many of each code, named or not."""
        return dict(self._codes)

    @property
    def uncounted(self) -> int:
        """How many were found that `findings` does not name."""
        return self.total - len(self.findings)

    def add(self, found: Found) -> None:
        """Keep one thing found."""
        self._codes[found.code] += 1
        if self._codes[found.code] <= MOST:
            self.findings.append(found)

    def take(self, part: Report) -> None:
        """Keep all that another report found."""
        for found in part.findings:
            self.add(found)
        for code, count in part.codes.items():
            self._codes[code] += max(0, count - MOST)

    def drop(self, found: Found) -> None:
        """Forget a thing that is no longer found."""
        self.findings.remove(found)
        self._codes[found.code] -= 1
        self._codes += Counter()  # leaves out what counts nothing

    @property
    def sentence(self) -> str:
        """Whether the trail is whole, in one sentence or two."""
        return sentences.wholeness(self)
