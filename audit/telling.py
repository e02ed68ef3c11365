"""What events say. The rooms that write an event of some kind also say here how people read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

Facts = Mapping[str, Any]
Said = str | list[tuple[str, Any, Any]]

GROUPS: dict[str, Any] = {
    "sign-in": _("Sign-ins"),
    "refused": _("Refused attempts"),
    "people": _("People and roles"),
    "export": _("Exports"),
    "other": _("Other events"),
}


@dataclass(frozen=True)
class Told:
    """A kind of event: its `name`, the `group` it is filtered by, and what its facts say.

    `tells(facts, known)` gives a sentence, or fields as (label, before, after); `known` is what `reads()` gave, which
    is asked once for a page.
    """

    name: Any
    group: str
    tells: Callable[[Facts, Any], Said]
    reads: Callable[[], Any]


_told: dict[str, Told] = {}


def track_event(
    kind: str,
    name: Any,
    *,
    group: str = "other",
    tells: Callable[[Facts, Any], Said] = lambda facts, known: "",
    reads: Callable[[], Any] = dict,
) -> None:
    """Say how events of `kind` are read. `group` is one of GROUPS. Raises ValueError for another."""
    if group not in GROUPS:
        raise ValueError(f"group is one of {tuple(GROUPS)}, not {group!r}")
    _told[kind] = Told(name, group, tells, reads)


def told(kind: str) -> Told:
    """How the kind is read; one that nobody told of by its own word."""
    return _told.get(kind) or Told(capfirst(kind.replace("_", " ")), "other", lambda facts, known: "", dict)


def kinds_of(group: str) -> list[str]:
    """The kinds of events of a group; for "other" those of no group."""
    return [kind for kind, each in _told.items() if each.group == group]


def kinds_told() -> list[str]:
    """All kinds that somebody told of."""
    return list(_told)
