"""Commands act as somebody, with that person's rights; and what only commands may do, no page can reach."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from records.models import Batch, Customer, FollowUp
from tests import cast as make
from tests.cast import days
from tests.records.doing import give
from tests.records.importing.uploading import CSV
from tests.records.many import change, moved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def commands(cast: make.Cast, tmp_path: Path) -> dict[str, tuple[Any, ...]]:
    """Each command that changes anything for somebody, all but for who that is."""
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    made = change(moved([call], -days(1)), cast.owner)
    (moves := tmp_path / "moves.csv").write_text(f"number,new time\n{call.number},2026-03-12 10:00\n")
    (rows := tmp_path / "rows.csv").write_text(CSV)
    shift = ("--type", "followup", "--filter", "", "--shift", "-1h", "--note", "x", "--reason", "other")
    return {
        "by file": ("change_entry_time", "--csv", str(moves), "--type", "followup", "--note", "x", "--reason", "other"),
        "by filter": ("change_entry_time", *shift),
        "undo": ("undo_batch", str(made.batch.pk), "--note", "x"),
        "import": ("import_records", str(rows), "--type", "customer", "--zone", "Asia/Shanghai"),
        "purge": ("purge", "rows", "--table", "followup", "--before", "2026-03-18", "--reason", "x"),
    }


def stands() -> tuple[Any, ...]:
    """All that they could change."""
    kept = (FollowUp.history.count(), Customer.history.count(), Batch.objects.count())
    return *kept, list(FollowUp.objects.values_list("entered_at", "version"))


def does(name: str, command: tuple[Any, ...], who: str) -> str:
    """Do it in full; gives what it answers where it refuses."""
    more = ["--no-backup"] if name in ("by file", "by filter", "undo") else []
    more += ["--apply"] if name != "import" else []
    try:
        call_command(*command, "--by", who, *more)
    except CommandError as no:
        return str(no)
    return ""


@pytest.mark.parametrize("who", ["gone", "outsider", "stranger", "auditor", "nobody"])
def test_a_command_does_nothing_for_who_may_not(cast, commands, who):
    before = stands()
    for name, command in commands.items():
        assert "invalid choice" not in does(name, command, who)
        assert stands() == before, name


@pytest.mark.parametrize("name", ["by file", "by filter", "undo", "import"])
def test_and_all_of_it_for_who_may(cast, commands, name):
    before = stands()
    assert does(name, commands[name], "administrator") == ""
    assert stands() != before


def switches_on() -> int:
    """How many of the switches of the triggers are on."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT count(*) FROM audit_switch")
        else:
            asked = "coalesce((current_setting('audit.{}', true) = 'on')::int, 0)"
            cursor.execute(f"SELECT {asked.format('maintenance')} + {asked.format('app_delete')}")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("breaks", [False, True])
def test_a_page_that_deletes_a_grant_leaves_no_switch_on(cast, sign_in, monkeypatch, breaks):
    record = make.customer(cast.owner)
    grant = give(cast, record)
    client = sign_in(cast.manager)
    client.raise_request_exception = False
    if breaks:
        monkeypatch.setattr("records.services.grants.tell_of_grant", lambda *args, **kwargs: 1 / 0)
    said = client.post(f"/access/grants/customer/user/{grant.pk}/revoke/", {"version": 1, "why": "x", "confirmed": "y"})
    assert said.status_code == (500 if breaks else 302), said.content
    assert switches_on() == 0
    assert type(grant).objects.filter(pk=grant.pk).exists() is breaks


def test_no_page_reaches_what_takes_rows_out_of_the_trail():
    code = "import django, sys; django.setup(); import crm.urls; from django.urls import get_resolver as g; "
    code += "g().url_patterns; print([m for m in sys.modules if 'purging' in m or m.endswith('commands.flush')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]", done.stdout
