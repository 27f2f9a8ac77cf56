"""A form on a page: what each field shows, and what a person sent as the engine's forms take it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from starlette.datastructures import FormData

from engine import MAX_ROWS, WARSAW, Component, ComponentType, FilledForm
from web.uploaded import NAMES

PREFIX = "field."  # the names of a form's own fields cannot meet ours
ROWS = "rows."  # how many rows of a list were shown
KEPT = "kept."  # references of files sent before
_AUTOCOMPLETE = "autocomplete"
_INPUT_MODES = {
    "pesel": "numeric", "regon": "numeric", "nip": "numeric", "rspo": "numeric", "telefon_komorkowy": "tel",
}  # fmt: skip


class Shown(NamedTuple):
    """One component as a template needs it.

    ``id`` and ``name`` are the input's, ``value`` what it holds; ``rows`` are those of a list, ``files``
    those of a filepicker, as references; ``path`` is the key, with list and row before it inside a list.
    """

    component: Component
    id: str
    path: str
    value: str
    chosen: tuple[str, ...]
    error: str
    hidden: bool
    children: tuple[Shown, ...]
    rows: tuple[tuple[Shown, ...], ...] = ()
    files: tuple[Mapping[str, Any], ...] = ()

    @property
    def kind(self) -> str:
        """Return the component's type."""
        return str(self.component.type)

    @property
    def name(self) -> str:
        """Return the name of the input."""
        return PREFIX + self.path

    @property
    def is_email(self) -> bool:
        """Say whether an e-mail address is asked for."""
        return self.component.email or "email" in self.component.checks

    @property
    def input_type(self) -> str:
        """Return the type of the HTML input; dates are texts, so that 27.11.2026 can be written."""
        return "email" if self.is_email else "text"

    @property
    def input_mode(self) -> str:
        """Return which keys a telephone shows."""
        if self.component.type is ComponentType.NUMBER:
            return "decimal"
        return next((_INPUT_MODES[each] for each in self.component.checks if each in _INPUT_MODES), "")

    @property
    def hint(self) -> str:
        """Return the kind of hint a date or time is written by, "" for other fields."""
        return self.component.subtype if self.component.type is ComponentType.DATETIME else ""

    @property
    def accept(self) -> str:
        """Return the media types a filepicker takes."""
        return ",".join(self.component.accept)

    @property
    def formats(self) -> str:
        """Return the files a filepicker takes, as people call them."""
        return ", ".join(NAMES[each] for each in self.component.accept)

    @property
    def autocomplete(self) -> str:
        """Return what a browser may fill in (WCAG 1.3.5)."""
        return self.component.properties.get(_AUTOCOMPLETE, "off")

    @property
    def described_by(self) -> str:
        """Return the ids of what describes the input."""
        parts = ["help"] if self.component.help else []
        parts += ["hint"] if self.hint or self.kind == "filepicker" else []
        parts += ["error"] if self.error else []
        return " ".join(f"{self.id}-{part}" for part in parts)


class Entered(NamedTuple):
    """What a form shows besides its definition; fields in rows are named ``list.0.key``."""

    submission: Mapping[str, object]
    errors: Mapping[str, str]
    hidden: frozenset[str]


def submission_of(filled: FilledForm, sent: FormData) -> dict[str, object]:
    """Return what was sent, by field: texts, lists of texts where several may be chosen, rows of lists.

    Files are not here. A row that was to be removed is gone, one that was to be added is there.
    """
    found: dict[str, object] = {}
    for field in filled.form.fields:
        if field.type is ComponentType.DYNAMICLIST:
            found[field.key] = _rows_sent(field, sent)
        elif not field.read_only:
            found |= _sent(field, PREFIX + field.key, sent)
    return found


def wants_another_look(sent: FormData) -> bool:
    """Say whether a form was sent to be shown again: with further fields, another row, without a file."""
    return any(sent.get(name) for name in ("refresh", "add_row", "remove_row", "remove_file", "add_file"))


def _sent(field: Component, name: str, sent: FormData) -> dict[str, object]:
    if field.type is ComponentType.CHECKLIST:
        return {field.key: [each for each in sent.getlist(name) if isinstance(each, str)]}
    given = sent.get(name)
    return {field.key: given} if isinstance(given, str) and field.type is not ComponentType.FILEPICKER else {}


def _rows_sent(listed: Component, sent: FormData) -> list[dict[str, object]]:
    shown = str(sent.get(ROWS + listed.key) or "")
    count = min(int(shown), MAX_ROWS + 1) if shown.isascii() and shown.isdecimal() and len(shown) < 4 else 0
    removed = str(sent.get("remove_row") or "")
    rows = [_row_sent(listed, number, sent) for number in range(count) if removed != f"{listed.key}.{number}"]
    if sent.get("add_row") == listed.key and len(rows) < MAX_ROWS:
        rows.append({})
    return rows


def _row_sent(listed: Component, number: int, sent: FormData) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in listed.row_fields:
        if not field.read_only:
            found |= _sent(field, f"{PREFIX}{listed.key}.{number}.{field.key}", sent)
    return found


def labels_of(filled: FilledForm, submission: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    """Return the label and the id of every field, those in rows by their paths: for links to errors."""
    found: dict[str, tuple[str, str]] = {}
    for field in filled.form.fields:
        found[field.key] = (field.label or field.key, field.id)
        if field.type is ComponentType.DYNAMICLIST:
            for number in range(len(_rows_held(field, submission.get(field.key)))):
                for each in field.row_fields:
                    label = f"{each.label or each.key} ({number + 1})"
                    found[f"{field.key}.{number}.{each.key}"] = (label, _row_id(each, field.key, number))
    return found


def shown(filled: FilledForm, entered: Entered) -> tuple[Shown, ...]:
    """Return a form's components as a template needs them."""
    held = {field.key: _held(field, filled.variables, entered.submission) for field in filled.form.fields}
    return _shown(filled.form.components, held, entered, "")


def _shown(
    components: Sequence[Component], held: Mapping[str, Any], entered: Entered, before: str
) -> tuple[Shown, ...]:
    return tuple(_one(each, held, entered, before) for each in components)


def _one(component: Component, held: Mapping[str, Any], entered: Entered, before: str) -> Shown:
    value, path = held.get(component.key), before + component.key
    is_list = component.type is ComponentType.DYNAMICLIST
    is_file = component.type is ComponentType.FILEPICKER
    listed = value if isinstance(value, list) else []
    return Shown(
        component=component,
        id=_row_id(component, *before.rstrip(".").split(".")) if before else component.id,
        path=path,
        value="" if is_list or is_file else _text(value),
        chosen=tuple(map(_text, listed)) if listed and not (is_list or is_file) else (_text(value),),
        error=entered.errors.get(path, "") if component.key else "",
        hidden=before + component.handle in entered.hidden,
        children=() if is_list else _shown(component.children, held, entered, before),
        rows=_rows(component, value, entered) if is_list else (),
        files=tuple(each for each in listed if isinstance(each, Mapping)) if is_file else (),
    )


def _rows(listed: Component, value: Any, entered: Entered) -> tuple[tuple[Shown, ...], ...]:
    return tuple(
        _shown(
            listed.children,
            {field.key: row.get(field.key, field.default) for field in listed.row_fields},
            entered,
            f"{listed.key}.{number}.",
        )
        for number, row in enumerate(_rows_held(listed, value))
    )


def _rows_held(listed: Component, value: Any) -> list[Mapping[str, Any]]:
    """Return the rows a list shows: those given, else as many as it begins with."""
    if isinstance(value, list):
        return [row for row in value[:MAX_ROWS] if isinstance(row, Mapping)]
    return [{} for _ in range(listed.rows)]


def _row_id(component: Component, listed: str, number: int | str) -> str:
    return f"{component.id or component.key}-{listed}-{number}"


def _held(component: Component, variables: Mapping[str, Any], submission: Mapping[str, object]) -> Any:
    if component.key in submission and not component.read_only:
        return submission[component.key]
    if component.type is ComponentType.CHECKBOX and component.required and not component.read_only:
        return (
            component.default
        )  # a declaration: whoever sends the form ticks it, whatever was declared before
    return variables.get(component.key, component.default)


def _text(value: Any) -> str:
    """Return a value as an input holds it: dates as people here write them, numbers with a comma."""
    for kinds, written in _WRITTEN:
        if isinstance(value, kinds):
            return written(value)
    return "" if value is None else str(value)


def _moment(value: dt.datetime) -> str:
    return (value.astimezone(WARSAW) if value.tzinfo else value).strftime("%d.%m.%Y %H:%M")


# a boolean is also a number, an instant is also a date: the narrower kind first
_WRITTEN: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else ""),
    (Decimal, lambda value: str(value).replace(".", ",")),
    (dt.datetime, _moment),
    (dt.date, lambda value: value.strftime("%d.%m.%Y")),
    (dt.time, lambda value: value.isoformat("minutes")),
)
