"""500 random changes of one value of one sealed row, past the triggers: `verify` names each row."""

from __future__ import annotations

import datetime as dt
import json
import random
from decimal import Decimal
from itertools import cycle

from django.db import IntegrityError, transaction

from audit.canonical import kind_of
from audit.kept import sealed_models
from audit.models import SealLeaf
from audit.verify import Look, examine
from tests.audit.house import POSTGRES, quoted, run
from tests.audit.sealed_house import InTheHouse, past_triggers

NUMBER, SEED = 500, 20261125


class TestMutations(InTheHouse):
    """One house; every change is made in a savepoint and taken back."""

    def test_every_random_change_of_a_single_value_is_found(self):
        rng, missed, tables, made = random.Random(SEED), [], set(), 0
        cells = cycle(_cells(rng))
        with past_triggers():
            while made < NUMBER:
                model, field = next(cells)
                row_id = rng.choice(_sealed_rows(model))
                try:
                    before, after, told = _mutated(model, field, row_id, rng, self.house)
                except IntegrityError:
                    continue  # the database itself refused the value: a CHECK
                tables.add(model)
                made += 1
                if (kind_of(model), row_id) not in told:
                    missed.append((kind_of(model), row_id, field.column, before, after))
        assert missed == []
        assert len(tables) >= 15

    def test_nothing_is_found_where_nothing_was_changed(self):
        assert examine(Look(self.house.clock()), names=["rows"]).ok


def _cells(rng):
    """Every column of every sealed table that has sealed rows, in a random order."""
    cells = [
        (model, field) for model in sealed_models() if _sealed_rows(model) for field in model._meta.concrete_fields
    ]
    rng.shuffle(cells)
    return cells


_rows: dict[str, list[int]] = {}


def _sealed_rows(model):
    kind = kind_of(model)
    if kind not in _rows:
        _rows[kind] = list(SealLeaf.objects.filter(kind=kind).values_list("row_id", flat=True))
    return _rows[kind]


def _mutated(model, field, row_id, rng, house):
    """The value before and after, and the rows that are pointed at."""
    table, column = model._meta.db_table, quoted([field.column])[0]
    key = model._meta.pk.column
    ((before,),) = run(f"SELECT {column} FROM {table} WHERE {key} = %s", [row_id])
    after = _other(field, before, rng)
    with transaction.atomic():
        run(f"UPDATE {table} SET {column} = {_marked(field)} WHERE {key} = %s", [after, row_id])
        report = examine(Look(house.clock()), names=["rows"])
        transaction.set_rollback(True)
    return before, after, {(found.kind, found.row_id) for found in report.findings}


def _marked(field):
    return "%s::jsonb" if POSTGRES and field.get_internal_type() == "JSONField" else "%s"


def _other(field, before, rng):
    """Another value that the column takes, or nothing where it may be empty."""
    if before is not None and field.null and rng.random() < 0.3:
        return None
    kind = field.get_internal_type()
    if kind == "JSONField":
        told = json.loads(before) if isinstance(before, str) else before
        return json.dumps({**told, "z": 1} if isinstance(told, dict) else [told])
    if kind in ("DateTimeField", "EntryTimeField", "DateField"):
        return _other_moment(before, rng, kind == "DateField")
    if kind == "BooleanField":
        return not before
    if kind == "DecimalField":
        return str(Decimal(str(before or 0)) + Decimal("0.01"))
    if kind in ("CharField", "TextField", "URLField", "EmailField", "SlugField"):
        return _other_text(before or "", rng, field.max_length)
    if kind == "GenericIPAddressField":
        return "10.0.0.9" if before != "10.0.0.9" else "10.0.0.8"
    return (before or 0) + 1_000_000 if field.primary_key else (before or 0) + rng.randint(1, 9)


def _other_moment(before, rng, day):
    if before is None:
        return "2026-01-01" if day else "2026-01-01 00:00:00" + ("+00" if POSTGRES else "")
    step = dt.timedelta(days=1) if day else dt.timedelta(seconds=rng.choice((1, 60, 3600, -86400)))
    if not isinstance(before, str):
        return before + step
    moved = dt.datetime.fromisoformat(before) + step
    return moved.date().isoformat() if day else moved.isoformat(" ")


def _other_text(before, rng, longest):
    """One character more, less or other; a zero-width one among them."""
    other = rng.choice("x0 \u200b改")
    if before and (rng.random() < 0.5 or (longest and len(before) >= longest)):
        place = rng.randrange(len(before))
        other = other if before[place] != other else "y"
        return before[:place] + other + before[place + 1 :]
    return before + other
