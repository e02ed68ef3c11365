"""Finding what a file names by text: customers and opportunities by number, id or name, people by their names."""

from __future__ import annotations

import datetime as dt
import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from records.models.access import OWN, person
from records.models.record import Record, has_outside_id
from records.search import sort_key

AT_ONCE = 300  # texts per question


def parts(texts: list[Any]) -> Iterator[list[Any]]:
    """The list in parts of AT_ONCE: as many as one question names."""
    for start in range(0, len(texts), AT_ONCE):
        yield texts[start : start + AT_ONCE]


class Several:
    """More than one record bears the name."""


def find_records(model: type[Record], texts: Iterable[str], source: str, by: Any, at: dt.datetime) -> dict[str, Any]:
    """Text → the record it names, or Several; texts that name none are left out.

    A number comes before an id of `source`, that before another system's, that before a name. Only records that the
    person may see and that are not archived are found.
    """
    found: dict[str, Any] = {}
    for some in parts(sorted(set(texts) - {""})):
        keys = {sort_key(text) for text in some}
        wanted = Q(number__in=some) | has_outside_id(some) | Q(name_key__in=keys)
        rows = list(model.objects.visible_to(by, at).live().filter(wanted).defer("search_text"))
        steps = _by_step(rows, source)
        for text in some:
            matches: list[Any] = next((step[key] for key, step in _keys(text, steps) if key in step), [])
            if matches:
                found[text] = matches[0] if len(matches) == 1 else Several
    return found


def _by_step(rows: list[Any], source: str) -> list[dict[str, list[Any]]]:
    numbers: dict[str, list[Any]] = {}
    own: dict[str, list[Any]] = {}
    others: dict[str, list[Any]] = {}
    names: dict[str, list[Any]] = {}
    for row in rows:
        numbers.setdefault(row.number, []).append(row)
        names.setdefault(row.name_key, []).append(row)
        if row.external_id:
            (own if row.external_source == source else others).setdefault(row.external_id, []).append(row)
    return [numbers, own, others, names]


def _keys(text: str, steps: list[dict[str, list[Any]]]) -> Iterator[tuple[str, dict[str, list[Any]]]]:
    for step in steps[:-1]:
        yield text, step
    yield sort_key(text), steps[-1]


class Ambiguous:
    """More than one person is called so."""


class People:
    """Owners by the texts of a file: what was said they mean, else sign-in name, shown name or e-mail.

    `default` is the owner for texts that name nobody, `blank` for those that are empty.
    """

    def __init__(self, said: dict[str, Any], default: Any, blank: Any = None) -> None:
        self.default, self.blank = default, blank or default
        self.known: dict[str, Any] = {}
        for name, user in _names():
            other = self.known.get(name.casefold(), user)
            self.known[name.casefold()] = user if other == user else Ambiguous
        self.known.pop("", None)
        self.known |= {text.casefold(): user for text, user in said.items()}
        self.able: dict[int, bool] = {}
        self.texts = owner_texts()

    def owner(self, text: str) -> Any:
        """The person the text names, or the default; None for nobody, Ambiguous for several."""
        return self.known.get(text.casefold(), self.default) if text else self.blank

    def near(self, text: str) -> str:
        """Who may have been meant by a text that names nobody: the shown name, or ""."""
        able = [name for name, user in self.known.items() if user is not Ambiguous]
        cutoff = 0.5 if len(text) <= 3 else 0.7  # of a Chinese name of two letters one may be wrong
        found = difflib.get_close_matches(text.casefold(), able, n=1, cutoff=cutoff)
        return str(self.known[found[0]]) if found else ""

    def may_own(self, user: Any) -> bool:
        """Whether that person is active and may own records."""
        if user.pk not in self.able:
            fresh = get_user_model().objects.get(pk=user.pk)
            self.able[user.pk] = fresh.is_active and OWN in person(fresh).permissions
        return self.able[user.pk]


def owner_texts() -> dict[int, str]:
    """What every person is called in a file so that it names them alone: shown name, e-mail or sign-in name."""
    names = list(_names(active=False))
    times = Counter(name for name, _pk in {(name.casefold(), user.pk) for name, user in names})
    found: dict[int, str] = {}
    for name, user in names:
        if name and times[name.casefold()] == 1:
            found.setdefault(user.pk, name)
    return found


def _names(*, active: bool = True) -> Iterator[tuple[str, Any]]:
    """(name, person), all shown names first; the rest of a person's names follow."""
    people = list(get_user_model().objects.order_by("pk").filter(**({"is_active": True} if active else {})))
    for attribute in ("display_name", "email", "username"):
        for user in people:
            yield getattr(user, attribute) or "", user
