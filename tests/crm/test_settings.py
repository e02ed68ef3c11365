"""A start with dangerous settings does not happen; it says what to set instead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
SECRET = "c5b1f0a9-not-a-sample-but-long-enough-for-a-test-3e7d"
OURS = (
    "DEBUG",
    "DEMO",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "HTTPS",
    "PROXIES",
    "SQLITE_SYNCHRONOUS",
    "SEAL_KEY",
    "SEAL_KEYS_OLD",
    "DJANGO_ALLOW_ASYNC_UNSAFE",  # the tests set it for the browser
)


@pytest.fixture
def start(tmp_path):
    """`manage.py check` in a process of its own, with these settings and none of ours."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        environment |= {"REDATE_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "crm.settings"} | settings
        return subprocess.run(
            [sys.executable, "manage.py", *(arguments or ("check",))],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


SAMPLE = "insecure-sample-secret-for-development-only"
REFUSED = {
    "nothing set at all": ({}, "SECRET_KEY"),
    "no secret": ({"DEBUG": "0"}, "SECRET_KEY"),
    "an empty secret": ({"DEBUG": "0", "SECRET_KEY": ""}, "SECRET_KEY"),
    "the sample secret": ({"DEBUG": "0", "SECRET_KEY": SAMPLE}, "SECRET_KEY"),
    "a short secret": ({"DEBUG": "0", "SECRET_KEY": "x" * 31}, "SECRET_KEY"),
    "a demo without debugging": ({"DEBUG": "0", "SECRET_KEY": SECRET, "DEMO": "1"}, "DEMO"),
    "another database": ({"DEBUG": "1", "DATABASE_URL": "mysql://root@localhost/crm"}, "DATABASE_URL"),
    "a database file that may tear": ({"DEBUG": "1", "SQLITE_SYNCHRONOUS": "maybe"}, "SQLITE_SYNCHRONOUS"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses_to_start(start, name):
    settings, named = REFUSED[name]
    done = start(**settings)
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert named in done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "settings", [{"DEBUG": "1"}, {"DEBUG": "1", "DEMO": "1"}, {"DEBUG": "0", "SECRET_KEY": SECRET}]
)
def test_it_starts(start, settings):
    done = start(**settings)
    assert done.returncode == 0, done.stderr


PRODUCTION = {"DEBUG": "0", "SECRET_KEY": SECRET, "ALLOWED_HOSTS": "crm.example"}
DEPLOY = ("check", "--deploy", "--fail-level", "WARNING")


def test_a_production_start_satisfies_django_s_own_checks(start):
    done = start(*DEPLOY, SEAL_KEY=SECRET[::-1], **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("key", ["", "x" * 31, "insecure-sample-seal-key-for-development-only"])
def test_production_without_a_key_for_seals_starts_warns_and_seals_nothing(start, key):
    warned = start(*DEPLOY, SEAL_KEY=key, **PRODUCTION)
    assert warned.returncode == 1
    assert "redate.W002" in warned.stderr
    assert "SEAL_KEY is missing, too short or the sample one" in warned.stderr
    refused = start("seal", SEAL_KEY=key, **PRODUCTION)
    assert refused.returncode == 1
    assert "Set it to 50 random characters" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_production_has_no_debug_pages_no_demo_and_only_secure_cookies(start):
    names = "DEBUG, DEMO, SESSION_COOKIE_SECURE, CSRF_COOKIE_SECURE, SECURE_SSL_REDIRECT, SESSION_COOKIE_HTTPONLY"
    code = f"from django.conf import settings as s; print([getattr(s, n) for n in {names!r}.split(', ')])"
    done = start("shell", "--no-imports", "-c", code, DEBUG="0", SECRET_KEY=SECRET)
    assert done.stdout.strip() == "[False, False, True, True, True, True]", done.stderr


def test_the_trail_cannot_be_switched_off_by_a_setting(settings):
    settings.SIMPLE_HISTORY_ENABLED = False
    assert "redate.E001" in [message.id for message in checks.run_checks()]


def test_a_try_start_is_for_debugging_only():
    with pytest.raises(CommandError, match="gunicorn"):
        call_command("start")


def test_each_page_forbids_what_does_not_come_from_here(db):
    response = Client().get("/accounts/login/", follow=True)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_connection_is_set_as_the_settings_say(db):
    """A line that looks on may do nothing: the database is asked."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
            assert connection.transaction_mode == "IMMEDIATE"
        else:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('timezone')")
            assert cursor.fetchone() == ("8s", "UTC")
