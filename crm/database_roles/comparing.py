"""Whether the database allows the application's role what the plan says, and nothing more, on whatever way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import plan

_POWERS = {
    "rolsuper": "is a superuser",
    "rolcreatedb": "may make databases",
    "rolcreaterole": "may make roles",
    "rolreplication": "may replicate",
    "rolbypassrls": "passes row security by",
}
_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
_BY_COLUMN = ("INSERT", "UPDATE", "REFERENCES")


def roles_of(connection: Any) -> list[str]:
    """The roles that were given rights on the trail without owning it: the application's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl) "
            "WHERE relname = 'audit_event' AND relnamespace = 'public'::regnamespace AND grantee NOT IN (0, relowner)"
        )
        return [name.strip('"') for (name,) in cursor.fetchall()]


def compare(connection: Any, role: str) -> list[str]:
    """What differs, a sentence each; empty where all is as planned."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchone():
            return [f"There is no role {role}."]
        return [
            *_powers(cursor, role),
            *_ownership(cursor, role),
            *_tables(cursor, role, set(connection.introspection.table_names(cursor))),
            *_columns(cursor, role),
            *_defaults(cursor, role),
        ]


def _powers(cursor: Any, role: str) -> Iterator[str]:
    """What the role may do as such, or through roles it is a member of."""
    cursor.execute(f"SELECT {', '.join(_POWERS)} FROM pg_roles WHERE rolname = %s", [role])
    yield from (f"{role} {what}." for has, what in zip(cursor.fetchone(), _POWERS.values(), strict=True) if has)
    cursor.execute(
        "SELECT rolname FROM pg_roles WHERE rolname <> %s AND pg_has_role(%s, oid, 'MEMBER')",
        [role, role],
    )
    yield from (f"{role} is a member of {name}." for (name,) in cursor.fetchall())
    cursor.execute(
        "SELECT has_schema_privilege(%s, 'public', 'CREATE'), "
        "has_database_privilege(%s, current_database(), 'CREATE'), "
        "has_parameter_privilege(%s, 'session_replication_role', 'SET')",
        [role] * 3,
    )
    words = ("may make tables", "may make schemas", "may switch triggers off for its session")
    yield from (f"{role} {what}." for has, what in zip(cursor.fetchone(), words, strict=True) if has)


def _ownership(cursor: Any, role: str) -> Iterator[str]:
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND pg_get_userbyid(relowner) = %s "
        "UNION ALL SELECT proname || '()' FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) = %s "
        "UNION ALL SELECT 'the database' FROM pg_database "
        "WHERE datname = current_database() AND pg_get_userbyid(datdba) = %s ORDER BY 1",
        [role] * 3,
    )
    yield from (f"{role} owns {name}." for (name,) in cursor.fetchall())


def _tables(cursor: Any, role: str, there: set[str]) -> Iterator[str]:
    """Rights on whole tables, given directly, to everybody, or to a role it belongs to."""
    wanted = plan.rights()
    for table in sorted(there):
        cursor.execute(
            f"SELECT {', '.join(['has_table_privilege(%s, %s::regclass, %s)'] * len(_RIGHTS))}",
            [each for right in _RIGHTS for each in (role, f'public."{table}"', right)],
        )
        for right, has in zip(_RIGHTS, cursor.fetchone(), strict=True):
            needs = right in wanted.get(table, ())
            if has != needs:
                yield f"{table}: {role} {'lacks' if needs else 'should not have'} {right}."


def _columns(cursor: Any, role: str) -> Iterator[str]:
    """Rights on single columns are none of the plan's."""
    cursor.execute(
        "SELECT DISTINCT relname, attname, privilege_type FROM pg_attribute "
        "JOIN pg_class ON pg_class.oid = attrelid AND relnamespace = 'public'::regnamespace, aclexplode(attacl) "
        "WHERE grantee = 0 OR pg_has_role(%s, grantee, 'MEMBER') ORDER BY 1, 2, 3",
        [role],
    )
    yield from (f"{table}: {role} should not have {right} ({column})." for table, column, right in cursor.fetchall())


def _defaults(cursor: Any, role: str) -> Iterator[str]:
    """What new tables of the owner of the trail would allow."""
    cursor.execute(
        "SELECT DISTINCT privilege_type FROM pg_default_acl, aclexplode(defaclacl) "
        "WHERE defaclobjtype = 'r' AND (grantee = 0 OR pg_has_role(%s, grantee, 'MEMBER')) "
        "AND defaclrole = (SELECT relowner FROM pg_class WHERE oid = 'public.audit_event'::regclass)",
        [role],
    )
    has = {right for (right,) in cursor.fetchall()}
    if has != set(plan.NEW_TABLES):
        yield f"New tables give {role} {', '.join(sorted(has)) or 'nothing'}, not {', '.join(plan.NEW_TABLES)}."
