"""What a case has at hand, and how it says which one it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from records.importing.errors import NotAFile
from records.services.imports import ImportRefused
from tests.cast import Cast
from tests.records.importing import doing

DATA = Path(__file__).parents[3] / "data"
FILES, CSV = DATA / "edge-cases", DATA / "csv"
LONDON, NEW_YORK, SHANGHAI = ZoneInfo("Europe/London"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")
CASES: dict[str, Callable[[World], None]] = {}


@dataclass
class World:
    """The cast, a way to sign in, the clock of the pages."""

    cast: Cast
    sign_in: Any
    at_now: Any

    @property
    def by(self) -> Any:
        """Who imports."""
        return self.cast.administrator

    def store(self, data: Any, record_type: str, mapping: Any, **options: Any) -> Any:
        """Load a table; `said` is of Spec."""
        return doing.store(data, record_type, mapping, self.by, **options)

    def refused(self, data: Any, record_type: str, mapping: Any, **options: Any) -> list[Any]:
        """What rows a load is refused for; nothing is stored."""
        with pytest.raises(ImportRefused) as no:
            self.store(data, record_type, mapping, **options)
        return no.value.errors

    def no_file(self, data: Any, record_type: str, mapping: Any, **options: Any) -> NotAFile:
        """Why a file or a column cannot be used."""
        with pytest.raises(NotAFile) as no:
            self.store(data, record_type, mapping, **options)
        return no.value

    def post_time(self, record: Any, text: str, person: Any, **data: Any) -> Any:
        """Confirm a time in the form of the card."""
        form = {
            "version": str(record.version),
            "entered_at": text,
            "why": "typing_error",
            "note": "As it was.",
            "confirmed": "yes",
        }
        return self.sign_in(person).post(reverse(record.page("entry_time"), args=[record.pk]), form | data)


def case(number: str) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    """This function is that case."""

    def keep(function: Callable[[World], None]) -> Callable[[World], None]:
        CASES[number] = function
        return function

    return keep


def file(name: str) -> bytes:
    """A file of the cases."""
    return ((FILES if (FILES / name).exists() else CSV) / name).read_bytes()


def utc(*numbers: int) -> dt.datetime:
    """A moment in UTC."""
    return dt.datetime(*numbers, tzinfo=dt.UTC)


def text(response: Any) -> str:
    """What a page says."""
    return response.content.decode()
