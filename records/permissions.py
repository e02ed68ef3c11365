"""Every permission with a sentence, and which role holds which. The one table of who may; nothing else grants.

Roles hold permissions model-wide through their group; `user_permissions` stays empty.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TYPES = ("customer", "opportunity", "followup", "contract")

SENTENCES: dict[str, Promise] = {
    "view_{}": _("See these records"),
    "add_{}": _("Enter new records"),
    "change_{}": _("Change all records of this type"),
    "change_{}_entry_time": _("Change entry times, on ordinary records"),
    "assign_{}": _("Change the owner, and what a record hangs on"),
    "backfill_{}": _("Enter records with a time before the window"),
    "classify_customer": _("Mark customers as key"),
    "change_key_entry_time": _("Change entry times on key records too"),
    "see_all_records": _("See all records, whatever the company shows to sales"),
    "own_records": _("Own records, and see and change them"),
    "grant_access": _("Grant rights one holds"),
    "decide_requests": _("Answer requests for a change of time"),
    "change_on_behalf": _("Change entry times on behalf of others"),
    "import_records": _("Import records"),
    "manage_people": _("Add people, give roles and teams, deactivate"),
    "manage_rules": _("Set rules, windows and reasons"),
    "close_periods": _("Close periods"),
    "reopen_periods": _("Lower a closed period"),
    "view_trail": _("Browse the whole trail"),
    "verify_trail": _("Verify the trail"),
    "export_trail": _("Export the trail"),
    "review_changes": _("Review changes and sign off"),
    "manage_links": _("Link other systems"),
    "back_up": _("Back up and restore"),
}

_SALES = ("view_{}", "add_{}", "own_records")
_MANAGERS = (
    *_SALES,
    "change_{}",
    "change_{}_entry_time",
    "assign_{}",
    "classify_customer",
    "see_all_records",
    "grant_access",
    "decide_requests",
    "import_records",
)
_SENIOR = (*_MANAGERS, "change_key_entry_time")
_ADMINISTRATORS = (
    *_SENIOR,
    "backfill_{}",
    "change_on_behalf",
    "manage_people",
    "manage_rules",
    "close_periods",
    "reopen_periods",
    "view_trail",
    "manage_links",
    "back_up",
)
_AUDITORS = ("view_{}", "see_all_records", "view_trail", "verify_trail", "export_trail", "review_changes")

ROLES: dict[str, tuple[str, ...]] = {
    "sales": _SALES,
    "sales_manager": _MANAGERS,
    "senior_sales_manager": _SENIOR,
    "administrator": _ADMINISTRATORS,
    "auditor": _AUDITORS,
}
ROLE_NAMES = {
    "sales": ("Sales", "销售"),
    "sales_manager": ("Sales manager", "销售经理"),
    "senior_sales_manager": ("Senior sales manager", "高级销售经理"),
    "administrator": ("Administrator", "管理员"),
    "auditor": ("Auditor", "审计员"),
}
COMPANY_APP = {"manage_people": "crm"}  # the few permissions that live outside `records`


def codenames(role: str) -> set[str]:
    """The codenames a role holds, spelled out per type."""
    return {name.format(kind) for name in ROLES[role] for kind in TYPES}
