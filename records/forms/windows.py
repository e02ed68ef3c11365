"""The windows of a type as one table: a row per role, ordinary and key side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.clauses import Clause, window_in_words
from records.models import Window
from records.models.access import REDATE
from records.models.rules import CLASSES
from records.rules import WindowLimit
from records.services.granting import MOST_DAYS
from records.services.windows import Cell, Seen, limit_of, seen_as

from .rules import Line, ReviewedForm

DAYS = gettext_lazy("Write whole days from 0 to 36,500.")


@dataclass(frozen=True)
class Place:
    """One cell of the table: its fields, and its name for who cannot see the table."""

    name: str
    customer_class: str
    back: forms.BoundField
    no_limit: forms.BoundField
    forward: forms.BoundField
    longest: forms.BoundField

    @property
    def errors(self) -> list[str]:
        """What is wrong in the cell."""
        fields = (self.back, self.no_limit, self.forward, self.longest)
        return list(dict.fromkeys(str(error) for field in fields for error in field.errors))


class WindowsForm(ReviewedForm):
    """Cells are named by role and class; each holds id and version of its row as it was seen."""

    def __init__(
        self, data: Any = None, *, clause: Clause, record_type: str, request: HttpRequest, **options: Any
    ) -> None:
        super().__init__(data, request=request, **options)
        self.clause, self.record_type = clause, record_type
        self.roles = roles_shown(record_type)
        rows = Window.objects.filter(record_type=record_type)
        self.rows = {(row.role_id, row.customer_class): row for row in rows}
        for cell in self.cells():
            self._add(cell)

    def cells(self) -> Iterator[Cell]:
        """Every cell of the table."""
        return ((role.pk, customer_class) for role in self.roles for customer_class, _name in CLASSES)

    def _add(self, cell: Cell) -> None:
        stem, row = stem_of(cell), self.rows.get(cell)
        limit = limit_of(row)
        for part, value in (
            ("back", limit and limit.days_back),
            ("forward", limit and limit.days_forward),
            ("longest", limit and limit.longest_move),
        ):
            self.fields[f"{stem}-{part}"] = _days()
            self.initial[f"{stem}-{part}"] = value
        self.fields[f"{stem}-all"] = forms.BooleanField(required=False)
        self.initial[f"{stem}-all"] = limit is not None and limit.days_back is None
        self.fields[f"{stem}-seen"] = forms.RegexField(
            r"[0-9]{1,18}\.[0-9]{1,9}", required=False, widget=forms.HiddenInput
        )
        self.initial[f"{stem}-seen"] = "{}.{}".format(*seen_as(row)) if row else ""  # type: ignore[misc]

    @property
    def table(self) -> list[tuple[Any, list[Place]]]:
        """Role and its two cells."""
        return [(role, [self._place(role, name) for name, _label in CLASSES]) for role in self.roles]

    def _place(self, role: Any, customer_class: str) -> Place:
        stem, label = stem_of((role.pk, customer_class)), dict(CLASSES)[customer_class]
        parts = (self[f"{stem}-{part}"] for part in ("back", "all", "forward", "longest"))
        return Place(f"{role}, {label}", str(label), *parts)

    @property
    def hidden(self) -> list[forms.BoundField]:
        """The versions seen."""
        return [self[f"{stem_of(cell)}-seen"] for cell in self.cells()]

    def clean(self) -> dict[str, Any]:
        """Days forward or a longest move alone say nothing: a window needs days back, or no limit."""
        for cell in self.cells():
            stem = stem_of(cell)
            given = {part: self.cleaned_data.get(f"{stem}-{part}") for part in ("back", "all", "forward", "longest")}
            if given["back"] is None and not given["all"] and (given["forward"] or given["longest"] is not None):
                self.add_error(f"{stem}-back", _("Write the days back too, or no limit."))
        return super().clean()

    def limits(self) -> dict[Cell, WindowLimit | None]:
        """What every cell shall be."""
        return {cell: self._limit(stem_of(cell)) for cell in self.cells()}

    def _limit(self, stem: str) -> WindowLimit | None:
        back, no_limit, forward, longest = (
            self.cleaned_data.get(f"{stem}-{part}") for part in ("back", "all", "forward", "longest")
        )
        if back is None and not no_limit:
            return None
        return WindowLimit(None if no_limit else back, forward or 0, longest)

    def seen(self) -> dict[Cell, Seen]:
        """The rows as they were seen."""
        return {cell: _read_seen(self.cleaned_data.get(f"{stem_of(cell)}-seen", "")) for cell in self.cells()}

    def lines(self) -> list[Line]:
        """What would change, before → after."""
        return [
            Line(self._name(cell), window_in_words(limit_of(self.rows.get(cell))), window_in_words(limit))
            for cell, limit in self.limits().items()
            if limit != limit_of(self.rows.get(cell))
        ]

    def changed_since(self, seen: dict[Cell, Seen]) -> list[Line]:
        """What somebody else changed since the rows were `seen`: then → now."""
        return [
            Line(self._name(cell), window_in_words(_then(then)), window_in_words(limit_of(self.rows.get(cell))))
            for cell, then in seen.items()
            if then != seen_as(self.rows.get(cell))
        ]

    def _name(self, cell: Cell) -> str:
        role = next(role for role in self.roles if role.pk == cell[0])
        return _("%(role)s, %(class)s") % {"role": role, "class": dict(CLASSES)[cell[1]]}


def _read_seen(text: str) -> Seen:
    pk, _dot, version = text.partition(".")
    return (int(pk), int(version)) if version else None


def _then(seen: Seen) -> WindowLimit | None:
    """The window that was seen, from its history."""
    if seen is None:
        return None
    pk, version = seen
    return limit_of(Window.history.filter(id=pk, version=version).exclude(history_type="-").first())


def stem_of(cell: Cell) -> str:
    """The start of the names of a cell's fields."""
    return f"w{cell[0]}-{cell[1]}"


def roles_shown(record_type: str) -> list[Any]:
    """Roles that can ever move times of the type: by their own right, as owners, or because they have a window."""
    may = Q(permissions__codename__in=("own_records", REDATE.format(record_type)))
    groups = Group.objects.filter(may | Q(role__windows__record_type=record_type), role__isnull=False)
    return [group.role for group in groups.select_related("role").order_by("role__order", "role__key").distinct()]  # type: ignore[attr-defined]


def _days() -> forms.IntegerField:
    errors = dict.fromkeys(("invalid", "min_value", "max_value"), DAYS)
    widget = forms.NumberInput(attrs={"class": "input num", "placeholder": "–"})
    return forms.IntegerField(min_value=0, max_value=MOST_DAYS, required=False, error_messages=errors, widget=widget)
