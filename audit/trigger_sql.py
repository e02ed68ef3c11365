"""The texts of the triggers, per database. Column lists come from what the database holds, not from the models.

Three kinds: history is append-only; a raw change of a tracked row leaves a history row; SQLite's REPLACE is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models

from .tracking import UNTRACKED

MAINTENANCE, APP_DELETE = "maintenance", "app_delete"  # the two named switches
PREFIX = "redate_"  # every trigger and function of ours starts so


@dataclass(frozen=True)
class Table:
    """A tracked model, its history table, and the columns both have in the database now."""

    model: type[models.Model]
    name: str
    history: str
    columns: tuple[str, ...]
    history_columns: tuple[str, ...]


def _captured(table: Table, kind: str, postgres: bool) -> str:
    """INSERT of the history row that tells of a raw change; `kind` is '+', '~' or '-'."""
    new = "OLD" if kind == "-" else "NEW"
    # SQLite counts milliseconds only: '999' sorts the row behind the application's own rows of the same millisecond
    at = "now()" if postgres else "strftime('%Y-%m-%d %H:%M:%f', 'now') || '999'"
    values = {c: f'{new}."{c}"' for c in table.columns if c in table.history_columns}
    values |= {
        "history_date": at,
        "history_type": f"'{kind}'",
        "history_change_reason": "''",
        "channel": "'sql'",
        "reason": "'sql'",
        "db_user": "session_user" if postgres else "'(sqlite)'",
    }
    if kind == "~" and "entered_at" in table.columns:
        differs = "IS DISTINCT FROM" if postgres else "IS NOT"
        values["previous_entered_at"] = f"CASE WHEN NEW.entered_at {differs} OLD.entered_at THEN OLD.entered_at END"
    if not postgres and kind != "-":
        values["version"] = "NEW.version + 1" if kind == "~" else "1"
    names = ", ".join(f'"{c}"' for c in values)
    return f"INSERT INTO {table.history} ({names}) VALUES ({', '.join(values.values())});"


def _watched(table: Table) -> list[str]:
    return [c for c in table.columns if c not in UNTRACKED and c != "version"]


# ---- SQLite ----


def _sqlite_off(switch: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM audit_switch WHERE what = '{switch}')"


def sqlite_append_only(name: str, key: str) -> dict[str, str]:
    """UPDATE, DELETE and INSERT OR REPLACE of the table are refused, unless maintenance is on."""
    refuse = f"BEGIN SELECT RAISE(ABORT, 'append only: {name}'); END"
    again = f"NEW.{key} IS NOT NULL AND EXISTS (SELECT 1 FROM {name} WHERE {key} = NEW.{key})"
    head = f"{PREFIX}{name}"
    return {
        f"{head}_update": f"BEFORE UPDATE ON {name} WHEN {_sqlite_off(MAINTENANCE)} {refuse}",
        f"{head}_delete": f"BEFORE DELETE ON {name} WHEN {_sqlite_off(MAINTENANCE)} {refuse}",
        f"{head}_replace": f"BEFORE INSERT ON {name} WHEN {again} {refuse}",
    }


def sqlite_capture(table: Table) -> dict[str, str]:
    """Raw UPDATE, INSERT and DELETE of a tracked row leave a history row and move its version."""
    name, head = table.name, f"{PREFIX}{table.name}"
    moved = " OR ".join(f'NEW."{c}" IS NOT OLD."{c}"' for c in _watched(table))
    version = f"UPDATE {name} SET version = NEW.version + 1 WHERE id = NEW.id;"
    return {
        f"{head}_sql_update": f"AFTER UPDATE ON {name} WHEN NEW.version = OLD.version AND ({moved}) "
        f"BEGIN {version} {_captured(table, '~', False)} END",
        f"{head}_sql_insert": f"AFTER INSERT ON {name} WHEN NEW.version = 0 "
        f"BEGIN UPDATE {name} SET version = 1 WHERE id = NEW.id; {_captured(table, '+', False)} END",
        f"{head}_sql_delete": f"BEFORE DELETE ON {name} WHEN {_sqlite_off(APP_DELETE)} "
        f"BEGIN {_captured(table, '-', False)} END",
    }


def sqlite_no_replace(table: Table, unique: list[tuple[tuple[str, ...], str]]) -> dict[str, str]:
    """INSERT OR REPLACE would delete a tracked row silently: a second row with the same unique values is refused.

    `unique` holds (columns, condition SQL or "") of every unique key.
    """
    name = table.name
    new_row = ", ".join(f'NEW."{c}" AS "{c}"' for c in table.columns)
    found = {}
    for columns, condition in unique:
        same = " AND ".join(f'"{c}" = NEW."{c}"' for c in columns)
        applies = f" AND EXISTS (SELECT 1 FROM (SELECT {new_row}) WHERE {condition})" if condition else ""
        stands = f"EXISTS (SELECT 1 FROM {name} WHERE {same}{f' AND ({condition})' if condition else ''}"
        refuse = f"BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: {name}.{columns[0]}'); END"
        head = f"{PREFIX}{name}_once_{'_'.join(columns)}"
        found[f"{head}_insert"] = f"BEFORE INSERT ON {name} WHEN {stands}){applies} {refuse}"
        found[f"{head}_update"] = f"BEFORE UPDATE ON {name} WHEN {stands} AND id <> OLD.id){applies} {refuse}"
    return found


# ---- PostgreSQL ----


def _postgres_off(switch: str) -> str:
    return f"current_setting('audit.{switch}', true) IS DISTINCT FROM 'on'"


REFUSE_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION {PREFIX}refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'append only: %', TG_TABLE_NAME; END $$"
)


def postgres_append_only(name: str) -> dict[str, str]:
    """UPDATE, DELETE and TRUNCATE of the table are refused, unless maintenance is on."""
    when = f"WHEN ({_postgres_off(MAINTENANCE)}) EXECUTE FUNCTION {PREFIX}refuse()"
    return {
        f"{PREFIX}append_only": f"BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW {when}",
        f"{PREFIX}no_truncate": f"BEFORE TRUNCATE ON {name} FOR EACH STATEMENT {when}",
    }


def postgres_function(table: Table) -> str:
    """The function behind a tracked table's capture triggers. SECURITY DEFINER: it writes where the role may not."""
    return (
        f"CREATE OR REPLACE FUNCTION {PREFIX}{table.name}_capture() RETURNS trigger LANGUAGE plpgsql "
        "SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN NEW.version := OLD.version + 1; {_captured(table, '~', True)} RETURN NEW; "
        f"ELSIF TG_OP = 'INSERT' THEN UPDATE {table.name} SET version = 1 WHERE id = NEW.id; NEW.version := 1; "
        f"{_captured(table, '+', True)} RETURN NULL; "
        f"ELSE {_captured(table, '-', True)} RETURN OLD; END IF; END $$"
    )


def postgres_capture(table: Table) -> dict[str, str]:
    """Raw UPDATE, INSERT, DELETE and TRUNCATE of a tracked table.

    After an insert, not before: ON CONFLICT tries one that may never be, and would leave a '+' of it. One OR of all
    columns, not two rows compared: PostgreSQL tells it the same way after a dump was loaded, so `compare` does too.
    """
    name = table.name
    moved = " OR ".join(f'NEW."{c}" IS DISTINCT FROM OLD."{c}"' for c in _watched(table))
    run = f"EXECUTE FUNCTION {PREFIX}{name}_capture()"
    return {
        f"{PREFIX}sql_update": f"BEFORE UPDATE ON {name} FOR EACH ROW "
        f"WHEN (NEW.version = OLD.version AND ({moved})) {run}",
        f"{PREFIX}sql_insert": f"AFTER INSERT ON {name} FOR EACH ROW WHEN (NEW.version = 0) {run}",
        f"{PREFIX}sql_delete": f"BEFORE DELETE ON {name} FOR EACH ROW WHEN ({_postgres_off(APP_DELETE)}) {run}",
        f"{PREFIX}no_truncate": f"BEFORE TRUNCATE ON {name} FOR EACH STATEMENT "
        f"WHEN ({_postgres_off(APP_DELETE)}) EXECUTE FUNCTION {PREFIX}refuse()",
    }
