"""The forms of an import: the file, what its columns are and how its values are read, keeping a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.times import zone_names
from records.import_pages import able_people, fields_of
from records.importing.columns import TYPES, importable, model_of
from records.importing.dates import FORMATS, example
from records.importing.opening import Look
from records.importing.reader import DELIMITERS, ENCODINGS
from records.importing.table import MAX_BYTES
from records.models import Import

HISTORY = "history"  # instead of a type: an old system's changes
EMPTY = "-"  # instead of a value: nothing


class UploadForm(forms.Form):
    """A file, and what its rows are."""

    file = forms.FileField(
        label=gettext_lazy("Drop a CSV or Excel file here"),
        max_length=200,
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    record_type = forms.ChoiceField(label=gettext_lazy("Each row is"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": ""} | kwargs)
        kinds = [(name, capfirst(model_of(name)._meta.verbose_name)) for name in TYPES]
        more = (HISTORY, _("A change that an old system recorded"))
        self.fields["record_type"].choices = [("", _("Tell it by the headings")), *kinds, more]  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """Too large a file is refused before its bytes are read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            sentence = _("The file is larger than %(limit)s MB. Split it and import the parts.")
            raise forms.ValidationError(sentence % {"limit": MAX_BYTES // 1_000_000})
        return file


class KeepForm(forms.Form):
    """A name for what is said about the columns."""

    name = forms.CharField(
        label=gettext_lazy("Keep these settings as"),
        max_length=80,
        error_messages={"required": gettext_lazy("Write a name to find them by.")},
    )
    shared = forms.BooleanField(label=gettext_lazy("For everybody who imports"), required=False)


class ColumnsForm(forms.Form):
    """Everything that is said about a file. `draft` holds what was said so far, `look` what the file shows."""

    def __init__(self, data: Mapping[str, Any] | None, *, draft: Import, look: Look | None) -> None:
        self.draft, self.look = draft, look
        self.headings = look.headings if look else []
        super().__init__(data, initial=_initial(draft), label_suffix="")
        for make in (_reading, _columns, _values, _rows, _words):
            for name, each in make(self).items():
                self.fields[name] = each

    def said(self) -> dict[str, Any]:
        """What is said now, on top of what was said before; to be asked of a valid form."""
        given, said = self.cleaned_data, dict(self.draft.settings)
        said |= {name: given[name] for name in _PLAIN if name in given}
        said["header_row"] = given["header_row"] if given["header_row"] is not None else said.get("header_row")
        places = range(len(self.headings))
        said["columns"] = {str(i): given[f"c{i}"] for i in places if given.get(f"c{i}")}
        said["formats"] = {str(i): given[f"f{i}"] for i in places if given.get(f"f{i}")}
        said["owner"] = int(given["owner"]) if given.get("owner") else said.get("owner")
        return said | self._explained(said)

    def _explained(self, said: dict[str, Any]) -> dict[str, Any]:
        """The meanings of words that were asked about."""
        asked, given = said.get("asked", {}), self.cleaned_data
        values = {name: dict(texts) for name, texts in said.get("values", {}).items()}
        for number, (name, text, *_rest) in enumerate(asked.get("values", [])):
            values.setdefault(name, {}).pop(text, None)
            if answer := given.get(f"v{number}"):
                values[name][text] = "" if answer == EMPTY else answer
        owners = dict(said.get("owners", {}))
        for number, (text, *_rest) in enumerate(asked.get("owners", [])):
            owners.pop(text, None)
            if answer := given.get(f"o{number}"):
                owners[text] = int(answer)
        return {"values": values, "owners": owners}

    def column_rows(self) -> list[tuple[str, list[str], Any, Any]]:
        """Per column: its heading, first values, what it becomes, and the format of its dates where it has some."""
        first = [cells for line, cells in (self.look.first if self.look else []) if line > self.look.header_row]  # type: ignore[union-attr]
        rows = []
        for i, heading in enumerate(self.headings):
            values = [cells[i].strip() for cells in first if i < len(cells) and cells[i].strip()][:2]
            rows.append(
                (heading or f"#{i + 1}", values, self[f"c{i}"], self[f"f{i}"] if f"f{i}" in self.fields else None)
            )
        return rows

    def asked_rows(self, kind: str) -> list[tuple[str, str, int, Any]]:
        """Per word that is asked about: its field, the word, in how many rows, and the answer."""
        asked = self.draft.settings.get("asked", {})
        if kind == "o":
            return [("", text, rows, self[f"o{n}"]) for n, (text, rows, _s) in enumerate(asked.get("owners", []))]
        labels = dict(fields_of(self.draft))
        found = enumerate(asked.get("values", []))
        return [(labels.get(name, name), text, rows, self[f"v{n}"]) for n, (name, text, rows, _s) in found]


_PLAIN: tuple[str, ...] = (
    *("sheet", "encoding", "delimiter", "zone", "decimal", "blank", "no_customer", "existing", "duplicates"),
    *("double", "create_missing", "odd"),
)


def _initial(draft: Import) -> dict[str, Any]:
    said = draft.settings
    found = {name: said.get(name) for name in (*_PLAIN, "header_row", "owner")}
    found["record_type"] = HISTORY if said.get("history") and not draft.record_type else draft.record_type
    found |= {f"c{place}": name for place, name in said.get("columns", {}).items()}
    found |= {f"f{place}": form for place, form in said.get("formats", {}).items()}
    asked = said.get("asked", {})
    for number, (name, text, _rows, near) in enumerate(asked.get("values", [])):
        answer = said.get("values", {}).get(name, {}).get(text)
        found[f"v{number}"] = near if answer is None else answer or EMPTY
    for number, (text, _rows, near) in enumerate(asked.get("owners", [])):
        found[f"o{number}"] = said.get("owners", {}).get(text, near)
    return found


class QuickSelect(forms.Select):
    """A select of one value that is written without a template: a file may have hundreds of columns."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The element with its options."""
        chosen = str(self.format_value(value)[0]) if self.format_value(value) else ""
        marks = ((each, mark_safe(" selected") if str(each) == chosen else "", label) for each, label in self.choices)
        options = format_html_join("", '<option value="{}"{}>{}</option>', marks)
        return format_html("<select{}>{}</select>", flatatt(self.attrs | {"name": name} | (attrs or {})), options)


def _cell(label: str, choices: list[tuple[Any, Any]]) -> forms.ChoiceField:
    """A choice in a table, whose label is spoken only."""
    widget = QuickSelect(attrs={"class": "input", "aria-label": label})
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=widget)


def _choice(label: str, choices: list[tuple[Any, Any]], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, **{"required": False} | more)


def _reading(form: ColumnsForm) -> dict[str, forms.Field]:
    """How the file is read."""
    sheets = [(s.name, s.name) for s in (form.look.sheets if form.look else [])]
    known = {"\t": _("Tab"), ",": _("Comma"), ";": _("Semicolon"), "|": "|"}
    text = not sheets
    row = forms.IntegerField(label=_("Headings stand in line"), min_value=0, max_value=1000, required=False)
    row.help_text = _("0: the file has none.")
    kinds = [(name, capfirst(model_of(name)._meta.verbose_name_plural)) for name in TYPES]
    if form.draft.settings.get("history"):
        kinds = [pair for pair in kinds if pair[0] != "contact"]
    found: dict[str, forms.Field] = {"record_type": _choice(_("Records"), [("", _("Choose…")), *kinds])}
    if sheets:
        found["sheet"] = _choice(_("Sheet"), sheets)
    found["header_row"] = row
    if text:
        found["encoding"] = _choice(_("Encoding"), [("", _("Found by itself")), *((name, name) for name in ENCODINGS)])
        marks = [("", _("Found by itself")), *((mark, known[mark]) for mark in DELIMITERS)]
        found["delimiter"] = forms.TypedChoiceField(label=_("Between cells"), choices=marks, required=False)
    return found


def _columns(form: ColumnsForm) -> dict[str, forms.Field]:
    """What each column becomes, and the format of dates."""
    choices = [("", _("Leave out")), *fields_of(form.draft)]
    found: dict[str, forms.Field] = {}
    formats = [("", _("Found by itself")), *((key, f"{example(key)} ({key})") for key in FORMATS)]
    dates = _date_fields(form.draft)
    for i, heading in enumerate(form.headings):
        name = heading or f"#{i + 1}"
        found[f"c{i}"] = _cell(_("Goes to, for %(column)s") % {"column": name}, choices)
        chosen = form.data.get(f"c{i}") if form.is_bound else form.initial.get(f"c{i}")
        if chosen in dates:
            found[f"f{i}"] = _cell(_("Written as, for %(column)s") % {"column": name}, formats)
    return found


def _date_fields(draft: Import) -> set[str]:
    if draft.settings.get("history"):
        return {"when"}
    if not draft.record_type:
        return set()
    fields = importable(draft.record_type).items()
    return {name for name, each in fields if each.get_internal_type() in ("DateField", "DateTimeField")}


def _values(form: ColumnsForm) -> dict[str, forms.Field]:
    """How values are read."""
    later = [("", _("Choose only if asked")), ("earlier", _("The earlier moment")), ("later", _("The later moment"))]
    return {
        "zone": _choice(_("In time zone"), [(name, name) for name in zone_names()], required=True),
        "decimal": _choice(_("Decimal mark"), [(".", _("Point: 1,234.50")), (",", _("Comma: 1.234,50"))]),
        "double": _choice(_("Times in the hour that clocks show twice"), later),
    }


def _rows(form: ColumnsForm) -> dict[str, forms.Field]:
    """What becomes of rows that need a decision."""
    if form.draft.settings.get("history"):
        return {}
    stands = [("skip", _("Leave them as they are")), ("update", _("Update them")), ("refuse", _("Show them as errors"))]
    blank = [("", _("Choose only if asked")), ("moment", _("The moment of the import")), ("refuse", _("An error"))]
    found: dict[str, forms.Field] = {"existing": _choice(_("Records that stand already"), stands)}
    if form.draft.record_type == "contact":
        return found
    people = [(user.pk, str(user)) for user in able_people()]
    found["blank"] = _choice(_("Rows without an entry time get"), blank)
    found["owner"] = _choice(_("Owner of rows that name none"), people)
    found["duplicates"] = _choice(
        _("Rows that look like another record"), [("show", _("Are shown")), ("refuse", _("Are errors"))]
    )
    if form.draft.record_type == "opportunity":
        none = [("refuse", _("Are errors")), ("none", _("Have no customer"))]
        found["no_customer"] = _choice(_("Rows without a customer"), none)
    if form.draft.record_type in ("opportunity", "followup", "contract"):
        found["create_missing"] = forms.BooleanField(
            label=_("Enter customers that only the file knows"), required=False
        )
    found["odd"] = forms.BooleanField(label=_("Change entry times also where the order becomes odd"), required=False)
    return found


def _words(form: ColumnsForm) -> dict[str, forms.Field]:
    """What words of the file mean here."""
    asked = form.draft.settings.get("asked", {})
    found: dict[str, forms.Field] = {}
    fields = importable(form.draft.record_type) if asked.get("values") else {}
    for number, (name, text, *_rest) in enumerate(asked.get("values", [])):
        options = [(value, str(label)) for value, label in fields[name].flatchoices] if name in fields else []
        choices = [("", _("An error to fix")), (EMPTY, _("Leave it empty")), *options]
        found[f"v{number}"] = _cell(_("Means, for %(text)s") % {"text": text}, choices)
    people = (
        [("", _("An error to fix")), *((user.pk, str(user)) for user in able_people())] if asked.get("owners") else []
    )
    for number, (text, *_rest) in enumerate(asked.get("owners", [])):
        found[f"o{number}"] = _cell(_("Is, for %(text)s") % {"text": text}, people)
    return found
