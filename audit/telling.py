"""What events say. The rooms that write an event of some kind also say here how people read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

Facts = Mapping[str, Any]
Said = str | list[tuple[str, Any, Any]]


class Concern(NamedTuple):
    """The row of the trail that an event speaks of, in words: `kind` is the label of its model, `row_id` its id."""

    words: str
    kind: str
    row_id: int


GROUPS: dict[str, Any] = {
    "sign-in": _("Sign-ins"),
    "review": _("Reviews"),
    "refused": _("Refused attempts"),
    "people": _("People and roles"),
    "export": _("Exports"),
    "other": _("Other events"),
}


@dataclass(frozen=True)
class Told:
    """A kind of event: its `name`, the `group` it is filtered by, and what its facts say.

    `tells(facts, known)` gives a sentence, or fields as (label, before, after); `words(facts, known)` what a person
    wrote, `concerns(facts, known)` the row that it speaks of. `known` is what `reads` gave of the facts of a page.
    """

    name: Any
    group: str = "other"
    tells: Callable[[Facts, Any], Said] = lambda facts, known: ""
    reads: Callable[[list[Facts]], Any] = lambda facts: {}
    words: Callable[[Facts, Any], str] = lambda facts, known: str(facts.get("note", ""))
    concerns: Callable[[Facts, Any], Concern | None] = lambda facts, known: None


_told: dict[str, Told] = {}


def track_event(kind: str, name: Any, *, group: str = "other", **more: Any) -> None:
    """Say how events of `kind` are read; `more` are the other fields of Told. Raises ValueError for no group."""
    if group not in GROUPS:
        raise ValueError(f"group is one of {tuple(GROUPS)}, not {group!r}")
    _told[kind] = Told(name, group, **more)


def told(kind: str) -> Told:
    """How the kind is read; one that nobody told of by its own word."""
    return _told.get(kind) or Told(capfirst(kind.replace("_", " ")))


def kinds_of(group: str) -> list[str]:
    """The kinds of events of a group; for "other" those of no group."""
    return [kind for kind, each in _told.items() if each.group == group]


def kinds_told() -> list[str]:
    """All kinds that somebody told of."""
    return list(_told)
