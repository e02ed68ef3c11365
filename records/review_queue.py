"""Reading the queue of the review: changes that wait, those reviewed, and how many there are."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit import displays
from audit.ids import id_in
from audit.models import Review, ReviewItem
from audit.presenters import system_reasons

from . import review_risk, review_words
from .filters import Menu, PeopleField
from .keyset import Order, Page, Part, paginate
from .models import RECORDS, Batch
from .models.access import person
from .services.reviews import record_of

SIZE, LATELY = 20, 5
RISKIEST = Order("risk", (Part("risk", down=True), Part("at"), Part("id")))
LATEST = Order("-state_at", (Part("state_at", down=True), Part("id", down=True)))
STATES = {"": "open", "done": "ok", "back": "back"}
COLUMNS = (
    "history_id",
    "id",
    "history_date",
    "history_user_id",
    "actor_name",
    "actor_role",
    "owner_id",
    "previous_entered_at",
    "entered_at",
    "reason",
    "history_change_reason",
    "channel",
    "requester_name",
    "approver_name",
    "allowed_by_kind",
    "allowed_by_id",
    "exception_id",
    "db_user",
)


@dataclass(frozen=True)
class Shown:
    """An item of the queue as the pages show it.

    `row` is the history row; `record` is None where the viewer may not see it, and then nothing of it is shown.
    """

    item: ReviewItem
    row: dict[str, Any]
    record: Any
    reason: str
    undone: bool = False
    reviews: list[Review] = field(default_factory=list)

    @property
    def is_many(self) -> bool:
        """Whether it stands for several records."""
        return self.item.rows > 1

    @property
    def type_name(self) -> str:
        """The type of the record."""
        meta = RECORDS[self.item.record_type]._meta
        return str(meta.verbose_name_plural) if self.is_many else capfirst(str(meta.verbose_name))

    @property
    def title(self) -> str:
        """What people call it."""
        if self.is_many:
            return _("%(number)s %(type)s") % {"number": self.item.rows, "type": self.type_name}
        return self.record.title

    @property
    def batch(self) -> str:
        """The number of the batch that it is."""
        return f"B-{self.item.batch:04d}"

    @property
    def actor(self) -> str:
        """Who made the change; "" where nobody knows."""
        return self.row["actor_name"]

    @property
    def at(self) -> dt.datetime:
        """When, to the minute."""
        return self.row["history_date"].replace(second=0, microsecond=0)

    @property
    def words(self) -> str:
        """The person's words."""
        return self.row["history_change_reason"]

    @property
    def flags(self) -> dict[str, int]:
        """Flag → its number."""
        return review_risk.read(self.item.flags)

    @property
    def badges(self) -> list[tuple[str, bool]]:
        """(words, whether they warn); of a change without any, whether it was somebody else's record."""
        found = review_words.badges(self.flags, self.item.rows)
        others = self.row["history_user_id"] not in (None, self.row["owner_id"])
        return found or ([(_("Record of another"), False)] if others else [])

    @property
    def band(self) -> str:
        """How risky: high, raised, some, low."""
        return review_risk.band_of(self.item.risk)

    @property
    def band_name(self) -> str:
        """The same in a word."""
        return review_words.band_names()[self.band]

    @property
    def last(self) -> Review | None:
        """What was said of it last."""
        return self.reviews[0] if self.reviews else None

    @property
    def history(self) -> str:
        """The URL name of the record's history."""
        return self.record.page("history")

    def why(self, zone: dt.tzinfo) -> list[str]:
        """Why it ranks so; `zone` is the company's."""
        return review_words.why(self.flags, self.row, self.item.rows, zone)

    @property
    def allowed(self) -> list[str]:
        """What allowed the change."""
        return displays.above.allowed(RECORDS[self.item.record_type], self.row | self._parent)

    @property
    def _parent(self) -> dict[str, Any]:
        return {"customer_id": getattr(self.record, "customer_id", None)}


def shown(items: Iterable[ReviewItem], user: Any, record: Any = None) -> list[Shown]:
    """Items with their rows, records and reviews, in their order; two queries per type of record, and three.

    `record` is what is known already: the record of a single item.
    """
    items = list(items)
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    records: dict[tuple[str, int], Any] = {}
    for name in {item.record_type for item in items}:
        of_type = [item for item in items if item.record_type == name]
        rows |= _rows(of_type[0].kind, [item.history_id for item in of_type])
        found = RECORDS[name].objects.visible_to(user).in_bulk({item.record_id for item in of_type})  # type: ignore[attr-defined]
        records |= {(name, pk): record for pk, record in found.items()}
    reasons = (system_reasons() | dict(displays.above.reasons())) if items else {}
    taken_back, said = _taken_back(items), _reviews(items)
    return [
        Shown(
            item=item,
            row=row,
            record=record or records.get((item.record_type, item.record_id)) or _gone(item, user),
            reason=reasons.get(row["reason"], row["reason"]),
            undone=row["undone"] or item.batch in taken_back,
            reviews=said[item.kind, item.history_id],
        )
        for item in items
        if (row := rows.get((item.kind, item.history_id)))
    ]


def _gone(item: ReviewItem, user: Any) -> Any:
    """A record that was deleted past Redate, to those who see all: whatever else they do not find is none."""
    return record_of(item, user) if person(user).sees_all else None


def _rows(kind: str, ids: list[int]) -> dict[tuple[str, int], dict[str, Any]]:
    history: Any = apps.get_model(kind)
    undone = Exists(history.objects.filter(id=OuterRef("id"), undoes=OuterRef("history_id")))
    found = history.objects.filter(history_id__in=ids).order_by().values(*COLUMNS, undone=undone)
    return {(kind, row["history_id"]): row for row in found}


def _taken_back(items: list[ReviewItem]) -> set[int | None]:
    """The batches that were undone since."""
    batches = {item.batch for item in items if item.batch is not None}
    return set(Batch.objects.filter(undoes__in=batches).values_list("undoes", flat=True)) if batches else set()


def _reviews(items: list[ReviewItem]) -> dict[tuple[str, int], list[Review]]:
    """What was said of each, newest first."""
    found: dict[tuple[str, int], list[Review]] = defaultdict(list)
    said = [item for item in items if item.state != "open"]
    if said:
        reviews = Review.objects.filter(
            kind__in={item.kind for item in said}, history_id__in={item.history_id for item in said}
        )
        for review in reviews.order_by("-id"):
            found[review.kind, review.history_id].append(review)
    return found


class ReviewQueue:
    """What the address asks for: `state` (done, back; else what waits), `flag`, `who`; one page of it."""

    def __init__(self, user: Any, asked: Any) -> None:
        self.user, self.given = user, asked
        self.state = asked.get("state", "") if asked.get("state", "") in STATES else ""
        names = review_words.flag_names()
        self.flags = [code for code in asked.getlist("flag") if code in names]
        self.persons = PeopleField(_("Person"), asked.getlist("who"), ("0", _("Unknown")))
        who = self.persons.to_python(asked.getlist("who"))
        self.who = [text for text in who if id_in(text) is not None]

    @cached_property
    def page(self) -> Page:
        """The items of this page."""
        order = LATEST if self.state else RISKIEST
        given = self.given
        return paginate(self._rows(), order, after=given.get("after", ""), before=given.get("before", ""), size=SIZE)

    def _rows(self) -> QuerySet:
        rows = ReviewItem.objects.filter(state=STATES[self.state])
        if self.flags:
            any_of = Q()
            for code in self.flags:
                any_of |= Q(flags__contains=code)
            rows = rows.filter(any_of)
        if self.who:
            nobody = Q(actor_id__isnull=True) if "0" in self.who else Q()
            rows = rows.filter(Q(actor_id__in=[int(pk) for pk in self.who]) | nobody)
        return rows

    @cached_property
    def rows(self) -> list[Shown]:
        """The same with all that is shown of them."""
        return shown(self.page.rows, self.user)

    @cached_property
    def lately(self) -> list[Shown]:
        """What was reviewed last, while looking at what waits."""
        if self.state:
            return []
        reviewed = [LATEST.of(ReviewItem.objects.filter(state=state))[:LATELY] for state in ("ok", "back")]
        items = sorted(chain(*reviewed), key=lambda item: (item.state_at, item.pk), reverse=True)
        return shown(items[:LATELY], self.user)

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """(label, address, whether it is shown)."""
        names = {"": _("Unreviewed"), "done": _("Signed off"), "back": _("Sent back")}
        kept = {"flag": self.flags, "who": self.who}
        return [(label, self._address(kept | {"state": name}), name == self.state) for name, label in names.items()]

    @cached_property
    def menus(self) -> list[Menu]:
        """The filters with several answers."""
        flags = [(code, name, code in self.flags) for code, name in review_words.flag_names().items()]
        who = [(str(pk), name, pk in self.who) for pk, name in self.persons.choices]
        return [Menu("flag", _("Reason for risk"), flags), Menu("who", self.persons.label, who, self.persons.typed)]

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return bool(self.flags or self.who)

    def _address(self, places: dict[str, Any]) -> str:
        query = self.given.copy()
        query.clear()
        for name, values in places.items():
            query.setlist(name, values if isinstance(values, list) else [values] if values else [])
        return f"?{query.urlencode()}"

    def _at(self, **place: str) -> str:
        return self._address({"state": self.state, "flag": self.flags, "who": self.who} | place)

    @property
    def newer(self) -> str:
        """The address of the page before; "" at the start."""
        return self.page.newer and self._at(before=self.page.newer)

    @property
    def older(self) -> str:
        """The address of the page after; "" at the end."""
        return self.page.older and self._at(after=self.page.older)
