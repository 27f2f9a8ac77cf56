"""Reading a form file: form-js JSON (as of 1.23), frozen to the subset that we draw and check ourselves.

Nothing is accepted in silence: a component type or a property outside the subset refuses the form, because
the editor would show it and the person filling it in would not get it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import InvalidDefinition, InvalidExpression
from engine.feel import Expression, compile_expression
from engine.forms import json_source
from engine.forms.form import Form
from engine.forms.json_source import Refusal, flag, items, mapping, require_known, text
from engine.forms.limits import limits, named_checks, options
from engine.forms.parts import WITHOUT_DATA, Component, ComponentType, fields_of
from engine.model.records import Finding, Severity

MAX_COMPONENTS = 500
MAX_DEPTH = 8
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_ID = re.compile(r"[A-Za-z_][\w.-]{0,254}", re.ASCII)
_COMMON = frozenset({"type", "id", "layout", "conditional", "properties"})
_FIELD = _COMMON | {
    *("key", "label", "description", "validate", "readonly", "disabled", "defaultValue", "appearance")
}
_DATETIME = _FIELD - {"label"} | {
    *("subtype", "dateLabel", "timeLabel", "timeInterval", "use24h", "disallowPassedDates"),
    "timeSerializingFormat",
}
_ALLOWED: dict[ComponentType, frozenset[str]] = {
    ComponentType.TEXTFIELD: _FIELD,
    ComponentType.TEXTAREA: _FIELD,
    ComponentType.NUMBER: _FIELD | {"decimalDigits", "increment", "serializeToString"},
    ComponentType.CHECKBOX: _FIELD,
    ComponentType.CHECKLIST: _FIELD | {"values"},
    ComponentType.RADIO: _FIELD | {"values"},
    ComponentType.SELECT: _FIELD | {"values", "searchable"},
    ComponentType.DATETIME: _DATETIME,
    ComponentType.TEXT: _COMMON | {"text"},
    ComponentType.HTML: _COMMON | {"content"},
    ComponentType.GROUP: _COMMON | {"label", "components", "showOutline", "verticalAlignment"},
    ComponentType.FILEPICKER: _FIELD | {"multiple", "accept"},
    ComponentType.DYNAMICLIST: _COMMON
    | {
        *("label", "path", "components", "isRepeating", "allowAddRemove", "defaultRepetitions"),
        *("showOutline", "verticalAlignment", "disableCollapse", "nonCollapsedItems"),
    },
    ComponentType.BUTTON: _COMMON | {"label", "action", "key"},
    ComponentType.SEPARATOR: _COMMON,
    ComponentType.SPACER: _COMMON | {"height"},
}
_VALIDATE: dict[ComponentType, frozenset[str]] = {
    ComponentType.TEXTFIELD: frozenset({"required", "minLength", "maxLength", "pattern", "validationType"}),
    ComponentType.TEXTAREA: frozenset({"required", "minLength", "maxLength"}),
    ComponentType.NUMBER: frozenset({"required", "min", "max"}),
}
_NOT_IN_ROWS = frozenset({ComponentType.DYNAMICLIST, ComponentType.FILEPICKER})
_WITH_PARTS = frozenset({ComponentType.GROUP, ComponentType.DYNAMICLIST})
_WITH_OPTIONS = frozenset({ComponentType.CHECKLIST, ComponentType.RADIO, ComponentType.SELECT})


def read_form(name: str, content: bytes) -> Form:
    """Read one form file; raises ``InvalidDefinition`` with a finding for everything wrong with it."""
    reader = _Reader(name, content)
    form = reader.read()
    if reader.findings:
        raise InvalidDefinition(reader.findings)
    return form


class _Reader:
    """The reading of one file: collects findings instead of stopping at the first."""

    def __init__(self, name: str, content: bytes) -> None:
        self.findings: list[Finding] = []
        self._name = name
        self._content = content
        self._text = ""
        self._count = 0

    def read(self) -> Form:
        try:
            schema, self._text = json_source.parse(self._content)
            identity = _identity(schema)
            parts = items(schema, "components")
        except Refusal as refusal:
            self._found(refusal, "")
            return Form(id="", file=self._name, components=())
        components = tuple(self._components(parts, (), 0))
        self._check_keys(components)
        return Form(id=identity, file=self._name, components=components)

    def _components(self, parts: list[Any], hide: tuple[Expression, ...], depth: int) -> Iterator[Component]:
        for part in parts:
            self._count += 1
            try:
                if self._count > MAX_COMPONENTS or depth > MAX_DEPTH:
                    bounds = f"{MAX_COMPONENTS} components nested {MAX_DEPTH} deep"
                    raise Refusal("form-size", f"expected at most {bounds}, but there is more", "split it")
                yield self._component(part, hide, depth)
            except Refusal as refusal:
                self._found(refusal, _name_of(part))
                if refusal.rule == "form-size":
                    return

    def _component(self, part: Any, hide: tuple[Expression, ...], depth: int) -> Component:
        kind = _kind(part)
        require_known(part, _ALLOWED[kind], f"a {kind}")
        rules = mapping(part, "validate")
        require_known(rules, _VALIDATE.get(kind, frozenset({"required"})), f"the validation of a {kind}")
        properties = {key: str(value) for key, value in mapping(part, "properties").items()}
        hide += _condition(part)
        inner = items(part, "components") if kind in _WITH_PARTS else []
        around = () if kind is ComponentType.DYNAMICLIST else hide  # a hidden list has no rows to hide
        return Component(
            type=kind,
            id=text(part, "id") or f"part-{self._count}",
            key=_key(part, kind),
            label=_label(part, kind),
            help=text(part, "description"),
            text=text(part, "text") or text(part, "content"),
            required=flag(rules, "required"),
            read_only=flag(part, "readonly") or flag(part, "disabled"),
            personal=properties.get("obieg:personal", "") == "true",
            options=options(part) if kind in _WITH_OPTIONS else (),
            hide=hide,
            demand=_demand(properties),
            demand_text=properties.get("obieg:requireText", ""),
            default=part.get("defaultValue"),
            properties=properties,
            children=tuple(self._components(inner, around, depth + 1)),
            checks=named_checks(part, kind),
            **limits(part, rules, kind),
        )

    def _check_keys(self, components: tuple[Component, ...]) -> None:
        """Find keys used twice, in the form or in the rows of one list, and lists inside lists."""
        seen: set[str] = set()
        for field in fields_of(components):
            if field.type is ComponentType.DYNAMICLIST:
                self._check_list(field)
            if field.key in seen:
                twice = f"expected each key once, but {field.key!r} is used twice"
                self._found(Refusal("form-key-duplicate", twice, "give one of them another key"), field.key)
            seen.add(field.key)

    def _check_list(self, listed: Component) -> None:
        nested = [each for each in fields_of(listed.children) if each.type in _NOT_IN_ROWS]
        for each in nested:
            message = f"expected no {each.type} in the rows of a list, but there is one"
            self._found(Refusal("form-list", message, "move it out of the list"), each.key)
        if not nested:
            self._check_keys(listed.children)

    def _found(self, refusal: Refusal, place: str) -> None:
        self.findings.append(
            Finding(
                rule=refusal.rule,
                severity=Severity.ERROR,
                message=refusal.message,
                file=self._name,
                line=self._line_of(place),
                element_id=place,
                remedy=refusal.remedy,
            )
        )

    def _line_of(self, place: str) -> int:
        """Return the line of the last mention of a key or id, so of the second of two; 0 for none."""
        at = self._text.rfind(json.dumps(place, ensure_ascii=False)) if place else -1
        return 0 if at < 0 else self._text.count("\n", 0, at) + 1


def _identity(schema: Mapping[str, Any]) -> str:
    identity = schema.get("id")
    if schema.get("type") != "default" or not isinstance(identity, str) or not _ID.fullmatch(identity):
        message = 'expected "type": "default" and an "id" of letters, digits, _ . and -, but it is not so'
        raise Refusal("form-id", message, "set the form's id in the form editor")
    return identity


def _kind(part: Any) -> ComponentType:
    name = part.get("type") if isinstance(part, dict) else None
    try:
        return ComponentType(str(name))
    except ValueError:
        known = ", ".join(ComponentType)
        message = f"expected a component of type {known}, but it is {str(name)[:40]!r}"
        raise Refusal("form-component", message, "use one of these types") from None


def _name_of(part: Any) -> str:
    if not isinstance(part, dict):
        return ""
    return str(part.get("key") or part.get("id") or "")[:64]


def _key(part: Mapping[str, Any], kind: ComponentType) -> str:
    if kind in WITHOUT_DATA:
        return ""
    key = text(part, "path" if kind is ComponentType.DYNAMICLIST else "key")
    if not _KEY.fullmatch(key):
        message = f"expected a key of plain letters, digits and _ (at most 64), but it is {key[:64]!r}"
        raise Refusal("form-key", message, "set the field's key in the form editor")
    return key


def _label(part: Mapping[str, Any], kind: ComponentType) -> str:
    label = text(part, "label") or text(part, "dateLabel") or text(part, "timeLabel")
    if not label and (kind not in WITHOUT_DATA or kind is ComponentType.BUTTON):
        message = "expected a label, but the field has none"
        raise Refusal("form-label", message, "give it one: messages and screen readers name the field by it")
    return label


def _demand(properties: Mapping[str, str]) -> Expression | None:
    """Return the condition in ``obieg:require``, which goes with a sentence in ``obieg:requireText``."""
    source, told = properties.get("obieg:require", ""), properties.get("obieg:requireText", "")
    if not source and not told:
        return None
    if not source or not told:
        message = "expected obieg:require and obieg:requireText together, but one is missing"
        raise Refusal("form-condition", message, "add the other: a condition, and what a person is told")
    try:
        return compile_expression(source)
    except InvalidExpression as error:
        message = f"expected a FEEL condition in obieg:require, but {error}"
        raise Refusal("form-condition", message, "correct the condition") from None


def _condition(part: Mapping[str, Any]) -> tuple[Expression, ...]:
    conditional = mapping(part, "conditional")
    require_known(conditional, frozenset({"hide"}), "a condition")
    source = text(conditional, "hide")
    if not source:
        return ()
    try:
        return (compile_expression(source),)
    except InvalidExpression as error:
        message = f"expected a FEEL condition, but {error}"
        raise Refusal("form-condition", message, "correct the condition of hiding") from None
