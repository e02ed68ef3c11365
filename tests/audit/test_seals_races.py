"""Sealers beside writers, beside each other, and killed: one chain, no row lost, none twice. Real transactions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from unittest import mock

import pytest
from django.conf import settings
from django.db import connection, transaction

from audit import seals
from audit.models import Seal, SealLeaf
from audit.seals import seal
from tests.audit.house import POSTGRES
from tests.audit.sealing import assert_chain, event, sealed_rows, stored_rows
from tests.beside import Beside, together
from tests.cast import NOW, clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.skipif(not POSTGRES, reason="SQLite has one writer at a time")
def test_a_smaller_id_that_commits_late_is_sealed_by_the_next_seal(db):
    written, go_on, held = threading.Event(), threading.Event(), []
    seal(clock)

    def slowly():
        with transaction.atomic():
            held.append(event().pk)
            written.set()
            assert go_on.wait(20)

    slow = Beside(slowly)
    assert written.wait(20)
    above = event()
    assert above.pk > held[0]
    assert seal(clock).count == 1
    go_on.set()
    assert slow.answer() is None
    assert seal(clock).count == 1
    assert sealed_rows()[-2:] == [("audit.event", above.pk), ("audit.event", held[0])]
    assert_chain()


def test_two_sealers_at_once_make_one_chain(db):
    for _round in range(10):
        for _ in range(9):
            event()
        with mock.patch.object(seals, "MOST", 4):
            answers = together(*[lambda: seal(clock)] * 2)
        assert not [answer for answer in answers if isinstance(answer, BaseException)], answers
    assert sorted(sealed_rows()) == sorted(stored_rows())
    assert_chain()


def test_rows_written_while_sealing_are_sealed_once(db):
    done = threading.Event()

    def write():
        for _ in range(400):
            event()
        done.set()

    writing = Beside(write)
    with mock.patch.object(seals, "MOST", 20):
        while not done.wait(0.02):  # a pause: SQLite lets tight writers starve each other
            seal(clock)
    assert writing.answer() is None
    seal(clock)
    assert sorted(sealed_rows()) == sorted(stored_rows())
    assert Seal.objects.count() > 2
    assert_chain()


KILLED = """
import os, signal, django
django.setup()
from django.db import connection
from audit import seals
from audit.models import Seal, SealLeaf
from audit.times import now
def die(*args, **kwargs):
    assert SealLeaf.objects.count() > 50
    os.kill(os.getpid(), signal.SIGKILL)
Seal.save = die
seals.seal(now)
"""


def test_a_killed_sealer_leaves_nothing_and_the_next_one_seals_all(db):
    for _ in range(50):
        event()
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=settings.BASE_DIR, env=environment(), timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not SealLeaf.objects.exists()
    assert not Seal.objects.exists()
    assert seal(clock).count == len(stored_rows()) > 50
    assert_chain()


def environment():
    """That of a process which works on this test's database."""
    facts = connection.settings_dict
    address = f"sqlite:///{facts['NAME']}"
    if POSTGRES:
        address = f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"
    return os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "tests.settings"}


def test_times_of_seals_do_not_matter_for_their_order(db):
    """The clock of a second machine may be behind."""
    event()
    seal(clock)
    event()
    assert seal(lambda: NOW.replace(year=2025)).number == 2
    assert_chain()
