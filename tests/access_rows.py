"""The rows of the table of rights: who may open and post to what. The people stand in tests/access_world.py."""

from __future__ import annotations

from dataclasses import dataclass, replace

EVERYBODY = (
    "anonymous",
    "outsider",
    "viewer",  # sales, neither owner nor team
    "mate",  # sales of the owner's team
    "owner",
    "granted",  # on each record
    "by_role",  # through a role that holds nothing else
    "by_team",
    "ended",
    "on_customer",  # on the customer and all under it
    "manager",
    "senior",
    "administrator",
    "auditor",
    "superuser",
    "inactive",
)
ACTIVE = set(EVERYBODY) - {"anonymous", "inactive"}
ALWAYS_SEE = {"owner", "granted", "by_role", "by_team", "on_customer"}
LEADERS = {"manager", "senior", "administrator", "superuser"}
SEE = {
    "all": ALWAYS_SEE | LEADERS | {"viewer", "mate", "ended", "auditor"},
    "own and team": ALWAYS_SEE | LEADERS | {"mate", "auditor"},
}
CHANGE = {"owner"} | LEADERS
REDATE = {"owner", "granted", "by_role", "by_team", "on_customer"} | LEADERS
SALES = {"viewer", "mate", "owner", "granted", "by_team", "ended", "on_customer"}
ADD = SALES | LEADERS
ADMINISTRATORS = {"administrator", "superuser"}
READERS = ADMINISTRATORS | {"auditor"}  # of the trail


@dataclass(frozen=True)
class Row:
    """`may` get `status`; other people who see what it is about get `other`, and 404 where they may not see it."""

    method: str
    status: int
    may: set[str]
    about: str = ""  # customer, opportunity, follow_up, contract, contact, request: 404 for who may not see it
    data: tuple[tuple[str, str], ...] = (("sent", "1"),)
    public: bool = False  # for visitors too
    other: int = 403


def around(name: str) -> dict[str, list[Row]]:
    """The pages around a record of one type."""
    redate = REDATE if name != "contract" else REDATE - {"owner"}  # no owner rule for contracts
    rows = {
        f"records:{name}_update": [
            Row("get", 200, ACTIVE, name),
            Row("post", 422, CHANGE, name),
        ],
        f"records:{name}_entry_time": [
            Row("get", 200, ACTIVE, name),
            Row("post", 422, redate, name, (("version", "1"), ("entered_at", "2026-03-17 09:12"), ("confirmed", "y"))),
        ],
        f"records:{name}_undo": [Row("get", 405, ACTIVE, name), Row("post", 302, ACTIVE, name)],
        f"records:{name}_history": [Row("get", 200, ACTIVE, name)],
        f"records:{name}_access": [Row("get", 200, ACTIVE, name), Row("post", 422, LEADERS, name)],
        f"records:{name}_assign": [Row("get", 200, LEADERS, name), Row("post", 422, LEADERS, name)],
        f"records:{name}_archive": [Row("get", 200, CHANGE, name), Row("post", 422, CHANGE, name)],
        f"records:{name}_restore": [Row("get", 200, CHANGE, name)],
        f"records:{name}_request": [Row("get", 200, ACTIVE, name), Row("post", 422, ACTIVE, name)],
        f"records:{name}_behalf": [Row("get", 200, ADMINISTRATORS, name), Row("post", 422, ADMINISTRATORS, name)],
        f"records:{name}_follow": [Row("get", 405, ACTIVE, name), Row("post", 302, ACTIVE, name)],
    }
    if name != "customer":
        rows[f"records:{name}_parent"] = [Row("get", 200, LEADERS, name), Row("post", 422, LEADERS, name)]
    return rows


def ruled(*names: str) -> dict[str, list[Row]]:
    """Pages of the rules, each with a form."""
    return {f"records:{name}": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)] for name in names}


def imported(*rows: Row) -> list[Row]:
    """Pages of an import, which is its maker's alone."""
    return [replace(row, other=404) for row in rows]


LISTS = {f"records:{n}_list": [Row("get", 200, ACTIVE)] for n in ("customer", "opportunity", "follow_up", "contract")}
NEW = {
    f"records:{n}_new": [Row("get", 200, ADD), Row("post", 422, ADD)]
    for n in ("customer", "opportunity", "follow_up", "contract")
}
TABLE: dict[str, list[Row]] = {
    **LISTS,
    **NEW,
    **{
        name: rows
        for kind in ("customer", "opportunity", "follow_up", "contract")
        for name, rows in around(kind).items()
    },
    "records:customer_detail": [Row("get", 200, ACTIVE, "customer")],
    "records:customer_importance": [Row("get", 200, LEADERS, "customer"), Row("post", 422, LEADERS, "customer")],
    "records:customer_part_of": [Row("get", 200, LEADERS, "customer"), Row("post", 422, LEADERS, "customer")],
    "records:customer_suggest": [Row("get", 200, ACTIVE)],
    "records:holder_suggest": [Row("get", 404, ACTIVE)],
    "records:opportunity_suggest": [Row("get", 200, ACTIVE)],
    "records:follow_up_done": [Row("post", 302, CHANGE, "follow_up")],
    "records:contact_new": [Row("get", 200, CHANGE, "customer"), Row("post", 422, CHANGE, "customer")],
    "records:contact_update": [Row("get", 200, CHANGE, "contact"), Row("post", 422, CHANGE, "contact")],
    "records:contact_archive": [Row("post", 409, CHANGE, "contact")],
    "records:grant_end": [Row("get", 200, ACTIVE)],
    "records:grant_change": [Row("get", 200, LEADERS, "grant"), Row("post", 422, LEADERS, "grant")],
    "records:grant_revoke": [Row("get", 200, LEADERS, "grant"), Row("post", 422, LEADERS, "grant")],
    "records:all_access": [Row("get", 200, LEADERS)],
    "records:access_person": [Row("get", 200, LEADERS, data=())],
    "records:access_record": [Row("get", 200, LEADERS)],
    "records:access_check": [Row("get", 200, LEADERS, data=())],
    "records:access_many": [Row("get", 200, LEADERS), Row("post", 422, LEADERS)],
    "records:access_batches": [Row("get", 200, LEADERS)],
    "records:access_batch": [Row("get", 200, LEADERS)],
    "records:access_batch_revoke": [Row("get", 200, LEADERS), Row("post", 422, LEADERS)],
    "records:bulk_new": [Row("post", 302, ACTIVE, data=(("do", "entry_time"),))],  # nothing is picked
    "records:bulk_detail": [Row("get", 200, {"owner"}, other=404), Row("post", 422, {"owner"}, other=404)],
    "records:bulk_apply": [Row("post", 302, {"owner"}, other=404)],
    "records:bulk_back": [Row("post", 404, {"owner"}, other=404)],  # there is no trial
    "records:bulk_stop": [Row("post", 302, {"owner"}, other=404)],
    "records:bulk_ask": [Row("post", 302, {"owner"}, other=404)],
    "records:bulk_request": [Row("get", 404, ACTIVE), Row("post", 404, ACTIVE)],  # nothing is asked for
    "records:bulk_progress": [Row("get", 200, {"owner"}, other=404)],
    "records:batch_list": [Row("get", 200, ACTIVE)],
    "records:batch_detail": [Row("get", 200, READERS | {"owner"}, other=404)],
    "records:batch_undo": [Row("post", 422, READERS | {"owner"}, other=404)],
    "records:batch_ask": [Row("post", 302, READERS | {"owner"}, other=404)],
    "records:batch_progress": [Row("get", 200, READERS | {"owner"}, other=404)],
    "records:import_list": [Row("get", 200, LEADERS), Row("post", 422, LEADERS)],
    "records:import_template": [Row("get", 200, LEADERS)],
    "records:import_mapping_remove": [Row("post", 404, ACTIVE)],  # nobody has one of that number
    "records:import_columns": imported(Row("get", 200, {"manager"}), Row("post", 422, {"manager"})),
    "records:import_rows": imported(Row("get", 200, {"manager"})),
    "records:import_faulty": imported(Row("get", 200, {"manager"})),
    "records:import_result": imported(Row("get", 302, {"manager"})),
    "records:import_progress": imported(Row("get", 200, {"manager"})),
    "records:import_stop": imported(Row("post", 302, {"manager"})),
    "records:import_outcome": imported(Row("get", 404, {"manager"})),  # nothing is loaded yet
    "records:import_delete": imported(Row("post", 302, {"manager"})),
    "records:import_load": imported(Row("post", 404, {"manager"})),  # removed by now
    "records:request_list": [Row("get", 200, ACTIVE), Row("post", 422, LEADERS)],
    "records:request_detail": [Row("get", 200, ACTIVE, "request"), Row("post", 422, ACTIVE, "request")],
    "records:request_proof": [Row("get", 200, LEADERS | {"mate", "auditor"}, "request")],
    "records:request_withdraw": [Row("post", 302, {"mate"}, "request")],  # who asked
    "records:notices": [Row("get", 200, ACTIVE)],
    "records:notices_read": [Row("post", 302, ACTIVE)],
    "records:notice_read": [Row("post", 302, {"owner"}, other=404)],  # it is told to the owner alone
    "records:notice_rules": [Row("get", 200, ADMINISTRATORS)],
    "records:rules": [Row("get", 200, ADMINISTRATORS)],
    "records:review": [Row("get", 200, {"auditor"})],
    "records:review_item": [Row("get", 200, {"auditor"}), Row("post", 422, {"auditor"})],
    "records:exceptions": [Row("get", 200, ADMINISTRATORS)],
    "records:exception_changes": [Row("get", 200, ADMINISTRATORS)],
    **ruled("notice_rule_new", "notice_rule_remove", "reason_new", "reason_change"),
    **ruled("exception_new", "exception_revoke", "rule_clause"),
    "audit:evidence_pack": [Row("post", 200, {"auditor"}, "customer")],
    "audit:trail": [Row("get", 200, READERS)],
    "audit:trail_row": [Row("get", 200, READERS)],
    "audit:trail_export": [Row("post", 400, {"auditor"})],  # no kind of file is named
    "audit:trail_export_progress": [Row("get", 200, {"auditor"})],
    "audit:trail_as_it_was": [Row("get", 200, READERS)],
    "audit:trail_filter_save": [Row("post", 422, READERS)],
    "audit:trail_filter_share": [Row("post", 404, READERS)],  # nobody has one of that number
    "audit:trail_filter_delete": [Row("post", 404, READERS)],
    "audit:integrity": [Row("get", 200, {"auditor"})],
    "audit:integrity_verify": [Row("post", 302, {"auditor"})],
    "audit:integrity_finding": [Row("get", 200, {"auditor"}), Row("post", 422, {"auditor"})],
    "home": [Row("get", 200, ACTIVE)],
    "search": [Row("get", 200, ACTIVE)],
    "help": [Row("get", 200, ACTIVE)],
    "backup": [Row("get", 200, ADMINISTRATORS)],
    "backup_now": [Row("post", 302, ADMINISTRATORS)],
    "profile": [Row("get", 200, ACTIVE), Row("post", 422, ACTIVE)],
    "people": [Row("get", 200, ADMINISTRATORS)],
    "person_new": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "person": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "person_deactivate": [Row("get", 200, ADMINISTRATORS)],
    "person_activate": [Row("get", 200, ADMINISTRATORS)],
    "roles": [Row("get", 200, ADMINISTRATORS)],
    "role": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "teams": [Row("get", 200, ADMINISTRATORS)],
    "team_new": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "team": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "setup": [Row("get", 404, ACTIVE, public=True)],
    "setup_done": [Row("get", 200, ADMINISTRATORS)],
    "language": [Row("post", 302, ACTIVE, data=(("language", "en"),), public=True)],
    "livez": [Row("get", 200, ACTIVE, public=True)],
    "readyz": [Row("get", 200, ACTIVE, public=True)],
    "account_login": [Row("get", 302, ACTIVE)],
    "account_logout": [Row("get", 200, ACTIVE)],
    "account_inactive": [Row("get", 200, ACTIVE, public=True)],
    "account_change_password": [Row("get", 200, ACTIVE)],
    "account_reset_password": [Row("get", 200, ACTIVE, public=True)],
    "account_reset_password_done": [Row("get", 200, ACTIVE, public=True)],
    "account_reset_password_from_key": [Row("get", 200, ACTIVE, public=True)],
    "account_reset_password_from_key_done": [Row("get", 200, ACTIVE, public=True)],
}
