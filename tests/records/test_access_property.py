"""THE question in random worlds: by rule, one by one, in bulk and as a queryset, the answer is the same."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from audit.acts import act
from crm.models import Role, User
from records.access import Checker
from records.models import GRANTS, RECORDS, CompanyRules, TypeRule
from records.models._entry_time_key import key
from records.models.access import CHANGE, REDATE, VIEW, permission_id
from records.permissions import ROLES, codenames
from tests import cast as make
from tests.cast import NOW, clock, days

KINDS = (VIEW, CHANGE, REDATE)
ENDS = (NOW - days(1), NOW, NOW + days(1), NOW + days(300))  # the second ends at the very moment that is asked about


@dataclass
class World:
    """People, records and grants, kept as plain facts beside the database."""

    dice: random.Random
    sees_all: bool
    owners_may: set[str]
    people: list[User] = field(default_factory=list)
    roles: dict[int, tuple[str, ...]] = field(default_factory=dict)
    records: list[Any] = field(default_factory=list)
    grants: list[dict[str, Any]] = field(default_factory=list)


def build(seed: int) -> World:
    dice = random.Random(seed)
    world = World(dice, dice.random() < 0.5, {name for name in RECORDS if dice.random() < 0.6})
    make.set_rule(CompanyRules.objects.get(), sales_see_all=world.sees_all)
    for rule in TypeRule.objects.all():
        make.set_rule(rule, owners_may=rule.record_type in world.owners_may)
    teams = [make.team(f"Team {seed} {number}") for number in range(3)]
    world.people = [make.person(f"p{number}", "sales", dice.choice([None, *teams])) for number in range(9)]
    _records(world)
    for person in world.people[:9]:
        _become(world, person)
    _grants(world, [team.group for team in teams] + [role.group for role in Role.objects.all()])
    return world


def _become(world: World, person: User) -> None:
    """What a person is by now; as one of sales they could own records."""
    dice = world.dice
    roles = tuple(dice.sample(list(ROLES), dice.choice((0, 1, 1, 1, 2))) if dice.random() < 0.6 else ["sales"])
    person.groups.remove(Role.objects.get(key="sales").group)
    person.groups.add(*(Role.objects.get(key=role).group for role in roles))
    person.is_active, person.is_superuser = dice.random() < 0.85, dice.random() < 0.2
    person.save()
    world.roles[person.pk] = roles


def _records(world: World) -> None:
    dice, chief = world.dice, make.person("chief", "administrator")

    def values() -> dict[str, Any]:
        owner = dice.choice(world.people)
        return {"owner": owner, "by": chief}

    for importance in ("ordinary", "key", "ordinary", "key"):
        customer = make.customer(**values(), importance=importance)
        deal = make.opportunity(**values(), customer=customer)
        call = make.follow_up(**values(), customer=customer)
        world.records += [customer, deal, call, make.contract(**values(), customer=customer)]
    world.records += [make.opportunity(**values()), make.opportunity(**values())]
    world.people.append(chief)
    world.roles[chief.pk] = ("administrator",)


def _grants(world: World, groups: list[Any]) -> None:
    """Rows as the services would write them, only quicker and without their refusals."""
    dice, granter = world.dice, world.people[-1]
    places = list(itertools.product(world.records, [*world.people, *groups], (VIEW, REDATE)))
    with transaction.atomic(), act(by=granter, reason="", note="test", channel="command", at=NOW), key():
        for record, to, kind in dice.sample(places, 40):
            holder = "user" if isinstance(to, User) else "group"
            name = record._meta.model_name
            fact = {"record": record, "to": to, "kind": kind, "until": dice.choice(ENDS)}
            fact["covers"] = name == "customer" and dice.random() < 0.5
            GRANTS[name][holder == "group"](
                content_object=record,
                permission_id=permission_id(kind.format(name)),
                granted_by=granter,
                granted_at=NOW - days(9),
                why="test",
                until=fact["until"],
                covers=fact["covers"],
                **{holder: to},
            ).save(force_insert=True)
            world.grants.append(fact)


def expected(world: World, person: User, record: Any, kind: str) -> bool:
    """Architecture in plain words: a grant in force, a role, or the owner; nothing for the inactive."""
    if not person.is_active:
        return False
    name = record._meta.model_name
    held = set().union(*(codenames(role) for role in world.roles[person.pk]))
    is_key = record.is_key
    if any(_speaks(grant, person, record, kind) for grant in world.grants):
        return True
    if kind.format(name) in held:
        sees = world.sees_all or "see_all_records" in held
        if kind == VIEW and (sees or (person.team_id is not None and record.owner.team_id == person.team_id)):
            return True
        if kind == REDATE and (not is_key or "change_key_entry_time" in held):
            return True
        if kind == CHANGE:
            return True
    if record.owner_id != person.pk or "own_records" not in held:
        return False
    return kind != REDATE or (name in world.owners_may and not is_key)


def _speaks(grant: dict[str, Any], person: User, record: Any, kind: str) -> bool:
    if kind == CHANGE or grant["until"] <= NOW:
        return False
    to = grant["to"]
    mine = to == person if isinstance(to, User) else to in person.groups.all()
    here = grant["record"] == record or (grant["covers"] and grant["record"] == record.root_customer)
    return mine and here and (grant["kind"] == kind or kind == VIEW)


SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(4, 20))]


@pytest.mark.parametrize("seed", SEEDS)
def test_check_prefetch_and_queryset_agree_with_the_rules(db, seed):
    world = build(seed)
    for person in world.people:
        user = User.objects.prefetch_related("groups").get(pk=person.pk)
        bulk = Checker(user, NOW)
        for name, model in RECORDS.items():
            mine = [record for record in world.records if record._meta.model_name == name]
            bulk.prefetch_perms(list(model.objects.filter(pk__in=[record.pk for record in mine])))
            for kind in KINDS:
                listed = set(model.objects.allowed(user, kind, NOW))
                with time_machine.travel(NOW, tick=False):
                    word = {VIEW: "visible_to", CHANGE: "changeable_by", REDATE: "redatable_by"}[kind]
                    assert set(getattr(model.objects, word)(user)) == listed
                for record in mine:
                    answer = expected(world, user, record, kind)
                    about = (seed, user.username, kind.format(name), record.pk)
                    assert (record in listed) is answer, about
                    assert bulk.has_perm(kind.format(name), record) is answer, about
                    assert Checker(user, NOW).has_perm(kind.format(name), record) is answer, about
                    assert bool(Checker(user, NOW).why(record, kind.format(name))) is answer, about
                    with time_machine.travel(NOW, tick=False):
                        assert user.has_perm(f"records.{kind.format(name)}", record) is answer, about
                        assert (f"{kind.format(name)}" in user.get_all_permissions(record)) is answer, about


# ---- who may nothing ----


@pytest.fixture
def acme(cast):
    return make.customer(cast.owner)


def test_the_inactive_the_outsider_and_a_superuser_without_a_role_may_nothing(cast, acme):
    cast.root.groups.clear()
    grants = make.grant(acme, cast.colleague, cast.senior)
    User.objects.filter(pk=cast.colleague.pk).update(is_active=False)
    call = make.follow_up(cast.owner, acme)
    for person in (cast.gone, cast.outsider, cast.root, cast.colleague, AnonymousUser(), User(username="unsaved")):
        user = User.objects.get(pk=person.pk) if person.pk else person
        for record, kind in itertools.product((acme, call), KINDS):
            permission = kind.format(record._meta.model_name)
            assert not user.has_perm(f"records.{permission}", record)
            assert not user.has_perm(f"records.{permission}")
            assert not type(record).objects.allowed(user, kind, NOW).exists()
        assert user.get_all_permissions(acme) == set() == user.get_all_permissions()
    assert grants.pk


def test_personal_permissions_count_for_nothing(cast, acme):
    cast.outsider.user_permissions.set(Permission.objects.filter(content_type__app_label="records"))
    user = User.objects.get(pk=cast.outsider.pk)
    assert not user.has_perm("records.view_customer", acme)
    assert not user.has_perm("records.view_customer")
    assert not type(acme).objects.visible_to(user).exists()


def test_a_permission_of_another_type_is_not_answered(cast, acme):
    assert cast.manager.has_perm("records.change_customer", acme)
    assert not cast.manager.has_perm("records.change_contract", acme)
    assert not cast.manager.has_perm("records.change_contract_entry_time", acme)
    assert "view_followup" not in cast.manager.get_all_permissions(acme)


def test_a_record_that_is_no_record_is_not_answered(cast):
    assert not cast.administrator.has_perm("records.view_customer", cast.owner)


# ---- the price ----


@pytest.fixture
def warm(db):
    permission_id(VIEW.format("customer"))
    ContentType.objects.get_for_models(*RECORDS.values())


@pytest.mark.parametrize("name", ["owner", "stranger", "manager", "auditor", "outsider"])
@pytest.mark.parametrize("sees_all", [True, False])
def test_queries_do_not_grow(cast, acme, warm, django_assert_max_num_queries, name, sees_all):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=sees_all)
    for _ in range(50):
        make.follow_up(cast.owner, acme)
    model, pk = RECORDS["followup"], getattr(cast, name).pk
    for kind in KINDS:
        record, user = model.objects.first(), User.objects.get(pk=pk)
        with django_assert_max_num_queries(3):
            user.has_perm(f"records.{kind.format('followup')}", record)
    records, user = list(model.objects.all()), User.objects.get(pk=pk)
    with django_assert_max_num_queries(3):
        checker = Checker(user, NOW)
        checker.prefetch_perms(records)
        [checker.has_perm(kind.format("followup"), record) for kind in KINDS for record in records]
    for kind in KINDS:
        user = User.objects.get(pk=pk)
        with django_assert_max_num_queries(2):
            list(model.objects.allowed(user, kind, NOW))


def test_two_thousand_grants_cost_as_many_queries_as_ten(cast, acme, warm, django_assert_num_queries):
    call = make.follow_up(cast.owner, acme)
    people = User.objects.bulk_create(
        User(username=f"u{number}", email=f"u{number}@redate.example") for number in range(2000)
    )
    user, made = cast.colleague, 0
    make.grant(call, user, cast.senior)
    for wanted in (10, 2000):
        with transaction.atomic(), act(by=cast.senior, reason="", note="test", channel="command", at=NOW), key():
            for person in people[made:wanted]:
                _quick_grant(acme, person, cast.senior)
        made = wanted
        fresh, record = User.objects.get(pk=user.pk), type(call).objects.get(pk=call.pk)
        with django_assert_num_queries(2):
            assert Checker(fresh, NOW).why(record, REDATE.format("followup"))
        with django_assert_num_queries(1):
            assert list(type(call).objects.redatable_by(fresh, NOW)) == [call]


def _quick_grant(record: Any, to: User, by: User) -> None:
    GRANTS["customer"][0](
        content_object=record,
        permission_id=permission_id(REDATE.format("customer")),
        granted_by=by,
        granted_at=clock(),
        why="test",
        until=NOW + days(1),
        covers=True,
        user=to,
    ).save(force_insert=True)
