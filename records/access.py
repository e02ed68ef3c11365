"""THE question: `user.has_perm("records.change_followup_entry_time", follow_up)`, answered from three sources.

`why()` names the sources, `has_perm` is `bool(why)`. The querysets behind it stand in records/models/access.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, DateTimeField, IntegerField, Value
from django.db.models.functions import Cast
from django.utils import timezone
from guardian.backends import ObjectPermissionBackend
from guardian.core import ObjectPermissionChecker

from .models import RECORDS, Customer
from .models.access import (
    CHANGE,
    GRANTABLE,
    KEY,
    OWN,
    REDATE,
    VIEW,
    Person,
    customer_path,
    grants_of,
    kinds_that_answer,
    person,
)
from .rules import WindowLimit


@dataclass(frozen=True)
class Source:
    """Why somebody may: `kind` is user, group (grants), role, team or owner; `id` the row of a grant or rule."""

    kind: str
    id: int | None
    codename: str
    until: dt.datetime | None = None
    window: WindowLimit | None = None
    covering: bool = False

    @property
    def is_grant(self) -> bool:
        """Whether a grant says so."""
        return self.kind in ("user", "group")


GRANT_COLUMNS = (
    "id",
    "content_object_id",
    "permission__codename",
    "until",
    "days_back",
    "days_forward",
    "no_limit",
    "longest_move",
)
MANY = 200  # records from which on it pays to look first whether a person holds any grant


class Checker(ObjectPermissionChecker):
    """guardian's checker for one person at one moment: grants in force, roles, owners; no superuser shortcut."""

    user: Any

    def __init__(self, user: Any, at: dt.datetime | None = None) -> None:
        """`at` is an aware moment; the door gives the one it took after its locks."""
        super().__init__(user)
        self.at = at or timezone.now()
        self._by_class: dict[tuple[str, bool | None], list[Source]] = {}
        self._told_apart: dict[str, bool] = {}
        self._held: dict[str, list[tuple[Any, str, str]]] = {}

    @property
    def who(self) -> Person:
        """What the person holds."""
        return person(self.user)

    def has_perm(self, perm: str, obj: Any) -> bool:
        """Whether any source answers. Grants are read only where neither a role nor the owner rule does."""
        codename = perm.rpartition(".")[2]
        if self.get_local_cache_key(obj) not in self._obj_perms_cache and self._without_grants(obj, codename):
            return True
        return bool(self.why(obj, codename))

    def _without_grants(self, obj: Any, codename: str) -> bool:
        if not self.user.is_active or type(obj) not in RECORDS.values():
            return False
        return self._by_role(obj, codename) or any(s.codename == codename for s in self._owner_sources(obj))

    def get_perms(self, obj: Any) -> list[str]:
        """All codenames held on the record."""
        return sorted({source.codename for source in self.why(obj)})

    def get_user_perms(self, obj: Any) -> list[str]:
        """Codenames through the person's own grants."""
        return sorted({s.codename for s in self.why(obj) if s.kind == "user"})

    def get_group_perms(self, obj: Any) -> list[str]:
        """Codenames through roles, teams and grants to them."""
        return sorted({s.codename for s in self.why(obj) if s.kind in ("group", "role", "team")})

    def why(self, obj: Any, codename: str | None = None) -> list[Source]:
        """The sources that answer `codename` on the record, or all of them."""
        key = self.get_local_cache_key(obj)
        if key not in self._obj_perms_cache:
            self.prefetch_perms([obj])
        return [s for s in self._obj_perms_cache[key] if codename in (None, s.codename)]

    def prefetch_perms(self, objects: Iterable[Any]) -> bool:
        """Answer for many records of one type with one query of grants, and one of customers not loaded yet."""
        records = list(objects)
        found = {self.get_local_cache_key(record): record for record in records}
        if not records or not self.user.is_active or type(records[0]) not in RECORDS.values():
            self._obj_perms_cache.update(dict.fromkeys(found, ()))
            return True
        if len(records) > 1 and type(records[0]) is not Customer:
            _read_customers(records)
        stored, who = self._stored(records), self.who
        for key, record in found.items():
            sources = self._role_sources(record)
            if record.owner_id == who.id:
                sources = [*sources, *self._owner_sources(record)]
            if stored:
                sources = [*sources, *_stored_sources(record, stored)]
            self._obj_perms_cache[key] = sources
        return True

    def _stored(self, records: list[Any]) -> dict[tuple[str, Any], list[tuple[Any, ...]]]:
        """What one query says of the records: (path from record, id) → grants in force, and owners of the own team."""
        parts = []
        for grants, path, kind in self._grants(type(records[0]), len(records)):
            ids = {getattr(record, path) for record in records}
            tags = (Value(path, CharField()), Value(kind, CharField()))
            parts.append(grants.filter(content_object__in=ids).values_list(*tags, *GRANT_COLUMNS))
        if self._sees_team(records[0]):
            parts.append(self._team_mates({record.owner_id for record in records}))
        found: dict[tuple[str, Any], list[tuple[Any, ...]]] = {}
        for path, kind, pk, object_id, *columns in parts[0].union(*parts[1:], all=True) if parts else ():
            found.setdefault((path, object_id), []).append((kind, pk, *columns))
        return found

    def _grants(self, model: Any, records: int) -> list[tuple[Any, str, str]]:
        """Where grants to the person may stand. Before many records are asked about, where any stand at all."""
        name, found = model._meta.model_name, grants_of(self.who, model, self.at)
        if records > MANY and name not in self._held:
            self._held[name] = [each for each in found if each[0].exists()]
        return self._held.get(name, found) if records > MANY else found

    def _sees_team(self, record: Any) -> bool:
        """Whether the person's roles show them the records of their team only."""
        may_view = VIEW.format(record._meta.model_name) in self.who.permissions
        return may_view and not self.who.sees_all and self.who.team is not None

    def _team_mates(self, owners: set[int]) -> Any:
        """Those of the owners who are in the person's team, in the columns of a grant."""
        window = (Value(0), Value(0), Value(False), Cast(Value(None), IntegerField()))
        none = [Value(VIEW), Cast(Value(None), DateTimeField()), *window]
        mates = get_user_model().objects.order_by().filter(pk__in=owners, team=self.who.team)
        return mates.values_list(Value("owner_id", CharField()), Value("team", CharField()), "team", "pk", *none)

    def _by_role(self, record: Any, codename: str) -> bool:
        """Whether a role answers `codename`, as far as it needs no look at the record's owner."""
        name = record._meta.model_name
        if codename not in self.who.permissions or any(other in codename for other in RECORDS if other != name):
            return False
        if codename == VIEW.format(name):
            return self.who.sees_all
        return codename != REDATE.format(name) or KEY in self.who.permissions or not record.is_key

    def _role_sources(self, record: Any) -> Sequence[Source]:
        """What the person's roles say of the record: the same for all of a type and class, so worked out once."""
        name = record._meta.model_name
        known = (name, record.is_key if self._tells_apart(name) else None)
        if known not in self._by_class:
            held = (each for each in self.who.permissions if self._by_role(record, each))
            self._by_class[known] = [Source("role", None, each) for each in held]
        return self._by_class[known]

    def _tells_apart(self, name: str) -> bool:
        """Whether the person's roles may change entry times of the type, but not those of key customers."""
        if name not in self._told_apart:
            held = self.who.permissions
            self._told_apart[name] = REDATE.format(name) in held and KEY not in held
        return self._told_apart[name]

    def get_local_cache_key(self, obj: Any) -> tuple[Any, Any]:
        """Under what answers about the record are kept; guardian's own asks for the content type each time."""
        return type(obj), obj.pk

    def forget(self) -> None:
        """Forget what was answered so far: of many records, those that are done with."""
        self._obj_perms_cache.clear()

    def _owner_sources(self, record: Any) -> Iterable[Source]:
        name = record._meta.model_name
        if record.owner_id != self.who.id or OWN not in self.who.permissions:
            return
        yield Source("owner", None, VIEW.format(name))
        yield Source("owner", None, CHANGE.format(name))
        rule = self.who.owner_rules.get(name)
        if rule and not record.is_key:
            yield Source("owner", rule, REDATE.format(name))


def _read_customers(records: list[Any]) -> None:
    """Give the records their customers, those not loaded yet by one query; as a prefetch does, in less time."""
    field = records[0]._meta.get_field("customer")
    without = [record for record in records if not field.is_cached(record)]
    ids = {record.customer_id for record in without} - {None}
    found = Customer.objects.in_bulk(ids) if ids else {}
    for record in without:
        field.set_cached_value(record, found.get(record.customer_id))


def _stored_sources(record: Any, stored: dict[tuple[str, Any], list[tuple[Any, ...]]]) -> Iterable[Source]:
    if not stored:
        return
    name = record._meta.model_name
    for kind, pk, *_nothing in stored.get(("owner_id", record.owner_id), ()):
        yield Source(kind, pk, VIEW.format(name))
    for path in {"pk", customer_path(type(record))}:
        granted_on = name if path == "pk" else "customer"
        for kind, pk, codename, until, back, forward, no_limit, longest in stored.get(
            (path, getattr(record, path)), ()
        ):
            window = WindowLimit(None if no_limit else back, forward, longest)
            for asked in GRANTABLE:
                if codename in [each.format(granted_on) for each in kinds_that_answer(asked)]:
                    yield Source(kind, pk, asked.format(name), until, window, path != "pk")


class Backend(ObjectPermissionBackend):
    """Django asks here; the answers are the Checker's."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Model-wide through roles, or on one object."""
        if not user_obj.is_active:
            return False
        codename = perm.rpartition(".")[2]
        if obj is None:
            return codename in person(user_obj).permissions
        return type(obj) in RECORDS.values() and Checker(user_obj).has_perm(codename, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Every codename held."""
        if not user_obj.is_active:
            return set()
        return set(person(user_obj).permissions) if obj is None else set(Checker(user_obj).get_perms(obj))

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Codenames held through roles and teams."""
        if not user_obj.is_active:
            return set()
        return set(person(user_obj).permissions) if obj is None else set(Checker(user_obj).get_group_perms(obj))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether any role permission is held."""
        return user_obj.is_active and bool(person(user_obj).permissions)
