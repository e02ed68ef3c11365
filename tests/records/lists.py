"""What the tests of the lists share: rows as people read them, statements, records moved and archived."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.services.entry_time import change_entry_time
from records.services.records import archive_record
from tests.cast import clock

MOST_QUERIES = 8


@dataclass
class Shown:
    """A list page: status, text, titles of its rows in order, foot, statements."""

    status: int
    text: str
    titles: list[str]
    foot: str
    statements: list[str] = field(default_factory=list)

    def link(self, name: str) -> str:
        """The address behind the id of a link; empty where it is no link."""
        found = re.search(rf'href="([^"]*)"[^>]* id="{name}"', self.text)
        return unescape(found[1]) if found else ""


def see(client: Any, address: str) -> Shown:
    """Fetch a list page."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    text = response.content.decode()
    titles = [unescape(re.sub("<[^>]+>", "", t)) for t in re.findall(r'<a class="title" href="[^"]*">(.*?)</a>', text)]
    foot = re.search(r'<span role="status">([^<]*)', text)
    statements = [q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    return Shown(response.status_code, text, titles, foot[1] if foot else "", statements)


def cell(text: str, css: str) -> list[str]:
    """The texts of the cells of that class."""
    cells = re.findall(rf'<td class="{css}[^"]*" role="cell">(.*?)</td>', text, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]+>", " ", each)).split()) for each in cells]


def at(moment: dt.datetime) -> Any:
    """A clock that stands at that moment."""
    return lambda: moment


def move(record: Any, by: Any, moment: dt.datetime, reason: str = "typing_error", clock: Any = clock) -> None:
    """Change an entry time."""
    about = {"record": record, "seen_version": record.version, "entered_at": moment, "reason": reason, "note": ""}
    change_entry_time(**about, by=by, channel="web", clock=clock)


def archive(record: Any, by: Any) -> None:
    """Put a record away."""
    archive_record(record=record, seen_version=record.version, by=by, reason="", note="", channel="web", clock=clock)
