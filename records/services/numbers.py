"""Numbers of records: C-, O-, F-, K-, the year of first recording in the company's zone, a counter without end."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from audit.times import day_of
from records.models import Counter
from records.models.record import Record
from records.models.rules import company

LETTERS = {"customer": "C", "opportunity": "O", "followup": "F", "contract": "K"}


def next_numbers(model: type[Record], recorded_at: dt.datetime, count: int) -> list[str]:
    """The next `count` numbers of a type. Raises the counter's row in the open transaction, after all other locks."""
    year = day_of(recorded_at, company().shown_zone).year
    key = f"{LETTERS[model._meta.model_name or '']}-{year}"
    table = Counter._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {table} ("key", "last") VALUES (%s, %s) '  # noqa: S608 the table's name is ours
            f'ON CONFLICT ("key") DO UPDATE SET "last" = {table}."last" + %s RETURNING "last"',
            [key, count, count],
        )
        last = cursor.fetchone()[0]
    return [f"{key}-{number:04d}" for number in range(last - count + 1, last + 1)]
