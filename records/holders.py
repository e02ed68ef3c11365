"""People, roles and teams by what is typed: a name, a name for signing in, an id, or what a suggestion wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from audit.words import in_a_row

from .models.access import OWN, person

SUGGESTED = 10
_SIGN_IN = re.compile(r".*[(（]([^()（）]+)[)）]", re.DOTALL)
_ID = re.compile(r"(?:([a-z]+):)?(\d+)", re.ASCII)


class Nobody(Exception):
    """Nobody, or more than one, is meant; `str()` is the sentence, empty where an id was given."""


@dataclass(frozen=True)
class Circle:
    """Those who may be chosen somewhere: people, and groups of roles and teams (none where people alone are meant).

    `all_people` and `all_groups` are understood when they are named, and not suggested: filters find those who have
    left, and a service says why somebody may not be let in.
    """

    people: QuerySet
    groups: QuerySet | None = None
    all_people: QuerySet | None = None
    all_groups: QuerySet | None = None

    def find(self, text: str) -> Any:
        """The person, or the group of the role or team, that the text means. Raises Nobody. At most three queries."""
        if (asked := _ID.fullmatch(text)) is not None:
            return self._by_id(*asked.groups())
        meant = [*self._groups_meant(text), *self._people_meant(text)]
        if len(meant) == 1:
            return meant[0]
        close = meant or self._close(text)
        raise Nobody(_several(text, close) if meant else _nobody(text, close))

    def suggest(self, text: str) -> list[str]:
        """At most ten texts, each of which means one. Two queries, one without groups."""
        return [written(each) for each in self._close(text)]

    def _by_id(self, kind: str | None, pk: str) -> Any:
        rows = {"group": self._groups, "user": self._people, None: self._people}.get(kind)
        found = rows.filter(pk=int(pk)).first() if rows is not None and len(pk) < 19 else None
        if found is None:
            raise Nobody
        return found

    @property
    def _people(self) -> QuerySet:
        return self.people if self.all_people is None else self.all_people

    @property
    def _groups(self) -> QuerySet | None:
        return self.groups if self.all_groups is None else self.all_groups

    def _people_meant(self, text: str) -> list[Any]:
        name = text.strip()
        by_sign_in = _SIGN_IN.fullmatch(name)
        named = Q(username__iexact=name) | Q(display_name__iexact=name)
        if by_sign_in is not None:
            exact = list(self._people.filter(username__iexact=by_sign_in[1].strip())[:1])
            if exact:
                return exact
        return list(self._people.filter(named).order_by("pk")[: SUGGESTED + 1])

    def _groups_meant(self, text: str) -> list[Any]:
        folded = text.strip().casefold()
        groups = _listed(self._groups)
        return [each for each in groups if folded in (written(each).casefold(), name_of(each).casefold())]

    def _close(self, text: str) -> list[Any]:
        words = text.strip()
        folded = words.casefold()
        groups = [each for each in _listed(self.groups) if folded in written(each).casefold()]
        people = self.people
        for word in words.split()[:4]:
            people = people.filter(Q(display_name__icontains=word) | Q(username__icontains=word.strip("()（）")))
        return [*groups, *people.order_by("display_name", "username")[:SUGGESTED]][:SUGGESTED]


def named(text: str) -> list[str]:
    """What of a text may be somebody's name, or name for signing in."""
    by_sign_in = _SIGN_IN.fullmatch(text.strip())
    return [by_sign_in[1].strip()] if by_sign_in else [text.strip()]


def _listed(groups: QuerySet | None) -> list[Any]:
    """Groups of roles in their order, then of teams by name."""
    found = list(groups) if groups is not None else []
    roles = sorted((g for g in found if hasattr(g, "role")), key=lambda g: (g.role.order, g.role.key))
    return [*roles, *sorted((g for g in found if hasattr(g, "team")), key=lambda g: g.team.name)]


def name_of(holder: Any) -> str:
    """What people call a person, or the role or team that a group belongs to."""
    if isinstance(holder, Group):
        return str(getattr(holder, "role", None) or getattr(holder, "team", None) or holder)
    return str(holder)


def written(holder: Any) -> str:
    """The text that means this one and no other: `Lin Yue (lin)`, `Sales (role)`, `East (team)`; "" for nobody."""
    if holder is None:
        return ""
    name = {"name": name_of(holder)}
    if isinstance(holder, Group):
        return _("%(name)s (role)") % name if hasattr(holder, "role") else _("%(name)s (team)") % name
    return holder.username if holder.username == name["name"] else f"{name['name']} ({holder.username})"


def _several(text: str, found: Iterable[Any]) -> str:
    names = in_a_row(written(each) for each in found)
    return _("More than one is called %(name)s. Write which one: %(candidates)s.") % {
        "name": text.strip(),
        "candidates": names,
    }


def _nobody(text: str, close: list[Any]) -> str:
    if not close:
        return _("Nobody here is called %(name)s. Write a name, or the name for signing in.") % {"name": text.strip()}
    names = in_a_row(written(each) for each in close[:5])
    return _("Nobody here is called %(name)s. Close to it: %(candidates)s.") % {
        "name": text.strip(),
        "candidates": names,
    }


# ---- who may be chosen where ----


def _people() -> QuerySet:
    return get_user_model()._default_manager.only("pk", "display_name", "username", "is_active", "email", "team")


def _groups() -> QuerySet:
    groups = Group.objects.select_related("role", "team")
    return groups.filter(Q(role__isnull=False) | Q(team__isnull=False))


def may_own() -> QuerySet:
    """Active people who may own records."""
    people = get_user_model()._default_manager.filter(is_active=True, groups__permissions__codename=OWN)
    return people.filter(groups__permissions__content_type__app_label="records").distinct()


def owners(user: Any) -> Circle:
    """Those who may own records."""
    return Circle(may_own())


def others(user: Any) -> Circle:
    """Active people but oneself."""
    return Circle(_people().filter(is_active=True).exclude(pk=user.pk))


def holders(user: Any) -> Circle:
    """Whom one may let in: active people, roles and teams, but oneself and groups one belongs to."""
    return Circle(others(user).people, _groups().exclude(pk__in=person(user).groups), _people(), _groups())


def everybody(user: Any) -> Circle:
    """Active people, roles and teams."""
    return Circle(_people().filter(is_active=True), _groups())


def listed(user: Any) -> Circle:
    """As everybody, for filters: those who have left are understood too."""
    return Circle(_people().filter(is_active=True), _groups(), _people())


def listed_people(user: Any) -> Circle:
    """People, for filters."""
    return Circle(_people().filter(is_active=True), None, _people())


CIRCLES = {each.__name__: each for each in (owners, others, holders, everybody, listed, listed_people)}
