"""What templates/partials/field.html needs to know of a form field."""

from __future__ import annotations

from typing import Any

from django import forms

_KINDS = (
    (forms.CheckboxSelectMultiple, "checks"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "check"),
)


def parts(
    bound: forms.BoundField, css: str = "", *, label: Any = None, hint: Any = None, **attrs: Any
) -> dict[str, Any]:
    """Label, control, hint and errors, with the ids that tie them together."""
    widget = bound.field.widget
    kind = next((name for cls, name in _KINDS if isinstance(widget, cls)), "input")
    hint = bound.help_text = bound.help_text if hint is None else hint  # so that Django ties the field to no other
    said_by = [f"{bound.auto_id}_helptext"] * bool(hint) + [f"{bound.auto_id}_error"] * bool(bound.errors)
    attrs = {name.replace("_", "-"): value for name, value in attrs.items()} | _saved(bound)
    if kind == "input":
        attrs["class"] = " ".join(filter(None, ("input", widget.attrs.get("class"), attrs.get("class"))))
    if said_by:
        attrs["aria-describedby"] = " ".join(said_by)
    return {
        "field": bound,
        "kind": kind,
        "css": css,
        "label": bound.label if label is None else label,
        "hint": hint,
        "described_by": " ".join(said_by),
        "control": bound.as_widget(attrs=attrs) if kind in ("input", "check") else "",
    }


def _saved(bound: forms.BoundField) -> dict[str, str]:
    """`data-was`, the saved value, on a page that shows a refused post: redate.js then still knows what is unsaved."""
    widget = bound.field.widget
    typed = isinstance(widget, forms.TextInput | forms.Textarea | forms.Select)
    if not typed or isinstance(widget, forms.PasswordInput) or not bound.form.is_bound:
        return {}
    if bound.name not in bound.form.changed_data:
        return {}
    saved = widget.format_value(bound.field.prepare_value(bound.initial))
    return {"data-was": (saved[0] if isinstance(saved, list) and saved else saved) or ""}
