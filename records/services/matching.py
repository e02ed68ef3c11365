"""Finding what a file names by text: customers and opportunities by number, id or name, people by their names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from records.models.access import OWN, person
from records.models.record import Record
from records.search import sort_key

AT_ONCE = 300  # texts per question


class Several:
    """More than one record bears the name."""


def find_records(model: type[Record], texts: Iterable[str], source: str, by: Any, at: dt.datetime) -> dict[str, Any]:
    """Text → the record it names, or Several; texts that name none are left out.

    A number comes before an id of `source`, that before another system's, that before a name. Only records that the
    person may see and that are not archived are found.
    """
    found: dict[str, Any] = {}
    for some in _chunks(sorted(set(texts) - {""})):
        keys = {sort_key(text) for text in some}
        wanted = Q(number__in=some) | Q(external_id__in=some) | Q(name_key__in=keys)
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


def existing_ids(model: type[Record], source: str, ids: Iterable[str]) -> set[str]:
    """Which ids of the source are stored already, archived or not."""
    found: set[str] = set()
    for some in _chunks(sorted(set(ids) - {""})):
        rows = model.objects.filter(external_source=source, external_id__in=some)
        found |= set(rows.values_list("external_id", flat=True))
    return found


class People:
    """Owners by the texts of a file: what was said they mean, else sign-in name, shown name or e-mail."""

    def __init__(self, said: dict[str, Any], default: Any) -> None:
        self.default = default
        self.known: dict[str, Any] = {}
        for user in get_user_model().objects.filter(is_active=True):
            for name in (user.display_name, user.email, user.username):
                self.known[name.casefold()] = user
        self.known |= {text.casefold(): user for text, user in said.items()}
        self.able: dict[int, bool] = {}

    def owner(self, text: str) -> Any:
        """The person the text names, or the default; None for nobody."""
        return self.known.get(text.casefold(), self.default) if text else self.default

    def may_own(self, user: Any) -> bool:
        """Whether that person is active and may own records."""
        if user.pk not in self.able:
            fresh = get_user_model().objects.get(pk=user.pk)
            self.able[user.pk] = fresh.is_active and OWN in person(fresh).permissions
        return self.able[user.pk]


def _chunks(texts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), AT_ONCE):
        yield texts[start : start + AT_ONCE]
