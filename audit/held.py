"""Which rows hang on something that a viewer may see."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery


def sees_all(visible: QuerySet) -> bool:
    """Whether the queryset of what somebody may see leaves nothing out."""
    return not visible.query.where and not visible.query.is_empty()


def sees_row(visible: QuerySet, column: str) -> Subquery:
    """The id of the visible row that `column` names, or nothing; one step per row (an Exists may read all of them)."""
    return Subquery(visible.order_by().filter(pk=OuterRef(column)).values("pk")[:1])


def hanging_on(rows: QuerySet, visible: QuerySet, column: str) -> QuerySet:
    """The rows whose `column` names a row of `visible`. Somebody who sees all also sees what hangs on lost ones."""
    if sees_all(visible):
        return rows
    return rows.alias(seen=sees_row(visible, column)).filter(Q(seen__isnull=False))
