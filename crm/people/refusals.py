"""Refusals about people, roles and teams: the sentences of codes that records know nothing of."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from records.refusals import Refused
from records.rules import Finding

# the form field that a refusal belongs to; others belong to the whole form
FIELDS = {
    "username": "username",
    "username_taken": "username",
    "email_taken": "email",
    "role_unknown": "roles",
    "last_administrator": "roles",
    "team_taken": "name",
    "lead": "manager",
    "why": "note",
}


class PeopleRefused(Refused):
    """A Refused whose codes are about people."""

    def messages(self) -> list[str]:
        """One sentence per finding; codes shared with records keep theirs."""
        own = sentences()
        return [own.get(code) or said for code, said in zip(self.codes, super().messages(), strict=True)]


def refuse(code: str, **params: Any) -> PeopleRefused:
    """A PeopleRefused with one finding."""
    return PeopleRefused(Finding(code, params))


def sentences() -> dict[str, str]:
    """Code → its sentence, of refusals about people."""
    return {
        "people_right": _("Only administrators may add or change people, roles and teams."),
        "username": _("A sign-in name holds letters, digits and . + - _ only."),
        "username_taken": _("Somebody has this sign-in name already. Choose another."),
        "email_taken": _("Somebody else has this e-mail address already. Give each person their own."),
        "role_unknown": _("There is no such role."),
        "last_administrator": _(
            "This is the last active administrator. Give somebody else the role of administrator first."
        ),
        "self_deactivate": _("Nobody deactivates themselves. Ask another administrator."),
        "stale_person": _("Somebody changed this meanwhile. Nothing was saved; open the page again and look."),
        "role_name_taken": _("Another role has this name already. Choose a name that tells them apart."),
        "team_taken": _("There is a team of this name already. Choose another name."),
        "lead": _("Choose an active person to lead the team."),
        "set_up_done": _("Redate is set up already. Sign in, or ask an administrator."),
    }
