"""Reading element templates: the JSON of Camunda Modeler, Zeebe kind, one template a file.

The schema is ``@camunda/zeebe-element-templates-json-schema``. Read is what says how a job is configured;
what only the modeler shows (labels, groups, hints) stays in the file, which goes to the modeler as it is.
``metadata`` is ours: with ``otherInputs`` the job reads more variables than the template lists;
``messageTemplates`` are the settings that name the words of a mail or letter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from engine.errors import EngineError, EvaluationError
from engine.feel import pattern_occurs
from engine.model.element_template import ElementTemplate, SettingPlace, TemplateSetting

_PLACES = {"zeebe:input": ("name", SettingPlace.INPUT), "zeebe:taskHeader": ("key", SettingPlace.HEADER)}


class _Pattern(msgspec.Struct, frozen=True):
    value: str


class _Constraints(msgspec.Struct, frozen=True, rename="camel"):
    not_empty: bool = False
    min_length: int = 0
    max_length: int | None = None
    pattern: _Pattern | None = None


class _Choice(msgspec.Struct, frozen=True):
    value: str


class _Property(msgspec.Struct, frozen=True):
    type: str
    binding: dict[str, str]
    value: Any = None
    feel: str = ""
    choices: tuple[_Choice, ...] = ()
    constraints: _Constraints = _Constraints()


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    other_inputs: bool = False
    message_templates: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True):
    id: str
    name: str
    version: int
    properties: tuple[_Property, ...]
    metadata: _Metadata = _Metadata()


def read_element_template(name: str, content: bytes) -> ElementTemplate:
    """Return what one file says; raises ``EngineError`` for one that is no template of a job.

    A pattern is tried here, so that one that cannot be run is refused before a diagram is held against it.
    """
    try:
        read = msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EngineError(f"expected an element template in {name}, but {error}") from None
    types = [each.value for each in read.properties if _is_job_type(each.binding)]
    if len(types) != 1 or not isinstance(types[0], str):
        raise EngineError(f"expected {name} to name one job type, but it names {len(types)}")
    return ElementTemplate(
        id=read.id,
        name=read.name,
        version=read.version,
        job_type=types[0],
        settings=tuple(
            _setting(name, read.id, each) for each in read.properties if each.binding.get("type") in _PLACES
        ),
        other_inputs=read.metadata.other_inputs,
        message_settings=frozenset(read.metadata.message_templates),
    )


def read_element_templates(folder: Path) -> dict[str, tuple[ElementTemplate, bytes]]:
    """Return the templates of a folder by id, each with its file's bytes; raises ``EngineError`` for one that
    cannot be read and for an id used twice.
    """
    found: dict[str, tuple[ElementTemplate, bytes]] = {}
    for path in sorted(folder.glob("*.json")):
        content = path.read_bytes()
        template = read_element_template(path.name, content)
        if template.id in found:
            raise EngineError(f"expected one template {template.id}, but {path.name} is a second one")
        found[template.id] = (template, content)
    return found


def _is_job_type(binding: dict[str, str]) -> bool:
    return (binding.get("type"), binding.get("property")) == ("zeebe:taskDefinition", "type")


def _setting(file: str, template: str, given: _Property) -> TemplateSetting:
    key, place = _PLACES[given.binding["type"]]
    if not given.binding.get(key):
        raise EngineError(
            f"expected each {given.binding['type']} of {file} to have a {key}, but one has none"
        )
    fixed = (given.value,) if given.type == "Hidden" else ()
    pattern = given.constraints.pattern.value if given.constraints.pattern is not None else ""
    try:
        pattern_occurs(pattern, "")
    except EvaluationError as error:
        raise EngineError(
            f"expected a regular expression for {given.binding[key]} of {file}, but {error}"
        ) from None
    return TemplateSetting(
        place=place,
        name=given.binding[key],
        required=given.constraints.not_empty or bool(fixed),
        is_text=given.feel != "required",
        is_feel=place is SettingPlace.INPUT,
        choices=tuple(str(each) for each in fixed) or tuple(each.value for each in given.choices),
        shortest=given.constraints.min_length,
        longest=given.constraints.max_length,
        pattern=pattern,
        template=template,
    )
