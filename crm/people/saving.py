"""From a posted form to a service; a refusal becomes an error of the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit import times
from records.refusals import Refused

from .refusals import FIELDS


def ask(request: HttpRequest, form: forms.Form, service: Callable[..., Any], **values: Any) -> Any:
    """What the service answers to the person who asks; None where it refused, with the sentence at its field."""
    values |= {"by": request.user, "channel": "web", "clock": times.now, "remote_addr": request.remote_addr}
    try:
        return service(**values)
    except Refused as no:
        refused(form, no)
    except ValidationError as error:
        form.add_error(None, error)
    return None


def refused(form: forms.Form, no: Refused) -> None:
    """Put the sentences of a refusal where they belong."""
    for code, sentence in zip(no.codes, no.messages(), strict=True):
        field = FIELDS.get(code)
        form.add_error(field if field in form.fields else None, sentence)


def page(request: HttpRequest, template: str, form: forms.Form, **shown: Any) -> HttpResponse:
    """A page of this section around its form; 422 where the form was refused."""
    status = 422 if form.is_bound else 200
    return render(request, template, {"section": "people", "form": form} | shown, status=status)
