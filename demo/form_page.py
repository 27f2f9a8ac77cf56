"""A form of a procedure as plain HTML on a page of a reference system, and what a person sent with it.

The same definition as in Obieg's own pages, so the same questions, conditions and refusals; written anew here
because a reference system stands for somebody else's program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.policy import HTTP
from html import escape
from typing import NamedTuple

from demo.http_server import Request
from engine import Component, ComponentType, Form

_PREFIX = "pole."
_MODES = {"pesel": "numeric", "regon": "numeric", "rspo": "numeric", "telefon_komorkowy": "tel"}


class File(NamedTuple):
    """A file somebody sent."""

    name: str
    content: bytes


class Sent(NamedTuple):
    """What a browser sent: texts by the inputs' names, all of each, and files that have a name."""

    texts: Mapping[str, list[str]]
    files: Mapping[str, File]

    def one(self, name: str) -> str:
        """Return the text of an input, "" for none."""
        return (self.texts.get(name) or [""])[0].strip()


class Filled(NamedTuple):
    """A form as it is shown: what was entered, what is wrong by field, what is hidden, what is no question.

    ``fixed`` are the fields the system answers itself.
    """

    form: Form
    given: Mapping[str, object]
    errors: Mapping[str, str]
    hidden: frozenset[str]
    fixed: frozenset[str] = frozenset()


def sent(request: Request) -> Sent:
    """Return what a form sent, as ``multipart/form-data`` (RFC 7578); anything else is nothing."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = message_from_bytes(head + request.body, policy=HTTP)
    texts: dict[str, list[str]] = {}
    files: dict[str, File] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = str(part.get_param("name", "", "content-disposition"))
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        file = part.get_filename()
        if file is None:
            texts.setdefault(name, []).append(content.decode("utf-8", "replace"))
        elif file:
            files[name] = File(file, content)
    return Sent(texts, files)


def submission(form: Form, given: Sent) -> dict[str, object]:
    """Return what was entered, by field of the form; files are not here."""
    found: dict[str, object] = {}
    for field in form.fields:
        texts = given.texts.get(_PREFIX + field.key, [])
        if field.type is ComponentType.CHECKLIST:
            found[field.key] = texts
        elif texts and field.type is not ComponentType.FILEPICKER:
            found[field.key] = texts[0].strip()
    return found


def file_of(field: Component, given: Sent) -> File | None:
    """Return the file sent for a field."""
    return given.files.get(_PREFIX + field.key)


def title(form: Form) -> str:
    """Return the heading a form begins with."""
    found = (re.match(r"# (.+)", part.text) for part in form.components)
    return next((heading[1] for heading in found if heading), "Wniosek")


def html(filled: Filled) -> str:
    """Return the summary of errors and every part of a form that is to be seen."""
    return _summary(filled) + "".join(_parts(filled))


def labels(form: Form) -> dict[str, str]:
    """Return what the codes of a form's answers are called."""
    return {option.value: option.label for field in form.fields for option in field.options}


def _summary(filled: Filled) -> str:
    if not filled.errors:
        return ""
    names = {field.key: field for field in filled.form.fields}
    order = [*names, *(key for key in filled.errors if key not in names)]
    lines = []
    for key in sorted(filled.errors, key=order.index):
        told = escape(filled.errors[key])
        label = escape((names[key].label if key in names else "") or key)
        asked = key in names and key not in filled.fixed
        link = f'<a href="#{_first(names[key])}">{label}</a>' if asked else label
        lines.append(f"<li>{link}: {told}</li>")
    return (
        '<div class="summary" role="alert" tabindex="-1" autofocus><h2>Popraw formularz</h2>'
        f"<ul>{''.join(lines)}</ul></div>"
    )


def _parts(filled: Filled) -> Iterator[str]:
    for part in filled.form.components:
        if part.handle in filled.hidden or part.key in filled.fixed:
            continue
        if part.type is ComponentType.TEXT:
            paragraphs = [each for each in part.text.split("\n\n") if not each.startswith("#")]
            yield "".join(f"<p>{escape(each)}</p>" for each in paragraphs)
        elif part.key:
            yield _field(part, filled)


def _field(field: Component, filled: Filled) -> str:
    error, value = filled.errors.get(field.key, ""), filled.given.get(field.key)
    notes = f'<p class="help" id="{field.id}-help">{escape(field.help)}</p>' if field.help else ""
    notes += f'<p class="error" id="{field.id}-error">Błąd: {escape(error)}</p>' if error else ""
    parts = [f"{field.id}-{each}" for each, there in (("help", field.help), ("error", error)) if there]
    noted = f' aria-describedby="{" ".join(parts)}"' if parts else ""
    told = noted + (' aria-invalid="true"' if error else "")
    label = escape(field.label)
    if field.type in (ComponentType.RADIO, ComponentType.CHECKLIST):
        chosen = value if isinstance(value, list) else [value]
        choices = "".join(_choice(field, at, chosen) for at in range(len(field.options)))
        return f"<fieldset{noted}><legend>{label}</legend>{notes}{choices}</fieldset>"
    if field.type is ComponentType.CHECKBOX:
        box = _box("checkbox", field.id, field.key, "true", label, is_on=value == "true", more=told)
        return f'<div class="field">{notes}{box}</div>'
    name = label if field.required else f'{label} <span class="help">(nieobowiązkowe)</span>'
    return (
        f'<div class="field"><label for="{field.id}">{name}</label>{notes}{_input(field, value, told)}</div>'
    )


def _input(field: Component, value: object, told: str) -> str:
    place = f'id="{field.id}" name="{_PREFIX}{field.key}"{told}'
    if field.type is ComponentType.SELECT:
        options = "".join(
            f'<option value="{escape(each.value)}"{" selected" if each.value == value else ""}>'
            f"{escape(each.label)}</option>"
            for each in field.options
        )
        return f'<select {place}><option value="">– wybierz –</option>{options}</select>'
    if field.type is ComponentType.FILEPICKER:
        return f'<input type="file" accept="{",".join(field.accept)}" {place}>'
    kind = "email" if field.email or "email" in field.checks else "text"
    mode = next((_MODES[each] for each in field.checks if each in _MODES), "")
    mode = f' inputmode="{mode}"' if mode else ""
    completed = field.properties.get("autocomplete", "off")
    shown = escape(str(value or ""))
    return f'<input type="{kind}"{mode} autocomplete="{escape(completed)}" value="{shown}" {place}>'


def _choice(field: Component, at: int, chosen: list[object]) -> str:
    option = field.options[at]
    kind = "radio" if field.type is ComponentType.RADIO else "checkbox"
    name = escape(option.label)
    return _box(kind, f"{field.id}-{at}", field.key, escape(option.value), name, is_on=option.value in chosen)


def _box(kind: str, id_: str, key: str, value: str, label: str, *, is_on: bool, more: str = "") -> str:
    return (
        f'<div class="choice"><input type="{kind}" id="{id_}" name="{_PREFIX}{key}" value="{value}"'
        f'{" checked" if is_on else ""}{more}><label for="{id_}">{label}</label></div>'
    )


def _first(field: Component) -> str:
    """Return the id of the first input of a field."""
    several = field.type in (ComponentType.RADIO, ComponentType.CHECKLIST)
    return f"{field.id}-0" if several else field.id
