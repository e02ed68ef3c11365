"""The edit page of a record: the entry-time card, owner and importance, the other fields, the history."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.presenters import Change, present, value_of
from audit.times import now
from audit.trail import history_of
from records.access import Checker, Source
from records.card import Card
from records.choosing import part_of
from records.forms.entry_time import EntryTimeForm
from records.forms.ordinary import RecordForm
from records.models import Reason, TimeRequest
from records.models.access import CHANGE, REDATE, VIEW
from records.models.record import Record
from records.reach import Reach, reach
from records.refusals import Refused, StaleRecord, refuse
from records.services.following import with_follows
from records.services.records import update_record
from records.stale import stale_lines
from records.timeline import with_number_of_moves
from records.who_may import NOBODY, who_may, why_not

ROWS = 20  # of history beside the form
RELATED = {
    "customer": ("owner",),
    "opportunity": ("owner", "customer"),
    "followup": ("owner", "customer", "opportunity"),
    "contract": ("owner", "customer", "opportunity"),
}


def record_or_404(request: HttpRequest, model: type[Record], pk: int) -> Any:
    """The record, if the person may see it, with owner, parents, `follows`, `times_changed` and `asked`.

    The last two are the number of moves, and the id of the person's own request that is open.
    """
    name = model._meta.model_name or ""
    records = model.objects.visible_to(request.user).select_related(*RELATED[name])  # type: ignore[attr-defined]
    records = with_number_of_moves(with_follows(records, request.user))
    waiting = TimeRequest.objects.open().filter(record_type=name, record_id=OuterRef("pk"), asked_by=request.user.pk)
    records = records.annotate(asked=Subquery(waiting.values("pk")[:1], output_field=BigIntegerField()))
    found = records.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class EditPage:
    """Everything the edit page shows of one record to one person, read once."""

    def __init__(self, request: HttpRequest, record: Any, form_class: type[RecordForm]) -> None:
        self.request, self.record, self.form_class = request, record, form_class
        self.now = now()
        self.checker = Checker(request.user, self.now)
        self.reasons = list(Reason.objects.all())
        self.name = record._meta.model_name
        self.form = form_class(instance=record)
        self.stale: StaleRecord | None = None
        self.errors: list[str] = []

    @property
    def rule(self) -> Any:
        """The rule of the type, read with the company for this page."""
        return self.request.company.by_type.get(self.name)  # type: ignore[attr-defined]

    @property
    def may_change(self) -> bool:
        """Whether the ordinary fields are open."""
        return self.record.archived_at is None and bool(self.checker.why(self.record, CHANGE.format(self.name)))

    @property
    def may_restore(self) -> bool:
        """Whether the person may take the record back from the archive."""
        return bool(self.checker.why(self.record, CHANGE.format(self.name)))

    @property
    def parents(self) -> list[dict[str, Any]]:
        """What the record hangs on, and whether the person may open it. With a role that sees all, no query."""
        found = []
        for attname, icon in (("customer", "customers"), ("opportunity", "target")):
            parent = getattr(self.record, attname, None)
            if parent is not None:
                name = VIEW.format(parent._meta.model_name)
                visible = self._sees(parent, name)
                found.append({"record": parent, "visible": visible, "icon": icon})
        return found

    @property
    def part_of(self) -> Any:
        """The customer that a customer is part of, if the person may see it; a query only where there is one."""
        return part_of(self.request.user, self.record) if getattr(self.record, "parent_id", None) else None

    def _sees(self, parent: Any, name: str) -> bool:
        who = self.checker.who
        return (who.sees_all and name in who.permissions) or self.checker.has_perm(name, parent)

    @property
    def facts(self) -> list[dict[str, Any]]:
        """The ordinary fields to look at, in the parts of the form."""
        values = {f.attname: getattr(self.record, f.attname) for f in self.record._meta.concrete_fields}
        model = type(self.record)
        return [
            {
                "key": f"facts-{number}",
                "title": title,
                "rows": [(self.form[name].label, value_of(model, name, values)) for name in names],
            }
            for number, (title, names) in enumerate(self.form_class.fieldsets)
        ]

    @property
    def stale_lines(self) -> list[Change]:
        """Both values of what somebody else changed meanwhile."""
        return stale_lines(self.stale, self.request.user) if self.stale else []

    @property
    def sources(self) -> list[Source]:
        """Why the person may change the entry time; empty if not, or if the record is archived."""
        return [] if self.record.archived_at else self.checker.why(self.record, REDATE.format(self.name))

    def card(self, form: EntryTimeForm | None = None, **more: Any) -> Card:
        """The entry-time card; with a form that was refused it is open for editing."""
        offered = [reason for reason in self.reasons if reason.active]
        may, reached = bool(self.sources), self.reach()
        names = 0 if may else 5  # only where the card is locked
        return Card(
            record=self.record,
            reach=reached,
            who=NOBODY if reached.limits is None else who_may(self.record, self.now, limit=names),
            form=form or EntryTimeForm(record=self.record, reasons=offered, initial={"version": self.record.version}),
            now=self.now,
            viewer=self.request.user,
            why_not=self._why_not(reached, may),
            by_request=self.rule is not None and self.rule.requests_allowed,
            mine=self._mine(),
            **more,
        )

    def reach(self) -> Reach:
        """How far the person may set the entry time."""
        return reach(self.request.user, self.record, self.now, checker=self.checker, rule=self.rule)

    def _why_not(self, reached: Reach, may: bool) -> str:
        """Why the card is locked: the rule of the type is missing or broken, or the person lacks the right."""
        if self.record.archived_at:
            return ""
        if reached.limits is None:
            return refuse("no_rule").messages()[0]
        return "" if may else why_not(self.request.user, self.record, self.now)

    def _mine(self) -> TimeRequest | None:
        """The person's own request on the record, while it waits; a query only where there is one."""
        if self.record.asked is None:
            return None
        return TimeRequest.objects.waiting(self.now).filter(pk=self.record.asked).first()

    def render(self, *, card: Card | None = None, status: int = 200) -> HttpResponse:
        """The page."""
        context = {
            "record": self.record,
            "page": self,
            "form": self.form,
            "card": card or self.card(),
            "may_change": self.may_change,
            "may_assign": f"assign_{self.name}" in self.checker.who.permissions,
            "may_classify": "classify_customer" in self.checker.who.permissions,
            "history": self.history(),
            "urls": page_urls(self.record),
        }
        return render(self.request, "records/record_update.html", context, status=status)

    def history(self) -> dict[str, Any]:
        """The newest rows, presented; all of them or only those of the entry time, by `?history=time`."""
        only_times = self.request.GET.get("history") == "time"
        page = history_of(self.record, self.request.user, limit=ROWS, only_times=only_times)
        names = {reason.code: reason.name for reason in self.reasons}
        entries = present(page.rows, type(self.record), self.request.user, names)
        return {"entries": entries, "older": page.older, "only_times": only_times, "undo": self._undoable(entries)}

    def _undoable(self, entries: list[Any]) -> int | None:
        """The history id that can be taken back here: the last move, for who may change the time."""
        last = next((entry for entry in entries if entry.moved), None)
        return last.history_id if last and self.sources else None


def page_urls(record: Any) -> dict[str, str]:
    """URL names of the pages around a record, for templates that serve all types."""
    names = ("list", "update", "entry_time", "history", "access", "assign", "archive", "restore", "parent", "undo")
    return {name: record.page(name) for name in (*names, "follow", "request", "behalf")}


def edit(request: HttpRequest, model: type[Record], form_class: type[RecordForm], pk: int) -> HttpResponse:
    """GET shows the page, POST saves the ordinary fields."""
    page = EditPage(request, record_or_404(request, model, pk), form_class)
    if request.method != "POST":
        return page.render()
    if page.may_change:
        page.form = form_class(request.POST, instance=page.record)
        if not page.form.is_valid():
            return page.render(status=422)
    try:
        saved = update_record(
            record=page.record,
            seen_version=_version(request),
            values=page.form.values() if page.may_change else {},  # the service refuses, and keeps that it did
            by=request.user,
            channel="web",
            clock=now,
            remote_addr=request.remote_addr,  # type: ignore[attr-defined]
        )
    except Refused as no:
        page.errors = no.messages()
        return page.render(status=403 if "change_right" in no.codes else 422)
    except StaleRecord as stale:
        page.stale = stale
        return page.render(status=409)
    except ValidationError as no:
        page.form.add_error(None, no)
        return page.render(status=422)
    messages.success(request, _("Saved.") if saved.changed else _("Nothing was changed."))
    return redirect(page.record.page("update"), pk)


def _version(request: HttpRequest) -> int:
    """The version the form was made from; 0, which never was, for anything else."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
