"""The limits people set: company, rule per record type, windows per role, reasons. Judged in records/rules.py."""

from __future__ import annotations

import logging
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audit import times
from audit.tracking import tracked

from .guard import Guarded, GuardedQuerySet

logger = logging.getLogger("redate.rules")

TYPES = ("customer", "opportunity", "followup", "contract")
NEW_ENTRY_TIMES = (("now", _("Now, unless said otherwise")), ("ask", _("Ask each time")))
CLASSES = (("ordinary", _("Ordinary")), ("key", _("Key")))


class RulesQuerySet(GuardedQuerySet):
    """Rules change only through records.services.rules."""


class CompanyRules(Guarded):
    """The one row of company-wide settings. `zone` decides closed periods, windows and buckets."""

    LOCKED = frozenset({"name", "zone", "sales_see_all", "time_format", "new_entry_time", "password_again"})

    name = models.CharField(_("company name"), max_length=120, blank=True, default="")
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    sales_see_all = models.BooleanField(_("sales see all records"), default=True)
    time_format = models.CharField(_("display of times"), max_length=10, default="iso", db_default="iso")
    new_entry_time = models.CharField(
        _("entry time of a new record"), max_length=8, choices=NEW_ENTRY_TIMES, default="now", db_default="now"
    )
    password_again = models.BooleanField(
        _("password again before approving and before changing rules"), default=False, db_default=False
    )

    objects = RulesQuerySet.as_manager()
    history = tracked()
    by_type: dict[str, TypeRule]  # set by company()

    class Meta(Guarded.Meta):
        default_permissions = ()
        permissions = [
            ("manage_rules", "Set rules, windows and reasons"),
            ("close_periods", "Close periods"),
            ("reopen_periods", "Lower a closed period"),
            ("change_key_entry_time", "Change the entry time of key records, where the role may for the type"),
            ("see_all_records", "See all records, whatever the company shows to sales"),
            ("own_records", "Own records, and see and change them"),
            ("grant_access", "Grant rights one holds"),
            ("decide_requests", "Answer time requests"),
            ("change_on_behalf", "Change entry times on behalf of others"),
            ("import_records", "Import records"),
            ("view_trail", "Browse the whole trail"),
            ("verify_trail", "Verify the trail"),
            ("export_trail", "Export the trail"),
            ("review_changes", "Review changes"),
            ("manage_links", "Link other systems"),
            ("back_up", "Back up and restore"),
        ]
        constraints = [models.CheckConstraint(condition=Q(id=1), name="companyrules_one_row")]

    def __str__(self) -> str:
        return self.name or "company"

    @property
    def shown_zone(self) -> ZoneInfo:
        """The zone to show times in: UTC where `zone` names none, so that pages stand. No change is judged by it."""
        try:
            return times.zone(self.zone)
        except ValueError:
            logger.error("The company's time zone %r is none: pages show UTC", self.zone)
            return ZoneInfo("UTC")


class TypeRule(Guarded):
    """The rule of one record type. A missing row allows nothing."""

    LOCKED = frozenset(
        {
            "company",
            "record_type",
            "owners_may",
            "closed_through",
            "closed_hard_through",
            "grace_days",
            "reported_through",
            "allow_future",
            "reason_required",
            "note_length",
            "requests_allowed",
            "request_days",
            "approval_days",
            "approval_on_key",
            "lock_signed",
            "lock_opportunity",
            "warn_order",
        }
    )

    company = models.ForeignKey(CompanyRules, on_delete=models.PROTECT, default=1, related_name="type_rules")
    record_type = models.CharField(max_length=20, unique=True)
    owners_may = models.BooleanField(_("owners may change their own"), default=False)
    closed_through = models.DateField(_("closed through"), null=True, blank=True)
    allow_future = models.BooleanField(_("allow times in the future"), default=False)
    reason_required = models.BooleanField(_("reason required"), default=True)
    note_length = models.PositiveSmallIntegerField(_("shortest explanation"), default=0)
    closed_hard_through = models.DateField(_("closed for good through"), null=True, blank=True)
    grace_days = models.PositiveSmallIntegerField(_("days after a month's end until it closes"), null=True, blank=True)
    reported_through = models.DateField(_("reported through"), null=True, blank=True)
    requests_allowed = models.BooleanField(
        _("what lies beyond the window may be asked for"), default=True, db_default=True
    )
    request_days = models.PositiveSmallIntegerField(_("days until a request expires"), default=14, db_default=14)
    approval_days = models.PositiveIntegerField(_("days a change may move without approval"), null=True, blank=True)
    approval_on_key = models.BooleanField(_("changes on key customers need approval"), default=False, db_default=False)
    lock_signed = models.BooleanField(_("a signed contract locks its entry time"), default=False, db_default=False)
    lock_opportunity = models.BooleanField(_("and that of its opportunity"), default=False, db_default=False)
    warn_order = models.BooleanField(_("warn of an odd order"), default=True, db_default=True)

    objects = RulesQuerySet.as_manager()
    history = tracked()

    class Meta(Guarded.Meta):
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(record_type__in=TYPES), name="typerule_known_type")]

    def __str__(self) -> str:
        return self.record_type


class Window(Guarded):
    """How far a role may move times of one type and customer class; no row means not at all.

    Days are calendar days of the company's zone counted from today; `days_back` is empty only with `no_limit`.
    `longest_move` caps the distance between old and new in days of 24 hours.
    """

    LOCKED = frozenset(
        {"role", "record_type", "customer_class", "days_back", "days_forward", "no_limit", "longest_move"}
    )

    role = models.ForeignKey("crm.Role", on_delete=models.PROTECT, related_name="windows")
    record_type = models.CharField(max_length=20)
    customer_class = models.CharField(max_length=10, choices=CLASSES)
    days_back = models.PositiveIntegerField(_("days back"), null=True, blank=True)
    days_forward = models.PositiveIntegerField(_("days forward"), default=0)
    no_limit = models.BooleanField(_("no limit"), default=False)
    longest_move = models.PositiveIntegerField(_("longest move in days"), null=True, blank=True)

    objects = RulesQuerySet.as_manager()
    history = tracked()

    class Meta(Guarded.Meta):
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["role", "record_type", "customer_class"], name="window_once"),
            models.CheckConstraint(condition=Q(record_type__in=TYPES), name="window_known_type"),
            models.CheckConstraint(
                condition=Q(no_limit=True, days_back__isnull=True) | Q(no_limit=False, days_back__isnull=False),
                name="window_days_or_no_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} {self.record_type} {self.customer_class}"


class Reason(Guarded):
    """A category of reasons; never deleted, at most no longer offered."""

    LOCKED = frozenset({"code", "name_en", "name_zh", "active", "order"})

    code = models.SlugField(max_length=40, unique=True)
    name_en = models.CharField(_("English"), max_length=80)
    name_zh = models.CharField(_("Chinese"), max_length=80)
    active = models.BooleanField(_("offered"), default=True)
    order = models.PositiveSmallIntegerField(default=0)

    objects = RulesQuerySet.as_manager()
    history = tracked()

    class Meta(Guarded.Meta):
        default_permissions = ()
        ordering = ("order", "code")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


def company() -> CompanyRules:
    """The company's settings with `by_type`, the rule of each record type, in one query.

    Raises ImproperlyConfigured where the row is missing: nothing is then allowed.
    """
    rules = list(TypeRule.objects.select_related("company"))
    found = rules[0].company if rules else CompanyRules.objects.filter(pk=1).first()
    if found is None:
        raise ImproperlyConfigured("The company's rules row is missing. Run `manage.py migrate`.")
    found.by_type = {rule.record_type: rule for rule in rules}
    return found
