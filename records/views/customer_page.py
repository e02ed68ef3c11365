"""The page of a customer as people work with it: who to call, the quick follow-up, the timeline, what stands open."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Exists, F, FilteredRelation, OuterRef, PositiveSmallIntegerField, Q, Value
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from audit.times import now
from records.before import marks
from records.choosing import part_of, parts_of, written
from records.forms import FollowUpForm
from records.forms.entered import EnteredForm
from records.late import late
from records.models import Contact, Contract, Customer, FollowUp, Opportunity, Reason
from records.models.access import person
from records.reach import about_to_create, reach
from records.services.following import with_follows
from records.services.judging import class_of
from records.timeline import FILTERS, name_shifts, timeline, with_last_shift, with_number_of_moves

SHOWN = 8  # lines of a panel
CLOSED = (Opportunity.Stage.WON, Opportunity.Stage.LOST)
NOTHING = Cast(Value(None), PositiveSmallIntegerField())  # where the other half of a union has a probability
CONTACT = ("id", "name", "title", "phone", "phone2", "email", "wechat", "is_main")


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; `?show=` and `?before=` move about in the timeline."""
    customer, contacts = customer_with_contacts(request, pk)
    page = timeline(request.user, customer, show=request.GET.get("show", ""), before=request.GET.get("before", ""))
    reasons = list(Reason.objects.all())
    name_shifts([customer, *page.items], {reason.code: reason.name for reason in reasons})
    context = {
        "customer": customer,
        "late": late(customer),
        "contacts": contacts,
        "main": next((contact for contact in contacts if contact.is_main), None),
        "part_of": part_of(request.user, customer),
        **_parts(request.user, customer),
        "timeline": page,
        "filters": [(key, name) for key, (name, _types) in FILTERS.items()],
        "may_add": _may_add(request.user, customer),
        **_business(request.user, customer),
        **_quick(request, customer, page.items, [reason for reason in reasons if reason.active]),
    }
    return render(request, "records/customer_detail.html", context)


def customer_with_contacts(request: HttpRequest, pk: int) -> tuple[Any, list[Contact]]:
    """The customer, if visible, with `changeable`, `follows`, `times_changed`; its contacts. One query."""
    standing = FilteredRelation("contacts", condition=Q(contacts__archived_at__isnull=True))
    mine = Customer.objects.changeable_by(request.user).filter(pk=OuterRef("pk"))
    found = Customer.objects.visible_to(request.user).filter(pk=pk).select_related("owner")
    found = with_number_of_moves(with_last_shift(found))
    found = with_follows(found, request.user).annotate(
        changeable=Exists(mine), has_parts=Exists(Customer.objects.filter(parent=OuterRef("pk"))), standing=standing
    )
    columns = {f"contact_{name}": F(f"standing__{name}") for name in CONTACT}
    rows = list(found.annotate(**columns).order_by("-standing__is_main", "standing__name", "standing__id"))
    if not rows:
        raise Http404
    contacts = [
        Contact(customer_id=pk, **{name: getattr(row, f"contact_{name}") for name in CONTACT})
        for row in rows
        if row.contact_id is not None  # type: ignore[attr-defined]
    ]
    return rows[0], contacts


def _parts(user: Any, customer: Any) -> dict[str, Any]:
    """What is part of it; asked only where something is."""
    parts, more = parts_of(user, customer) if customer.has_parts else ([], False)
    return {"parts": parts, "more_parts": more}


def _may_add(user: Any, customer: Customer) -> dict[str, bool]:
    """Which records the person may enter here; none on an archived customer."""
    permissions = person(user).permissions if customer.archived_at is None else ()
    return {name: f"add_{name}" in permissions for name in ("opportunity", "followup", "contract")}


def _business(user: Any, customer: Customer) -> dict[str, Any]:
    """Open opportunities with their sums per currency, and contracts, newest first. One query."""
    shared = ("pk", "name", "number", "amount", "currency", "entered_at")
    deals = Opportunity.objects.visible_to(user).live().filter(customer=customer).exclude(stage__in=CLOSED)
    deals = deals.values_list(Value("deal", CharField()), *shared, "stage", "probability", "expected_close_on")
    contracts = Contract.objects.visible_to(user).live().filter(customer=customer)
    contracts = contracts.values_list(Value("contract", CharField()), *shared, "status", NOTHING, "ends_on")
    names = ("kind", *shared, "state", "probability", "day")
    rows = [dict(zip(names, row, strict=True)) for row in deals.union(contracts, all=True)]
    rows.sort(key=lambda row: row["entered_at"], reverse=True)
    stages, statuses = dict(Opportunity.Stage.choices), dict(Contract.Status.choices)
    for row in rows:
        row["state"] = (stages if row["kind"] == "deal" else statuses).get(row["state"], row["state"])
    open_deals = [row for row in rows if row["kind"] == "deal"]
    signed = [row for row in rows if row["kind"] == "contract"]
    return {
        "deals": open_deals[:SHOWN],
        "more_deals": len(open_deals[SHOWN:]),
        "sums": _sums(open_deals),
        "contracts": signed[:SHOWN],
        "more_contracts": len(signed[SHOWN:]),
    }


def _sums(rows: list[dict[str, Any]]) -> list[tuple[Decimal, str]]:
    """Amounts are never added across currencies."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["amount"] is not None:
            found[row["currency"]] += row["amount"]
    return [(amount, currency) for currency, amount in sorted(found.items())]


def _quick(request: HttpRequest, customer: Customer, items: list[Any], reasons: list[Reason]) -> dict[str, Any]:
    """The forms of the quick follow-up; nothing for who may not enter one."""
    if not _may_add(request.user, customer)["followup"]:
        return {}
    draft = about_to_create(FollowUp, request.user, customer)
    rule = request.company.by_type.get("followup")  # type: ignore[attr-defined]
    entered = EnteredForm(
        reach=reach(request.user, draft, now(), rule=rule),
        record_type="followup",
        customer_class=class_of(draft),
        reasons=reasons,
        ask=request.company.new_entry_time == "ask",  # type: ignore[attr-defined]
    )
    return {
        "quick": FollowUpForm(),
        "entered": entered,
        "marks": marks(item for item in items if isinstance(item, FollowUp)),
        "written": written(customer),
    }
