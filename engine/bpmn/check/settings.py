"""What a diagram gives a job, held against the element templates: unknown, missing or odd settings.

A task made by a template is held against that one; any other task against all templates of its job type
together, and then only headers can be missing: a variable may come from the case without being named.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine import xml
from engine.bpmn import extensions
from engine.bpmn.check.kinds import KINDS
from engine.bpmn.check.shapes import unknown
from engine.bpmn.findings import Place, Words, found, place_in
from engine.bpmn.source import Source
from engine.errors import EvaluationError, InvalidExpression
from engine.feel import pattern_occurs, type_of
from engine.model.element_template import ElementTemplate, SettingPlace, TemplateSetting
from engine.model.records import Finding

_TEMPLATE, _VERSION = (xml.qname(xml.ZEEBE, f"modelerTemplate{end}") for end in ("", "Version"))
_ANYTHING = {"Any", "Null", "string"}
_CONSTANT = re.compile(r'=\s*"([^"\\]*)"\s*')
_LONGEST = 60
_LONGEST_MATCHED = 1_000  # characters a pattern is tried on: what is longer does not fit it


class _Given(NamedTuple):
    """One setting of a task: where it stands, and what is written."""

    node: xml.Node
    place: SettingPlace
    name: str
    value: str


def check_settings(
    source: Source, templates: Sequence[ElementTemplate], message_ids: frozenset[str] | None = None
) -> Iterator[Finding]:
    """Yield a finding per setting of a task that its job does not know, misses or cannot use, and per name of
    words that are in none of the ``message_ids``.
    """
    if not templates:
        return
    if message_ids is not None:
        yield from _check_messages(source, templates, message_ids)
    for node in source.root.iter(xml.qname(xml.BPMN, "*")):
        definition = extensions.extension(node, "taskDefinition")
        job_type = "" if definition is None else xml.attribute(definition, "type")
        if job_type or node.get(_TEMPLATE):
            yield from _check_task(source, node, job_type, templates)


def _check_messages(
    source: Source, templates: Sequence[ElementTemplate], message_ids: frozenset[str]
) -> Iterator[Finding]:
    """Look at tasks, and at calls that hand the name on: both give it under the same name."""
    names = frozenset().union(*(each.message_settings for each in templates))
    for node in source.root.iter(xml.qname(xml.BPMN, "*")):
        if xml.local_name(node) not in ("serviceTask", "sendTask", "callActivity"):
            continue
        for each in _given(node):
            constant = _CONSTANT.fullmatch(each.value)
            named = constant[1] if constant is not None else each.value
            if each.name in names and named and not named.startswith("=") and named not in message_ids:
                place = Place(source.name, xml.line(each.node), place_in(source.name, node).element_id)
                yield unknown(place, "message-template-unknown", named, message_ids)


def _check_task(
    source: Source, node: xml.Node, job_type: str, templates: Sequence[ElementTemplate]
) -> Iterator[Finding]:
    place, named = place_in(source.name, node), node.get(_TEMPLATE) or ""
    by_id = {each.id: each for each in templates}
    template = by_id.get(named)
    if template is None:
        if named:
            yield unknown(place, "template-unknown", named, by_id)
        known = [each for each in templates if each.job_type == job_type]
    elif template.job_type != job_type:
        told = {"template": template.name, "job": template.job_type, "other": job_type}
        yield found(place, "template-mismatch", element=place.element_id, **told)
        return
    else:
        yield from _check_version(place, node.get(_VERSION) or "", template)
        known = [template]
    if known:
        yield from _check_given(source, node, place, known, is_made_by=template is not None)


def _check_version(place: Place, version: str, template: ElementTemplate) -> Iterator[Finding]:
    number = int(version[:9]) if version.isascii() and version.isdigit() else 0
    if number == template.version:
        return
    yield found(
        place,
        "template-outdated/newer" if number > template.version else "template-outdated",
        template=template.name, newest=template.version, element=place.element_id, version=version[:9] or "0",
    )  # fmt: skip


def _check_given(
    source: Source, node: xml.Node, place: Place, known: list[ElementTemplate], *, is_made_by: bool
) -> Iterator[Finding]:
    job_type, given = known[0].job_type, list(_given(node))
    settings = {(each.place, each.name): each for template in known for each in template.settings}
    for each in given:
        here = Place(source.name, xml.line(each.node), place.element_id)
        setting = settings.get((each.place, each.name))
        if setting is not None:
            yield from _check_value(here, each, setting, len(known) > 1)
        elif each.place is SettingPlace.HEADER or not any(template.other_inputs for template in known):
            yield _unknown(here, each, job_type, settings)
    names = {(each.place, each.name) for each in given if each.value}
    for key, setting in settings.items():
        needed = is_made_by or (key[0] is SettingPlace.HEADER and len(known) == 1)
        if setting.required and needed and key not in names:
            yield found(place, "setting-missing", element=place.element_id, job=job_type, name=setting.name)


def _given(node: xml.Node) -> Iterator[_Given]:
    headers = extensions.extension(node, "taskHeaders")
    if headers is not None:
        for part in xml.children(headers, xml.ZEEBE, "header"):
            value = (part.get("value") or "").strip()
            yield _Given(part, SettingPlace.HEADER, xml.attribute(part, "key"), value)
    mapping = extensions.extension(node, "ioMapping")
    if mapping is not None:
        for part in xml.children(mapping, xml.ZEEBE, "input"):
            value = (part.get("source") or "").strip()
            yield _Given(part, SettingPlace.INPUT, xml.attribute(part, "target"), value)


def _unknown(
    place: Place, given: _Given, job_type: str, settings: dict[tuple[SettingPlace, str], TemplateSetting]
) -> Finding:
    known = sorted(name for at, name in settings if at is given.place)
    close = difflib.get_close_matches(given.name, known, n=1)
    rule = "setting-unknown/header" if given.place is SettingPlace.HEADER else "setting-unknown"
    told = {"job": job_type, "name": given.name[:_LONGEST]}
    if close:
        return found(place, f"{rule}/similar", similar=close[0], **told)
    return found(place, rule, known=", ".join(known) or "–", **told)


def _check_value(place: Place, given: _Given, setting: TemplateSetting, is_loose: bool) -> Iterator[Finding]:
    """Check one value; ``is_loose``: templates of one job differ in what the setting may be."""
    if not given.value:
        return
    told = {"name": setting.name, "value": given.value[:_LONGEST]}
    constant = _CONSTANT.fullmatch(given.value)
    if constant is not None and setting.is_feel:
        yield from _check_value(place, given._replace(value=constant[1]), setting, is_loose)
    elif given.value.startswith("="):
        yield from _check_expression(place, given.value[1:], setting, told)
    elif not setting.is_text:
        yield found(place, "setting-kind", **told)
    elif setting.choices and given.value not in setting.choices and not is_loose:
        yield found(place, "setting-choice", choices=Words(setting.choices), **told)
    elif not _has_length(setting, len(given.value)):
        bounds = {"least": setting.shortest, "most": "∞" if setting.longest is None else setting.longest}
        yield found(place, "setting-length", length=len(given.value), **bounds, **told)
    elif setting.pattern:
        yield from _check_pattern(place, given.value, setting, told)


def _has_length(setting: TemplateSetting, length: int) -> bool:
    return setting.shortest <= length and (setting.longest is None or length <= setting.longest)


def _check_pattern(
    place: Place, value: str, setting: TemplateSetting, told: dict[str, str]
) -> Iterator[Finding]:
    try:
        if len(value) <= _LONGEST_MATCHED and pattern_occurs(setting.pattern, value):
            return
    except EvaluationError:
        yield found(
            place, "setting-pattern/costly", pattern=setting.pattern, template=setting.template, **told
        )
    else:
        yield found(place, "setting-pattern", pattern=setting.pattern, **told)


def _check_expression(
    place: Place, expression: str, setting: TemplateSetting, told: dict[str, str]
) -> Iterator[Finding]:
    if not setting.is_feel:
        yield found(place, "setting-kind/header", **told)
        return
    try:
        kind = type_of(expression, {}).kind
    except InvalidExpression:
        return  # said already
    if setting.is_text and kind not in _ANYTHING and kind != "number":
        yield found(place, "setting-kind/text", kind=KINDS.get(kind, kind), **told)
