"""Entries of registers a diagram declares: where they may stand, of which register, what they say."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from engine.bpmn.compilation import CheckEnvironment
from engine.bpmn.findings import Place, Words, found
from engine.errors import InvalidExpression
from engine.feel import type_of
from engine.model.definition import DeclaredEntry, Element, ElementType, Expression, ProcessDefinition
from engine.model.records import Finding


def check_registers(definition: ProcessDefinition, environment: CheckEnvironment) -> Iterator[Finding]:
    """Yield a finding per entry that nothing could write."""
    for element in definition.elements.values():
        for entry in element.entries:
            place = Place(definition.file, entry.line or element.line, element.id)
            yield from _check_place(place, definition, element, entry)
            if environment.registers is not None and entry.register not in environment.registers:
                yield _unknown(place, entry.register, sorted(environment.registers))
            yield from _check_parts(place, entry)


def _check_place(
    place: Place, definition: ProcessDefinition, element: Element, entry: DeclaredEntry
) -> Iterator[Finding]:
    starts = element.type is ElementType.START_EVENT and element.parent == definition.id
    if element.type is not ElementType.USER_TASK and (not starts or element.events):
        yield found(place, "register-entry", register=entry.register, element=element.id)


def _unknown(place: Place, name: str, known: list[str]) -> Finding:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return found(place, "register-unknown/similar", name=name[:60], similar=close[0])
    return found(place, "register-unknown", name=name[:60], known=Words(tuple(known)))


def _check_parts(place: Place, entry: DeclaredEntry) -> Iterator[Finding]:
    told = {"element": place.element_id, "register": entry.register}
    if _gives_nothing(entry.subject):
        yield found(place, "register-entry/subject", **told)
    for name, source in entry.fields.items():
        if not name or _gives_nothing(source):
            yield found(place, "register-entry/field", field=name, **told)


def _gives_nothing(source: Expression | None) -> bool:
    if source is None or source.literal:
        return source is None
    try:
        return type_of(source.source, {}).kind == "null"
    except InvalidExpression:
        return False  # said already
