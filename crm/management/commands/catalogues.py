"""`manage.py catalogues`: compile the translations without gettext; check that none is missing; collect the texts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test.utils import override_settings

PLURALS = {"en": "nplurals=2; plural=(n != 1);", "zh_Hans": "nplurals=1; plural=0;"}
LOCALES = tuple(PLURALS)
IGNORED = (".venv", ".*", "var", "tests", "docs", "locale", "*/locale")


class Command(BaseCommand):
    """Compiles *.po to *.mo where the first is newer."""

    help = "Compiles the translations; --check finds what is missing, --collect brings in new texts (needs gettext)."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do besides compiling."""
        parser.add_argument("--check", action="store_true", help="exit 1 where a translation is missing")
        parser.add_argument("--collect", action="store_true", help="collect the texts from code and templates")

    def handle(self, *args: Any, check: bool, collect: bool, **options: Any) -> None:
        """Raises CommandError where `--check` finds anything."""
        home = Path(settings.LOCALE_PATHS[0])
        if collect:
            _collect(home)
            _tidy(home)
        if check:
            wrong = [sentence for locale in LOCALES for sentence in _missing(home, locale)]
            if shutil.which("xgettext"):
                wrong += _not_collected(home)
            if wrong:
                raise CommandError("\n".join(wrong))
            self.stdout.write("Every text is translated.")
        for locale in LOCALES:
            _compile(_po(home, locale))


def _po(home: Path, locale: str) -> Path:
    return home / locale / "LC_MESSAGES" / "django.po"


def _compile(po: Path) -> None:
    mo = po.with_suffix(".mo")
    if po.exists() and (not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime):
        half = mo.with_suffix(".half")  # never a half-written catalogue under a running server
        polib.pofile(po).save_as_mofile(half)
        half.replace(mo)


def _missing(home: Path, locale: str) -> Iterator[str]:
    """One sentence per text without a translation."""
    po = _po(home, locale)
    if not po.exists():
        yield f"{locale}: there is no catalogue at {po}"
        return
    for entry in polib.pofile(po):
        if entry.obsolete:
            continue
        texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy or not texts or not all(texts):
            yield f"{locale}: {'fuzzy' if entry.fuzzy else 'empty'}: {entry.msgid!r}"


def _collect(home: Path) -> None:
    """Django's makemessages, with our options stated once, into `home`."""
    for locale in LOCALES:
        _po(home, locale).parent.mkdir(parents=True, exist_ok=True)
    with override_settings(LOCALE_PATHS=[home]):
        call_command(
            "makemessages",
            locale=list(LOCALES),
            ignore_patterns=list(IGNORED),
            add_location="file",
            no_wrap=True,
            no_obsolete=True,
            verbosity=0,
        )


def _tidy(home: Path) -> None:
    """English says its own texts; headers hold what is true and nothing that changes by itself."""
    for locale, plural in PLURALS.items():
        catalogue = polib.pofile(_po(home, locale))
        catalogue.header, catalogue.metadata_is_fuzzy = "", False
        catalogue.metadata = {
            "Language": locale,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": plural,
        }
        for entry in catalogue if locale == "en" else ():
            if entry.msgid_plural:
                entry.msgstr_plural = {0: entry.msgid, 1: entry.msgid_plural}
            else:
                entry.msgstr = entry.msgid
            entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
        catalogue.save()


def _not_collected(home: Path) -> Iterator[str]:
    """One sentence per text of the code that no catalogue has, and per text of a catalogue that the code lost."""
    with tempfile.TemporaryDirectory() as folder:
        _collect(Path(folder))
        for locale in LOCALES:
            fresh, kept = _texts(_po(Path(folder), locale)), _texts(_po(home, locale))
            yield from (f"{locale}: not collected: {text!r}" for _, text, _ in sorted(fresh - kept))
            yield from (f"{locale}: no longer used: {text!r}" for _, text, _ in sorted(kept - fresh))


def _texts(po: Path) -> set[tuple[str, str, str]]:
    entries = polib.pofile(po) if po.exists() else []
    return {(entry.msgctxt or "", entry.msgid, entry.msgid_plural) for entry in entries if not entry.obsolete}
