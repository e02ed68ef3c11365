"""Judging the rows of an import by the rules of every creation, with what holds for all rows read once."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from records.access import Checker, Source
from records.importing.errors import RowError
from records.importing.plan import Planned
from records.models import RECORDS
from records.models.access import REDATE
from records.rules import Case, Limits, Verdict, judge
from records.services.judging import limits_for


class Judge:
    """Says of each row whether it may be stored, and keeps what speaks against the others in `errors`.

    A file cannot tick a warning, so an odd order of times is not asked about here.
    """

    def __init__(self, record_type: str, checker: Checker, channel: str, note: str) -> None:
        self.record_type, self.checker, self.channel, self.note = record_type, checker, channel, note
        self.held = checker.who.permissions
        self.model: Any = RECORDS[record_type]
        self.errors: list[RowError] = []
        self._sources: dict[Any, list[Source]] = {}
        self._limits: dict[Any, Limits | None] = {}
        self._stamps: dict[str, Verdict] = {}
        self.excepted: dict[int, int] = {}  # line → the exception that alone let its row in

    def allows(self, row: Planned, owner: Any, customer: Any, opportunity: Any) -> bool:
        """Whether the row may be stored; what it hangs on has been found already."""
        found = [*self._rights(row, owner), *self._parents(customer, opportunity), *self._values(row)]
        found += self._stamp(self.record_type) if row.entered_at is None else self._time(row, owner, customer)
        if row.entered_at is None and (exception := self.stamp_exception(self.record_type)) is not None:
            self.excepted[row.line] = exception
        if customer is not None and customer.pk is None:
            found += self._stamp("customer")
        self.errors += [RowError(row.line, code, column, params) for code, column, params in found]
        return not found

    def _rights(self, row: Planned, owner: Any) -> list[tuple[str, str, dict[str, Any]]]:
        found: list[tuple[str, str, dict[str, Any]]] = []
        if owner.pk != self.checker.user.pk and f"assign_{self.record_type}" not in self.held:
            found.append(("assign_right", "owner", {}))
        if row.values.get("importance") == "key" and "classify_customer" not in self.held:
            found.append(("classify_right", "importance", {}))
        return found

    def _parents(self, customer: Any, opportunity: Any) -> list[tuple[str, str, dict[str, Any]]]:
        if opportunity is None:
            return []
        if opportunity.customer_id is None:
            return [("parent_missing", "opportunity", {})]
        return [] if opportunity.customer_id == customer.pk else [("parent_mismatch", "opportunity", {})]

    def _values(self, row: Planned) -> list[tuple[str, str, dict[str, Any]]]:
        """What one field's reader cannot see: fields that do not fit together."""
        if self.model.clean is Model.clean:
            return []
        try:
            self.model(**row.values).clean()
        except ValidationError as error:
            return [("said", ", ".join(error.message_dict), {"said": " ".join(error.messages)})]
        return []

    def _stamp(self, record_type: str) -> list[tuple[str, str, dict[str, Any]]]:
        """What speaks against a record that counts as entered now: the same for all of the type."""
        if record_type not in self._stamps:
            at = self.checker.at.replace(microsecond=0)
            case = Case(record_type, "ordinary", None, at, reason="import", stamped=True)
            self._stamps[record_type] = judge(case, self._limits_of("ordinary", [], record_type), self.checker.at)
        return [(finding.code, "entered_at", finding.params) for finding in self._stamps[record_type].errors]

    def stamp_exception(self, record_type: str) -> int | None:
        """The exception that alone lets in a record of the type which counts as entered now."""
        verdict, limits = self._stamps.get(record_type), self._limits_of("ordinary", [], record_type)
        return limits.excepted_by if verdict is not None and verdict.excepted and limits else None

    def _time(self, row: Planned, owner: Any, customer: Any) -> list[tuple[str, str, dict[str, Any]]]:
        """An entry time of a file obeys the rules as one that is typed."""
        key = row.values.get("importance") == "key" or (customer is not None and customer.importance == "key")
        backfill = f"backfill_{self.record_type}" in self.held
        sources = [] if backfill else self._why(key, owner, customer)
        if not (backfill or sources):
            return [("right_new", "entered_at", {})]
        case = Case(
            record_type=self.record_type,
            customer_class="key" if key else "ordinary",
            before=None,
            after=row.entered_at,  # type: ignore[arg-type]
            reason="import",
            note=self.note,
            backfill=backfill,
        )
        limits = self._limits_of(case.customer_class, sources)
        verdict = judge(case, limits, self.checker.at)
        if verdict.excepted and limits is not None and limits.excepted_by is not None:
            self.excepted[row.line] = limits.excepted_by
        return [(finding.code, "entered_at", finding.params) for finding in verdict.errors]

    def _why(self, key: bool, owner: Any, customer: Any) -> list[Source]:
        """The sources of the right; the same for all rows of one customer and owner."""
        known = (key, owner.pk, customer.pk if customer is not None else None)
        if known not in self._sources:
            values = {"owner": owner} | ({"customer": customer} if self.record_type != "customer" else {})
            if self.record_type == "customer":
                values["importance"] = "key" if key else "ordinary"
            record = self.model(**values)
            self.checker.prefetch_perms([record])
            self._sources[known] = self.checker.why(record, REDATE.format(self.record_type))
        return self._sources[known]

    def _limits_of(self, customer_class: str, sources: list[Source], record_type: str = "") -> Limits | None:
        record_type = record_type or self.record_type
        known = (record_type, customer_class, tuple(sources))
        if known not in self._limits:
            self._limits[known] = limits_for(
                who=self.checker.who,
                record_type=record_type,
                customer_class=customer_class,
                sources=sources,
                channel=self.channel,
                at=self.checker.at,
            )
        return self._limits[known]
