"""What the pages of an import show and ask: what its columns seem to be, and what is still open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from audit.times import NotATime
from records.importing.columns import importable, model_of
from records.importing.dates import read_moment
from records.importing.errors import NotAFile
from records.importing.mending import unknown_options
from records.importing.opening import Look, look_into
from records.importing.plan import Plan
from records.importing.presets import Recognised, recognise
from records.importing.table import Table
from records.models import Import
from records.models import Mapping as Kept
from records.services.import_drafts import bytes_of
from records.services.import_work import plan_of
from records.services.matching import Ambiguous, People

ASKED = 40  # words of one kind that are asked about
WHERE = {"blank_choice": "blank", "encoding": "encoding", "encoding_chosen": "encoding", "no_sheet": "sheet"}
WHERE |= {"no_header_row": "header_row", "quotes": "delimiter"}
CHANGES = ("record", "field", "old", "new", "who", "when", "id")


def looked(draft: Import) -> Look:
    """The first lines of its file, as it is said to be read. Raises NotAFile."""
    said = draft.settings
    return look_into(
        bytes_of(draft) or b"",
        draft.name,
        sheet=said.get("sheet", ""),
        header_row=said.get("header_row"),
        encoding=said.get("encoding", ""),
        delimiter=said.get("delimiter", ""),
    )


def begun(look: Look, record_type: str, *, history: bool, by: Any, zone: str) -> tuple[str, dict[str, Any]]:
    """What is said of a new file: what is recognised, and for the rest what is usual. Gives its type, too."""
    found = None if history else recognise(look.headings, record_type or None)
    said: dict[str, Any] = {
        "sheet": look.sheet,
        "header_row": look.header_row,
        "encoding": look.encoding,
        "delimiter": look.delimiter,
        "columns": {},
        "formats": {},
        "values": {},
        "owners": {},
        "owner": by.pk,
        "leave_out": {},
        "zone": zone,
        "decimal": ".",
        "blank": "",
        "no_customer": "refuse",
        "existing": "skip",
        "duplicates": "show",
        "double": "",
        "source": "import",
        "create_missing": False,
        "history": history,
    }
    if found is not None:
        said |= _of_recognised(found, look.headings)
    kind = record_type or (found.record_type if found else "")
    if kind and not history and (found is None or not found.name):
        said["columns"] = _by_name(kind, look.headings, said["columns"])
    return kind, said


def _by_name(record_type: str, headings: list[str], columns: dict[str, str]) -> dict[str, str]:
    """The columns with those that are called as a field is, by its name or its label, in either language."""
    known: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            known |= {
                _label(record_type, name, each).casefold(): name for name, each in importable(record_type).items()
            }
    known |= {name: name for name in importable(record_type)}
    columns, used = dict(columns), set(columns.values())
    for place, heading in enumerate(headings):
        name = known.get(heading.casefold(), "")
        if name and name not in used and str(place) not in columns:
            columns[str(place)] = name
            used.add(name)
    return columns


def _of_recognised(found: Recognised, headings: list[str]) -> dict[str, Any]:
    own = found.system == "redate"
    said: dict[str, Any] = {
        "columns": {str(_place(heading, headings)): name for heading, name in found.mapping},
        "formats": {str(_place(heading, headings)): form for heading, form in found.date_formats.items()},
        "values": found.values,
        "leave_out": found.leave_out,
        "source": found.system if found.name and not own else "import",
        "existing": "update" if own else "skip",
    }
    return said | ({"zone": found.zone} if found.zone else {})


def _place(heading: str, headings: list[str]) -> int:
    if heading.startswith("#") and heading[1:].isdecimal() and heading not in headings:
        return int(heading[1:]) - 1
    return next(i for i, each in enumerate(headings) if each.casefold() == heading.casefold())


def recognised(draft: Import, headings: list[str]) -> list[str]:
    """What was recognised, in sentences; none for changes."""
    if draft.settings.get("history") or not draft.record_type:
        return []
    found = recognise(headings, draft.record_type)
    return found.said if found else []


def fields_of(draft: Import) -> list[tuple[str, str]]:
    """What a column can become: (field, label), in alphabetical order of the labels."""
    if draft.settings.get("history"):
        return [(name, label) for name, label in _changes().items()]
    if not draft.record_type:
        return []
    found = []
    for name, each in importable(draft.record_type).items():
        if name == "version" and draft.record_type == "contact":
            continue
        found.append((name, _label(draft.record_type, name, each)))
    behind = {name for name in draft.settings.get("columns", {}).values() if name.endswith("+")}
    labels = dict(found)
    found += [(name, _("%(field)s, put behind") % {"field": labels.get(name[:-1], name)}) for name in behind]
    return sorted(found, key=lambda pair: (pair[0] != "entered_at", pair[1]))


def _label(record_type: str, name: str, each: Any) -> str:
    label = capfirst(str(each.verbose_name))
    if name.startswith("contact_"):
        return _("Contact: %(field)s") % {"field": each.verbose_name}
    special = {
        "external_id": _("Id in the old system"),
        "parent": _("Parent customer"),
        "version": _("Version (of an export of Redate)"),
    }
    return special.get(name, label)


def _changes() -> dict[str, str]:
    return {
        "record": _("Record (number or old id)"),
        "field": _("Field that changed"),
        "old": _("Old value"),
        "new": _("New value"),
        "who": _("Changed by"),
        "when": _("Changed at"),
        "id": _("Id of the change"),
    }


def mappings_for(user: Any, record_type: str) -> list[Kept]:
    """Kept mappings of the type: one's own, and those shared."""
    found = Kept.objects.filter(Q(by=user) | Q(shared=True), record_type=record_type).select_related("by")
    return list(found.order_by("name", "pk")[:100])


def used(draft: Import, kept: Kept, headings: list[str]) -> dict[str, Any]:
    """What is said when a kept mapping is used: its columns are found by their headings."""
    said = {name: value for name, value in kept.settings.items() if name not in ("columns", "formats")}
    for name in ("columns", "formats"):
        given = {heading.casefold(): value for heading, value in kept.settings.get(name, {}).items()}
        said[name] = {str(i): given[h.casefold()] for i, h in enumerate(headings) if h.casefold() in given}
    return draft.settings | said


@dataclass
class Questions:
    """What is still open: sentences by form field ("" for the whole), words to be explained."""

    problems: dict[str, str] = field(default_factory=dict)
    values: list[list[Any]] = field(default_factory=list)  # field, text, rows, suggestion
    owners: list[list[Any]] = field(default_factory=list)  # text, rows, suggestion
    plan: Any = None


def questions_of(draft: Import, table: Table) -> Questions:
    """What has to be answered before rows can be judged."""
    found = Questions()
    try:
        found.plan = plan_of(draft, table)
    except NotAFile as no:
        found.problems[_where(no, draft, table)] = no.message
        return found
    if isinstance(found.plan, Plan):
        asked = draft.settings.get("asked", {})
        known = {(name, text) for name, text, *_rest in asked.get("values", [])}
        unknown = [u for u in unknown_options(table, found.plan.spec) if (u.field, u.text) not in known]
        found.values = [[u.field, u.text, u.rows, u.suggestion] for u in unknown[:ASKED]]
        found.owners = _owners(draft, table, {text for text, *_rest in asked.get("owners", [])})
        if not draft.settings.get("double") and (text := _double(draft, table, found.plan)):
            found.problems["double"] = _("The clocks showed “%(time)s” twice. Choose which is meant.") % {"time": text}
    return found


def _where(no: NotAFile, draft: Import, table: Table) -> str:
    """The form field that a problem stands at."""
    if "column" in no.params and no.code != "blank_choice":
        places = [c.index for c in table.columns if c.label == no.params["column"]]
        chosen = [place for place in places if draft.settings["columns"].get(str(place))]
        return f"f{chosen[0]}" if chosen else ""
    return WHERE.get(no.code, "")


def _column(draft: Import, name: str) -> int | None:
    return next((int(place) for place, each in draft.settings.get("columns", {}).items() if each == name), None)


def _owners(draft: Import, table: Table, known: set[str]) -> list[list[Any]]:
    """Names of the owner column that nobody bears, with who may be meant."""
    place = _column(draft, "owner")
    if place is None or draft.record_type == "contact":
        return []
    people, times = People({}, None), dict[str, int]()
    for _line, cells in table.rows:
        text = cells[place].strip()
        if text and text not in known and text not in draft.settings.get("owners", {}):
            times[text] = times.get(text, 0) + 1
    unknown = [text for text in times if people.owner(text) in (None, Ambiguous)]
    names = {str(user): user.pk for user in able_people()}
    return [[text, times[text], names.get(people.near(text), "")] for text in unknown[:ASKED]]


def able_people() -> list[Any]:
    """Who may be named as owner: everybody who is active."""
    people = get_user_model()._default_manager.filter(is_active=True)
    return list(people.order_by("display_name", "username"))


def _double(draft: Import, table: Table, plan: Plan) -> str:
    """The first entry time that the clocks of the zone showed twice."""
    place = _column(draft, "entered_at")
    lines = {error.line for error in plan.errors if error.code == "time"}
    for line, cells in table.rows:
        if place is not None and line in lines:
            try:
                read_moment(cells[place], plan.formats["entered_at"], plan.spec.zone)
            except NotATime as no:
                if no.code == "double":
                    return str(cells[place])
            except ValueError:
                continue
    return ""


def type_name(record_type: str) -> str:
    """The type in words, of many."""
    return str(model_of(record_type)._meta.verbose_name_plural) if record_type else _("records")
