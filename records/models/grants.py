"""Grants: guardian's direct-foreign-key permission rows with an end, a reason, a granter and a window of their own.

A row stands while the grant does; ended rows answer nothing; revoking deletes the row and leaves a '-' in its history.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from audit.tracking import tracked

from .guard import Guarded, GuardedQuerySet


def _refuse(*args: Any, **kwargs: Any) -> NoReturn:
    raise RuntimeError("grants are made and ended by records.services.grants")


class GrantQuerySet(GuardedQuerySet):
    """Reads of grants."""

    def in_force(self, at: Any) -> GrantQuerySet:
        """Grants that have not ended at the aware moment `at`."""
        return self.filter(until__gt=at)


class UserGrants(UserObjectPermissionManager.from_queryset(GrantQuerySet)):  # type: ignore[misc]
    """guardian's own ways to assign and remove know no actor, reason or end: refused."""

    assign_perm = bulk_assign_perm = assign_perm_to_many = assign = _refuse
    remove_perm = bulk_remove_perm = remove_perm_from_many = _refuse


class GroupGrants(GroupObjectPermissionManager.from_queryset(GrantQuerySet)):  # type: ignore[misc]
    """As UserGrants, for roles and teams."""

    assign_perm = bulk_assign_perm = assign_perm_to_many = assign = _refuse
    remove_perm = bulk_remove_perm = remove_perm_from_many = _refuse


class Grant(Guarded):
    """One right on one record. `covers` on a customer extends it to all that hangs on it.

    `days_back`, `days_forward`, `longest_move` are the grant's own window, counted like a role's; `no_limit` lifts the
    way back.
    """

    LOCKED = frozenset(
        {
            "permission",
            "until",
            "why",
            "granted_by",
            "days_back",
            "days_forward",
            "no_limit",
            "longest_move",
            "covers",
            "user",
            "group",
            "content_object",
        }
    )

    permission = models.ForeignKey("auth.Permission", on_delete=models.PROTECT)
    until = models.DateTimeField()
    why = models.TextField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    days_back = models.PositiveIntegerField(default=0)
    days_forward = models.PositiveIntegerField(default=0)
    no_limit = models.BooleanField(default=False)
    longest_move = models.PositiveIntegerField(null=True, blank=True)
    covers = models.BooleanField(default=False)

    class Meta(Guarded.Meta):
        abstract = True
        default_permissions = ()
        indexes = [
            models.Index(fields=["content_object", "permission"], name="%(class)s_object"),
            models.Index(fields=["until", "id"], name="%(class)s_until"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(why=""), name="%(class)s_why")]


class UserGrant(Grant, UserObjectPermissionBase):
    """A grant to a person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    objects = UserGrants()

    class Meta(Grant.Meta, UserObjectPermissionBase.Meta):
        abstract = True
        indexes = [*Grant.Meta.indexes, models.Index(fields=["user", "until", "id"], name="%(class)s_holder")]


class GroupGrant(Grant, GroupObjectPermissionBase):
    """A grant to a role or a team."""

    group = models.ForeignKey("auth.Group", on_delete=models.PROTECT, related_name="+")
    objects = GroupGrants()

    class Meta(Grant.Meta, GroupObjectPermissionBase.Meta):
        abstract = True
        indexes = [*Grant.Meta.indexes, models.Index(fields=["group", "until", "id"], name="%(class)s_holder")]


class CustomerUserGrant(UserGrant):
    """On a customer, to a person."""

    content_object = models.ForeignKey("records.Customer", on_delete=models.PROTECT, related_name="user_grants")
    history = tracked(ends=True)


class CustomerGroupGrant(GroupGrant):
    """On a customer, to a role or team."""

    content_object = models.ForeignKey("records.Customer", on_delete=models.PROTECT, related_name="group_grants")
    history = tracked(ends=True)


class OpportunityUserGrant(UserGrant):
    """On an opportunity, to a person."""

    content_object = models.ForeignKey("records.Opportunity", on_delete=models.PROTECT, related_name="user_grants")
    history = tracked(ends=True)


class OpportunityGroupGrant(GroupGrant):
    """On an opportunity, to a role or team."""

    content_object = models.ForeignKey("records.Opportunity", on_delete=models.PROTECT, related_name="group_grants")
    history = tracked(ends=True)


class FollowUpUserGrant(UserGrant):
    """On a follow-up, to a person."""

    content_object = models.ForeignKey("records.FollowUp", on_delete=models.PROTECT, related_name="user_grants")
    history = tracked(ends=True)


class FollowUpGroupGrant(GroupGrant):
    """On a follow-up, to a role or team."""

    content_object = models.ForeignKey("records.FollowUp", on_delete=models.PROTECT, related_name="group_grants")
    history = tracked(ends=True)


class ContractUserGrant(UserGrant):
    """On a contract, to a person."""

    content_object = models.ForeignKey("records.Contract", on_delete=models.PROTECT, related_name="user_grants")
    history = tracked(ends=True)


class ContractGroupGrant(GroupGrant):
    """On a contract, to a role or team."""

    content_object = models.ForeignKey("records.Contract", on_delete=models.PROTECT, related_name="group_grants")
    history = tracked(ends=True)


GRANTS: dict[str, tuple[type[UserGrant], type[GroupGrant]]] = {
    "customer": (CustomerUserGrant, CustomerGroupGrant),
    "opportunity": (OpportunityUserGrant, OpportunityGroupGrant),
    "followup": (FollowUpUserGrant, FollowUpGroupGrant),
    "contract": (ContractUserGrant, ContractGroupGrant),
}
