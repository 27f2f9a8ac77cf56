"""A form on a page: what each field shows, and what a person sent as the engine's forms take it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from starlette.datastructures import FormData

from engine import Component, ComponentType, FilledForm

PREFIX = "field."  # the names of a form's own fields cannot meet ours
_INPUTS = {ComponentType.NUMBER: "text", ComponentType.TEXTFIELD: "text"}
_AUTOCOMPLETE = "autocomplete"


class Shown(NamedTuple):
    """One component as a template needs it; ``name`` is the input's, ``value`` what it holds."""

    component: Component
    name: str
    value: str
    chosen: tuple[str, ...]
    error: str
    hidden: bool
    children: tuple[Shown, ...]

    @property
    def kind(self) -> str:
        """Return the component's type."""
        return str(self.component.type)

    @property
    def input_type(self) -> str:
        """Return the type of the HTML input."""
        component = self.component
        if component.type is ComponentType.DATETIME:
            return {"date": "date", "time": "time"}.get(component.subtype, "datetime-local")
        return (
            "email" if component.email or "email" in component.checks else _INPUTS.get(component.type, "text")
        )

    @property
    def autocomplete(self) -> str:
        """Return what a browser may fill in (WCAG 1.3.5)."""
        return self.component.properties.get(_AUTOCOMPLETE, "off")

    @property
    def described_by(self) -> str:
        """Return the ids of what describes the input."""
        parts = ["help"] if self.component.help else []
        parts += ["error"] if self.error else []
        return " ".join(f"{self.component.id}-{part}" for part in parts)


class Entered(NamedTuple):
    """What a form shows besides its definition."""

    submission: Mapping[str, object]
    errors: Mapping[str, str]
    hidden: frozenset[str]


def submission_of(filled: FilledForm, sent: FormData) -> dict[str, object]:
    """Return what was sent, by field: texts, and lists of texts where several may be chosen."""
    found: dict[str, object] = {}
    for field in filled.form.fields:
        name = PREFIX + field.key
        if field.read_only:
            continue
        if field.type is ComponentType.CHECKLIST:
            found[field.key] = [each for each in sent.getlist(name) if isinstance(each, str)]
        elif isinstance(sent.get(name), str):
            found[field.key] = sent.get(name)
    return found


def shown(filled: FilledForm, entered: Entered) -> tuple[Shown, ...]:
    """Return a form's components as a template needs them."""
    return tuple(_shown(each, filled, entered) for each in filled.form.components)


def _shown(component: Component, filled: FilledForm, entered: Entered) -> Shown:
    value = _held(component, filled, entered)
    return Shown(
        component=component,
        name=PREFIX + component.key,
        value=_text(value),
        chosen=tuple(map(_text, value)) if isinstance(value, list) else (_text(value),),
        error=entered.errors.get(component.key, "") if component.key else "",
        hidden=component.key in entered.hidden,
        children=tuple(_shown(each, filled, entered) for each in component.children),
    )


def _held(component: Component, filled: FilledForm, entered: Entered) -> Any:
    if not component.key:
        return None
    if component.key in entered.submission and not component.read_only:
        return entered.submission[component.key]
    return filled.variables.get(component.key, component.default)


def _text(value: Any) -> str:
    """Return a value as an input holds it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else ""
        case Decimal():
            return str(value).replace(".", ",")
        case dt.datetime():
            return value.strftime("%Y-%m-%dT%H:%M")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)
