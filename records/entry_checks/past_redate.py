"""Entry times that were changed by raw SQL, past Redate."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Max, Min

from .found import Found
from .looking import Look


def raw_sql(look: Look) -> Iterator[Found]:
    """One finding per statement, so to speak: what the same database user changed at the same moment."""
    for history in look.histories():
        name = history.instance_type._meta.model_name
        rows = look.moves(history).filter(channel="sql").values("history_date", "db_user")
        told = {"count": Count("pk"), "last": Max("history_id"), "record": Min("id")}
        for row in rows.annotate(**told).order_by("-last").iterator():
            facts = {"count": row["count"], "type": name, "db_user": row["db_user"]}
            place = {"record_type": name, "record_id": row["record"]} if row["count"] == 1 else {}
            kind = {"kind": history._meta.label_lower, "row_id": row["last"]}
            yield Found("raw_sql", f"{name}:{row['last']}", row["history_date"], **place, **kind, facts=facts)
