"""What hangs on a person: shown before they are deactivated or come back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from crm.models import User
from records.models import GRANTS, RECORDS


@dataclass(frozen=True)
class Weight:
    """Records the person owns, as (number, the type's name), and the number of their open grants."""

    records: list[tuple[int, str]]
    grants: int

    @property
    def total(self) -> int:
        """Records of all types."""
        return sum(number for number, _name in self.records)


def weight_of(person: User, at: dt.datetime) -> Weight:
    """Count live records and grants in force at the aware moment `at`; one short query for each type of both."""
    owned = [(model.objects.filter(owner=person, archived_at=None).count(), model) for model in RECORDS.values()]
    grants = sum(own.objects.in_force(at).filter(user=person).count() for own, _group in GRANTS.values())
    names = [(n, str(m._meta.verbose_name if n == 1 else m._meta.verbose_name_plural)) for n, m in owned if n]
    return Weight(names, grants)
