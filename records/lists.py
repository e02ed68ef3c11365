"""The four lists: which columns, orders and filters each has, in which words, and what a shown row brings along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.presenters import system_reasons

from .keyset import Order, Part
from .models import Contract, Customer, FollowUp, Opportunity, Reason
from .models.opportunity import amount_key

NEWEST = Order("-entered_at", (Part("entered_at", down=True), Part("id", down=True)))
NAME = Order("name", (Part("name_key"), Part("id")))
AMOUNT = Order("-amount", (Part("amount", True, amount_key, empty="-1"), Part("id", down=True)))
CLOSED_STAGES = (Opportunity.Stage.WON, Opportunity.Stage.LOST)


def by_choice(name: str) -> Order:
    """Rows of one value together, newest first in each."""
    return Order(name, (Part(name), *NEWEST.parts))


@dataclass(frozen=True)
class Column:
    """A column: its label, its place on narrow pages, and the order that a click on its head gives."""

    label: Any
    css: str = ""
    order: Order | None = None


@dataclass(frozen=True)
class List:
    """A list of one record type."""

    model: Any
    words: dict[str, Any]
    columns: tuple[Column, ...]
    filters: tuple[str, ...]
    fields: tuple[str, ...]
    also: Callable[[QuerySet, Any], QuerySet] = lambda rows, user: rows
    finish: Callable[[list[Any], Any], None] = lambda rows, user: None

    def order(self, name: str) -> Order:
        """The order of that name, newest first for an unknown one. "-" in front turns it."""
        offered = [column.order for column in self.columns if column.order]
        known = {order.name: order for each in offered for order in (each, each.turned())}
        return known.get(name, NEWEST)

    def dress(self, rows: QuerySet, user: Any, *more: str) -> QuerySet:
        """What a shown row needs: its columns and `more`, names, the last move of its time, this list's own."""
        joined = ["owner"] + ["customer"] * (self.model is not Customer)
        names = ["owner__display_name", "owner__username"]
        if self.model is not Customer:
            names += ["customer__name", "customer__number", "customer__importance"]
            rows = rows.annotate(customer_seen=seen(Customer.objects, user, "customer_id"))
        rows = rows.select_related(*joined).only(*SHOWN, *self.fields, *names, *more)
        return self.also(with_last_move(rows), user)


SHOWN = ("number", "owner_id", "entered_at", "original_entered_at", "archived_at", "name_key", "version")


def seen(parents: Any, user: Any, path: str) -> Subquery:
    """The parent's id where the person may see that record: then its name is a link."""
    return Subquery(parents.visible_to(user).filter(pk=OuterRef(path)).values("pk")[:1])


def with_last_move(rows: QuerySet) -> QuerySet:
    """Rows with `moved_why` and `moved_by`: reason and person of the last change of their entry time."""
    moves = rows.model.history.model.objects.filter(id=OuterRef("pk"), previous_entered_at__isnull=False)  # type: ignore[attr-defined]
    moves = moves.order_by("-history_id").annotate(why=Coalesce(Subquery(reason_name()), F("reason")))
    return rows.annotate(moved_why=Subquery(moves.values("why")[:1]), moved_by=Subquery(moves.values("actor_name")[:1]))


def tell_moves(rows: list[Any]) -> list[Any]:
    """Give rows read with `with_last_move` the `last_shift` that their mark tells."""
    names = system_reasons()
    for row in rows:
        row.last_shift = {"reason": names.get(row.moved_why, row.moved_why), "actor": row.moved_by}
    return rows


def reason_name() -> QuerySet:
    """The name, in the reader's language, of the reason whose code a history row holds."""
    column = "name_zh" if (get_language() or "").startswith("zh") else "name_en"
    return Reason.objects.filter(code=OuterRef("reason")).values(column)[:1]


def with_last_follow_up(rows: QuerySet, user: Any) -> QuerySet:
    """Customers with the entry time of their last follow-up that the person may see."""
    calls = FollowUp.objects.visible_to(user).live().filter(customer=OuterRef("pk")).order_by("-entered_at", "-id")
    return rows.annotate(last_follow_up=Subquery(calls.values("entered_at")[:1]))


def add_open_value(rows: list[Any], user: Any) -> None:
    """Give customers `open_value`: (sum, currency) of their open opportunities, never added across currencies."""
    values: dict[int, list[Any]] = {row.pk: [] for row in rows}
    if rows:
        open_ones = Opportunity.objects.visible_to(user).live().filter(customer__in=values, amount__isnull=False)
        sums = open_ones.exclude(stage__in=CLOSED_STAGES).values("customer", "currency").annotate(sum=Sum("amount"))
        for found in sums.order_by("customer", "currency"):
            values[found["customer"]].append((found["sum"], found["currency"]))
    for row in rows:
        row.open_value = values[row.pk]


ENTERED, OWNER = Column(_("Entry time"), "tight", NEWEST), Column(_("Owner"))
CUSTOMER = Column(_("Customer"), "p1")

CUSTOMERS = List(
    model=Customer,
    words={
        "title": _("Customers"),
        "new": _("New customer"),
        "search": _("Search customers"),
        "hint": _("Name, number, phone"),
        "filter": _("Filter customers"),
        "nothing": _("No customer matches"),
        "empty": _("No customers yet"),
        "begin": _("Customers you enter, or may see, stand here."),
        "count": ngettext_lazy("%(n)d customer", "%(n)d customers", "n"),
    },
    columns=(
        Column(_("Customer"), "", NAME),
        Column(_("Importance"), "tight", by_choice("importance")),
        ENTERED,
        OWNER,
        Column(_("Status"), "p2", by_choice("status")),
        Column(_("Last follow-up"), "p3"),
        Column(_("Open value"), "end p2"),
    ),
    filters=("importance", "status"),
    fields=("name", "short_name", "importance", "status"),
    also=with_last_follow_up,
    finish=add_open_value,
)
OPPORTUNITIES = List(
    model=Opportunity,
    words={
        "title": _("Opportunities"),
        "new": _("New opportunity"),
        "search": _("Search opportunities"),
        "hint": _("Name, number, competitor"),
        "filter": _("Filter opportunities"),
        "nothing": _("No opportunity matches"),
        "empty": _("No opportunities yet"),
        "begin": _("Opportunities you enter, or may see, stand here."),
        "count": ngettext_lazy("%(n)d opportunity", "%(n)d opportunities", "n"),
    },
    columns=(
        Column(_("Opportunity"), "", NAME),
        Column(_("Stage"), "tight", by_choice("stage")),
        ENTERED,
        CUSTOMER,
        OWNER,
        Column(_("Expected close"), "p3"),
        Column(_("Amount"), "end p2", AMOUNT),
    ),
    filters=("stage",),
    fields=("name", "stage", "amount", "currency", "expected_close_on", "customer_id"),
)
FOLLOW_UPS = List(
    model=FollowUp,
    words={
        "title": _("Follow-ups"),
        "new": _("New follow-up"),
        "search": _("Search follow-ups"),
        "hint": _("Summary, content, next step"),
        "filter": _("Filter follow-ups"),
        "nothing": _("No follow-up matches"),
        "empty": _("No follow-ups yet"),
        "begin": _("Calls, visits and messages that you enter, or may see, stand here."),
        "count": ngettext_lazy("%(n)d follow-up", "%(n)d follow-ups", "n"),
    },
    columns=(
        Column(_("Follow-up"), "", NAME),
        Column(_("Kind"), "tight", by_choice("kind")),
        ENTERED,
        CUSTOMER,
        OWNER,
        Column(_("Next step"), "p3"),
    ),
    filters=("kind",),
    fields=("summary", "kind", "next_step", "next_step_on", "done", "customer_id"),
)
CONTRACTS = List(
    model=Contract,
    words={
        "title": _("Contracts"),
        "new": _("New contract"),
        "search": _("Search contracts"),
        "hint": _("Title, number"),
        "filter": _("Filter contracts"),
        "nothing": _("No contract matches"),
        "empty": _("No contracts yet"),
        "begin": _("Contracts you enter, or may see, stand here."),
        "count": ngettext_lazy("%(n)d contract", "%(n)d contracts", "n"),
    },
    columns=(
        Column(_("Contract"), "", NAME),
        Column(_("Status"), "tight", by_choice("status")),
        ENTERED,
        CUSTOMER,
        OWNER,
        Column(_("Ends on"), "p3"),
        Column(_("Amount"), "end p2", AMOUNT),
    ),
    filters=("status",),
    fields=("name", "status", "amount", "currency", "ends_on", "customer_id"),
)
LISTS = {"customer": CUSTOMERS, "opportunity": OPPORTUNITIES, "followup": FOLLOW_UPS, "contract": CONTRACTS}
