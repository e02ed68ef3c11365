"""The pages that create records: ordinary fields, what it hangs on, owner and importance, and when it happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.ids import id_in
from audit.times import now
from records.before import Before, before_of
from records.forms import FORMS, RecordForm
from records.forms.entered import EnteredForm, nudged, unjudged
from records.forms.placing import PlaceForm
from records.late import late
from records.models import Customer, Opportunity
from records.models.access import person
from records.reach import reach
from records.refusals import Refused, sentence
from records.services.judging import class_of
from records.services.records import create_record
from records.words import NEW


@dataclass
class Page:
    """The three forms of a page that creates a record of `model`."""

    model: Any
    form: RecordForm
    place: PlaceForm
    entered: EnteredForm
    before: Before | None = None
    back: Any = None
    errors: list[str] = field(default_factory=list)

    @property
    def forms(self) -> tuple[Any, ...]:
        """All of them."""
        return self.form, self.place, self.entered


def new(request: HttpRequest, model: Any) -> HttpResponse:
    """GET shows the page, POST creates the record; a nudge shows the page with the time moved."""
    name = model._meta.model_name
    if f"add_{name}" not in person(request.user).permissions:
        raise PermissionDenied(NEW[name].refused)
    page = _page(request, model)
    if request.method == "POST" and "nudge" not in request.POST:
        return _create(request, page)
    if request.method == "POST":
        unjudged(*page.forms)
    return _render(request, page)


def _page(request: HttpRequest, model: Any) -> Page:
    """The forms, bound where something was posted. The rules depend on the customer chosen, so that is read first."""
    customer, opportunity = _given(request, model)
    data: Any = request.POST if request.method == "POST" else None
    place = PlaceForm(data, model=model, user=request.user, customer=customer, opportunity=opportunity)
    if data is not None:
        place.is_valid()
    draft = place.draft()
    reached = reach(request.user, draft, now())
    data = nudged(data, reached) if data is not None and "nudge" in data else data
    data = _said(data) if data is not None and "said" in data else data
    form = FORMS[model._meta.model_name](data)
    form.fields.pop("done", None)  # nothing is done before it is written down
    entered = EnteredForm(
        data,
        reach=reached,
        record_type=model._meta.model_name,
        customer_class=class_of(draft),
        ask=request.company.new_entry_time == "ask",  # type: ignore[attr-defined]
    )
    before = before_of(request.user, place.chosen)
    return Page(model, form, place, entered, before, place.chosen or customer)


def _given(request: HttpRequest, model: Any) -> tuple[Any, Any]:
    """The customer and opportunity the page was opened for. 404 for those the person may not know."""
    opportunity = _known(request, Opportunity, "opportunity") if model not in (Customer, Opportunity) else None
    if opportunity is not None and opportunity.customer_id is not None:
        found = Customer.objects.visible_to(request.user).select_related("owner").filter(pk=opportunity.customer_id)
        return found.first(), opportunity
    return (_known(request, Customer, "customer") if model is not Customer else None), None


def _known(request: HttpRequest, model: Any, name: str) -> Any:
    text = request.GET.get(name, "")
    if not text:
        return None
    found = model.objects.visible_to(request.user).select_related("owner").filter(pk=id_in(text)).first()
    if found is None:
        raise Http404
    return found


def _said(data: Any) -> dict[str, Any]:
    """The one text of the quick form as summary and, where it is longer than a line, content."""
    said = " ".join(data["said"].split())
    line = data["said"].strip().partition("\n")[0].strip()
    summary = line if len(line) <= 200 else line[:200].rpartition(" ")[0] or line[:200]
    return {**dict(data.items()), "summary": summary, "content": data["said"].strip() if said != summary else ""}


def _create(request: HttpRequest, page: Page) -> HttpResponse:
    if any(form.errors for form in page.forms):  # the page asks the others, so that all errors show at once
        return _render(request, page, 422)
    try:
        record = create_record(
            model=page.model,
            values=page.form.values() | page.place.values(),
            by=request.user,
            channel="web",
            clock=now,
            remote_addr=request.remote_addr,  # type: ignore[attr-defined]
            **page.entered.values,
        )
    except Refused as no:
        page.errors = [sentence(finding) for finding in page.place.refuse(page.entered.refuse(no.findings))]
        return _render(request, page, 422)
    except ValidationError as no:
        page.errors = no.messages
        return _render(request, page, 422)
    messages.success(request, _saved(record))
    quick = "quick" in request.POST and record.root_customer is not None
    return redirect(record.root_customer if quick else record)


def _render(request: HttpRequest, page: Page, status: int = 200) -> HttpResponse:
    name = page.model._meta.model_name
    context = {
        "page": page,
        "form": page.form,
        "place": page.place,
        "entered": page.entered,
        "marks": page.before.marks if page.before else "{}",
        "before": page.before if name == "followup" else None,
        "customer": page.back,
        "words": NEW[name],
        "list_url": page.model.page("list"),
        "plural": page.model().plural,
    }
    return render(request, "records/record_new.html", context, status=status)


def _saved(record: Any) -> str:
    """`Follow-up F-2026-0012 saved. Recorded 1 day later.`"""
    text = NEW[record._meta.model_name].saved % {"number": record.number}
    away = late(record)
    return text + (" " + _("Recorded %(distance)s later.") % {"distance": away} if away else "")
