"""The guard: there is no other way into a guarded row than the services. Every way that Django offers is tried."""

from __future__ import annotations

import ast
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core import serializers
from django.core.management import call_command
from django.db import models, transaction
from django.db.models import F
from django.forms import modelform_factory
from guardian.shortcuts import assign_perm, remove_perm
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from audit.acts import act
from crm.models import Role
from records.models import GRANTS, RECORDS, Contact, Customer, CustomerUserGrant, FollowUp, Reason, TypeRule, Window
from records.models._entry_time_key import is_open, key
from records.models.guard import NotThroughTheDoor, StaleRow
from records.services.contacts import add_contact
from records.services.grants import Terms, grant
from tests import cast as make
from tests.cast import NOW, clock, days

EARLIER = NOW - days(2)
ROOT = Path(__file__).resolve().parents[2]
REFUSED = "guarded rows change only through|grants are made and ended by"


@pytest.fixture
def house(cast):
    """A customer with a follow-up, a contact and a grant, and another customer beside it."""
    make.customer(cast.owner, name="Other")
    customer = make.customer(cast.owner, name="First")
    make.follow_up(cast.owner, customer)
    add_contact(customer=customer, values={"name": "Li Wei"}, by=cast.owner, channel="web", clock=clock)
    terms = Terms(until=NOW + days(9), days_back=3)
    grant(record=customer, to=cast.colleague, terms=terms, why="Holiday", by=cast.manager, channel="web", clock=clock)
    return customer


def twin(customer: Customer, **values) -> Customer:
    """Another instance that pretends to be the customer, or a new one."""
    names = ("name", "owner", "entered_at", "original_entered_at", "recorded_at")
    return Customer(**{name: getattr(customer, name) for name in names} | {"number": "C-2026-9999"} | values)


def changed(customer: Customer, **values) -> Customer:
    """The instance with other values, not saved."""
    for name, value in values.items():
        setattr(customer, name, value)
    return customer


def call(customer: Customer) -> FollowUp:
    return customer.follow_ups.get()


def bound_form(customer: Customer):
    """A form of Django's over the model: its save would write the record."""
    form = modelform_factory(Customer, fields=["name"])({"name": "By form"}, instance=customer)
    assert form.is_valid()
    return form


def load(customer: Customer, **values) -> None:
    fixture = Path("/tmp") / f"redate-{customer.pk}.json"
    fixture.write_text(serializers.serialize("json", [changed(customer, **values)]))
    try:
        call_command("loaddata", str(fixture), verbosity=0)
    finally:
        fixture.unlink()


def wait(function, *args, **kwargs):
    """The answer of a function of Django's that is to be awaited."""

    async def run():
        return await function(*args, **kwargs)

    return async_to_sync(run)()


def other(customer: Customer) -> Customer:
    return Customer.objects.exclude(pk=customer.pk).get()


def fields_of(customer: Customer) -> dict:
    return {
        f.name: getattr(customer, f.name) for f in Customer._meta.concrete_fields if f.name not in ("id", "version")
    }


def moments(customer: Customer) -> dict:
    names = ("owner", "entered_at", "original_entered_at", "recorded_at")
    return {name: getattr(customer, name) for name in names}


WAYS = {
    # an instance
    "save": lambda c: changed(c, name="X").save(),
    "save no fields": lambda c: changed(c, name="X").save(update_fields=[]),
    "save entered_at": lambda c: changed(c, entered_at=EARLIER).save(update_fields=["entered_at"]),
    "save original": lambda c: changed(c, original_entered_at=EARLIER).save(update_fields=["original_entered_at"]),
    "save recorded_at": lambda c: changed(c, recorded_at=EARLIER).save(update_fields=["recorded_at"]),
    "save number": lambda c: changed(c, number="C-1").save(update_fields=["number"]),
    "save owner": lambda c: changed(c, owner_id=c.owner_id + 1).save(update_fields=["owner"]),
    "save owner_id": lambda c: changed(c, owner_id=c.owner_id + 1).save(update_fields=["owner_id"]),
    "save importance": lambda c: changed(c, importance="key").save(update_fields=["importance"]),
    "save archived_at": lambda c: changed(c, archived_at=NOW).save(update_fields=["archived_at"]),
    "save parent": lambda c: changed(call(c), customer_id=c.pk + 1).save(update_fields=["customer"]),
    "save name and time": lambda c: changed(c, name="X", entered_at=EARLIER).save(update_fields=["name", "entered_at"]),
    "save F()": lambda c: changed(c, entered_at=F("recorded_at")).save(update_fields=["entered_at"]),
    "save positional": lambda c: changed(c, name="X").save(False, True),
    "save a twin": lambda c: twin(c, pk=c.pk, entered_at=EARLIER).save(),
    "save a twin, forced": lambda c: twin(c, pk=c.pk, entered_at=EARLIER).save(force_update=True),
    "save a twin's field": lambda c: twin(c, pk=c.pk, name="X").save(update_fields=["name"]),
    "save a new one": lambda c: twin(c).save(),
    "save_base": lambda c: changed(c, name="X").save_base(),
    "save_base fields": lambda c: changed(c, entered_at=EARLIER).save_base(update_fields={"entered_at"}),
    "save_base raw": lambda c: changed(c, entered_at=EARLIER).save_base(raw=True),
    "save_base new": lambda c: twin(c).save_base(force_insert=True),
    "without history": lambda c: changed(c, name="X").save_without_historical_record(),
    "delete": lambda c: c.delete(),
    "delete a child": lambda c: call(c).delete(),
    "asave": lambda c: wait(changed(c, name="X").asave),
    "adelete": lambda c: wait(c.adelete),
    "form": lambda c: bound_form(c).save(),
    "loaddata": lambda c: load(c, entered_at=EARLIER),
    "loaddata new": lambda c: load(twin(c)),
    # a queryset or a manager
    "update": lambda c: Customer.objects.update(entered_at=EARLIER),
    "update name": lambda c: Customer.objects.filter(pk=c.pk).update(name="X"),
    "update version": lambda c: Customer.objects.update(version=9),
    "update with search_text": lambda c: Customer.objects.update(search_text="X", name="X"),
    "update by base manager": lambda c: Customer._base_manager.update(entered_at=EARLIER),
    "update by default manager": lambda c: Customer._default_manager.all().update(entered_at=EARLIER),
    "aupdate": lambda c: wait(Customer.objects.aupdate, entered_at=EARLIER),
    "bulk_update": lambda c: Customer.objects.bulk_update([changed(c, entered_at=EARLIER)], ["entered_at"]),
    "abulk_update": lambda c: wait(Customer.objects.abulk_update, [changed(c, name="X")], ["name"]),
    "bulk_create": lambda c: Customer.objects.bulk_create([twin(c)]),
    "bulk_create conflicts": lambda c: Customer.objects.bulk_create(
        [twin(c, pk=c.pk, name="X")], update_conflicts=True, unique_fields=["id"], update_fields=["name"]
    ),
    "abulk_create": lambda c: wait(Customer.objects.abulk_create, [twin(c)]),
    "create": lambda c: Customer.objects.create(**fields_of(twin(c))),
    "acreate": lambda c: wait(Customer.objects.acreate, **fields_of(twin(c))),
    "get_or_create": lambda c: Customer.objects.get_or_create(number="C-1", defaults=fields_of(twin(c, number="C-1"))),
    "update_or_create": lambda c: Customer.objects.update_or_create(pk=c.pk, defaults={"entered_at": EARLIER}),
    "update_or_create phone": lambda c: Contact.objects.update_or_create(name="Li Wei", defaults={"phone": "1"}),
    "aupdate_or_create": lambda c: wait(Customer.objects.aupdate_or_create, pk=c.pk, defaults={"name": "X"}),
    "delete all": lambda c: Customer.objects.all().delete(),
    "adelete all": lambda c: wait(FollowUp.objects.all().adelete),
    "raw delete": lambda c: FollowUp.objects.all()._raw_delete("default"),
    # the other side of a relation
    "related add": lambda c: other(c).follow_ups.add(call(c)),
    "related add, one by one": lambda c: other(c).follow_ups.add(call(c), bulk=False),
    "related set": lambda c: other(c).follow_ups.set([call(c)]),
    "related create": lambda c: c.follow_ups.create(summary="X", **moments(c)),
    "related get_or_create": lambda c: c.follow_ups.get_or_create(summary="X", defaults=moments(c)),
    "related update_or_create": lambda c: c.follow_ups.update_or_create(summary="X", defaults=moments(c)),
    "related update": lambda c: c.follow_ups.update(summary="X"),
    "related delete": lambda c: c.follow_ups.all().delete(),
    "contacts create": lambda c: c.contacts.create(name="Somebody"),
    "contacts update": lambda c: c.contacts.update(name="Somebody"),
    "contact delete": lambda c: Contact.objects.get().delete(),
    # grants and rules
    "grant save": lambda c: changed(CustomerUserGrant.objects.get(), days_back=999).save(update_fields=["days_back"]),
    "grant update": lambda c: CustomerUserGrant.objects.update(until=None),
    "grant delete": lambda c: CustomerUserGrant.objects.get().delete(),
    "grants delete": lambda c: CustomerUserGrant.objects.all().delete(),
    "grant create": lambda c: CustomerUserGrant.objects.create(
        content_object=c, user=c.owner, permission_id=1, granted_by=c.owner, granted_at=NOW, why="X"
    ),
    "guardian assigns": lambda c: assign_perm("change_customer_entry_time", c.owner, c),
    "guardian assigns many": lambda c: assign_perm("change_customer_entry_time", [c.owner], c),
    "guardian removes": lambda c: remove_perm("change_customer_entry_time", CustomerUserGrant.objects.get().user, c),
    "guardian's manager assigns": lambda c: CustomerUserGrant.objects.assign_perm("view_customer", c.owner, c),
    "guardian's manager removes": lambda c: CustomerUserGrant.objects.remove_perm("view_customer", c.owner, c),
    "guardian's manager, many": lambda c: CustomerUserGrant.objects.bulk_assign_perm("view_customer", c.owner, [c]),
    "group grants assign": lambda c: GRANTS["customer"][1].objects.assign_perm(
        "view_customer", c.owner.groups.first(), c
    ),
    "rule save": lambda c: changed(TypeRule.objects.first(), owners_may=False).save(update_fields=["owners_may"]),
    "rule update": lambda c: TypeRule.objects.update(closed_through=None),
    "rule delete": lambda c: TypeRule.objects.first().delete(),
    "reason create": lambda c: Reason.objects.create(code="new", name_en="New", name_zh="新"),
    "windows add": lambda c: Role.objects.last().windows.add(Window.objects.first()),
    "windows create": lambda c: Role.objects.last().windows.create(
        record_type="customer", customer_class="key", days_back=9
    ),
    "windows set": lambda c: Role.objects.last().windows.set([Window.objects.first()], bulk=False),
    # the history's own ways
    "history's instance": lambda c: c.history.first().instance.save(),
    "history's bulk update": lambda c: bulk_update_with_history([changed(c, name="X")], Customer, ["name"]),
    "history's bulk create": lambda c: bulk_create_with_history([twin(c)], Customer),
}


def everything() -> dict:
    """All that is stored, and the number of history rows per table."""
    guarded = [Contact, TypeRule, Window, Reason, *RECORDS.values(), *(m for pair in GRANTS.values() for m in pair)]
    rows = {m.__name__: list(m.objects.order_by("pk").values()) for m in guarded}
    return rows | {f"{m.__name__} history": m.history.model.objects.count() for m in guarded}


@pytest.mark.parametrize("way", WAYS)
def test_every_other_way_in_is_refused_and_nothing_is_stored(cast, house, way):
    """Inside an act and a transaction, so that nothing but the guard can be the reason."""
    before = everything()
    with act(by=cast.owner, reason="other", note="", channel="web", at=NOW) as opened:
        opened.about(house, previous_entered_at=house.entered_at)
        with pytest.raises(RuntimeError, match=REFUSED), transaction.atomic():
            WAYS[way](house)
    assert everything() == before


def test_the_derived_columns_may_be_updated_and_leave_no_row(house):
    before = Customer.history.model.objects.count()
    assert Customer.objects.filter(pk=house.pk).update(search_text="zz", name_key="aa") == 1
    stored = Customer.objects.get(pk=house.pk)
    assert (stored.search_text, stored.version) == ("zz", house.version)
    assert Customer.history.model.objects.count() == before


def test_the_key_opens_inserts_and_locked_fields(cast, house):
    """The ways refused above are refused for want of the key: with it they pass."""
    with transaction.atomic(), act(by=cast.owner, reason="other", note="", channel="web", at=NOW) as opened, key():
        opened.about(house, previous_entered_at=house.entered_at)
        changed(house, entered_at=EARLIER).save(update_fields=["entered_at"])
        twin(house).save(force_insert=True)
    assert Customer.objects.filter(entered_at=EARLIER).count() == 2


def test_the_key_lies_down_again_after_an_error():
    with pytest.raises(ZeroDivisionError), key():
        raise ZeroDivisionError
    assert not is_open()


def test_the_key_of_one_thread_opens_nothing_in_another():
    with key(), ThreadPoolExecutor(1) as pool:
        assert not pool.submit(is_open).result()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_saved_outside_a_transaction(cast, house):
    """Row and history are two statements: without a transaction one could stay without the other."""
    before = everything()
    with act(by=cast.owner, reason="other", note="", channel="web", at=NOW), key():
        for attempt in (lambda: changed(house, name="X").save(update_fields=["name"]), lambda: twin(house).save()):
            with pytest.raises(NotThroughTheDoor):
                attempt()
    assert everything() == before


def test_a_row_that_moved_on_is_not_overwritten(cast, house):
    late = Customer.objects.get(pk=house.pk)
    with act(by=cast.owner, reason="", note="", channel="web", at=NOW):
        with transaction.atomic():
            changed(house, name="First again").save(update_fields=["name"])
        with pytest.raises(StaleRow), transaction.atomic():
            changed(late, name="Late").save(update_fields=["name"])
    assert late.version == 1
    assert Customer.objects.get(pk=house.pk).name == "First again"


def test_a_value_changed_in_memory_beside_a_saved_field_is_neither_stored_nor_told(cast, house):
    """`save(update_fields=["name"])` with another entry time in memory: the history says what the row holds."""
    with transaction.atomic(), act(by=cast.owner, reason="", note="", channel="web", at=NOW):
        changed(house, name="New", entered_at=EARLIER).save(update_fields=["name"])
    stored, told = Customer.objects.get(pk=house.pk), house.history.latest()
    assert stored.entered_at == told.entered_at == NOW
    assert (told.name, told.previous_entered_at) == ("New", None)


@pytest.mark.parametrize(
    "way",
    [
        lambda c: models.QuerySet(Customer).filter(pk=c.pk).update(entered_at=EARLIER),
        lambda c: models.QuerySet.update(Customer.objects.filter(pk=c.pk), entered_at=EARLIER),
        lambda c: Customer.objects.filter(pk=c.pk)._update([(Customer._meta.get_field("entered_at"), None, EARLIER)]),
    ],
    ids=["plain queryset", "method of the base", "private half"],
)
def test_a_way_around_the_guard_on_purpose_is_caught_by_the_trigger(house, way):
    way(house)
    told = house.history.latest()
    assert (told.channel, told.previous_entered_at, told.entered_at, told.version) == ("sql", NOW, EARLIER, 2)


def test_only_the_named_modules_hold_the_key():
    """The contract in pyproject.toml names them; this finds them by reading the source, also inside functions."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = next(c for c in contracts if c["name"] == "few hold the key of the guard")["allowed_importers"]
    holders = set()
    for path in (p for room in ("crm", "records", "audit") for p in (ROOT / room).rglob("*.py")):
        names = {
            f"{node.module or ''}.{name.name}" if isinstance(node, ast.ImportFrom) else name.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        if any("_entry_time_key" in name for name in names):
            holders.add(".".join(path.relative_to(ROOT).with_suffix("").parts))
    rooms = {"records.services.entry_time"}  # a package: named as a whole, it covers what is in it
    inside = {holder for holder in holders for room in rooms if holder.startswith(f"{room}.")}
    assert holders - inside | (rooms if inside else set()) == set(named)
