"""A JSON-Schema form as one of ours: plain fields; everything else is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.findings import Place, error, warning
from engine.model.records import Finding

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_KINDS = {"string": "textfield", "integer": "number", "number": "number", "boolean": "checkbox"}
_REMEDY = "draw the field in the form editor"


def form_id(name: str) -> str:
    """Return the id of the form that a schema file becomes."""
    stem = name.rpartition("/")[2].removesuffix(".json")
    for suffix in ("-schema", "_schema", ".schema"):
        stem = stem.removesuffix(suffix)
    identity = re.sub(r"[^A-Za-z0-9_]", "_", stem)
    return identity if identity[:1].isalpha() else f"form_{identity}"


def imported(name: str, content: bytes) -> tuple[bytes | None, list[Finding]]:
    """Return a form file for a JSON Schema, None where it is none; and what was not taken over."""
    try:
        schema = json.loads(content)
    except (ValueError, RecursionError):
        return None, [error(Place(name), "import-form", "expected JSON, but it is none", "mend the file")]
    if not isinstance(schema, Mapping) or not isinstance(schema.get("properties"), Mapping):
        return None, []
    findings: list[Finding] = []
    components: list[dict[str, Any]] = []
    if schema.get("title"):
        components.append({"type": "text", "id": "title", "text": f"# {schema['title']}"})
    for key, field in schema["properties"].items():
        made = _component(str(key), field, key in (schema.get("required") or ()))
        if made is None:
            findings.append(_not_taken(name, str(key)))
        else:
            components.append(made)
    findings += _rules(name, schema)
    form = {"id": form_id(name), "type": "default", "schemaVersion": 19, "components": components}
    return json.dumps(form, ensure_ascii=False, indent=2).encode(), findings


def _component(key: str, field: Any, required: bool) -> dict[str, Any] | None:
    if not isinstance(field, Mapping) or not _KEY.fullmatch(key):
        return None
    made: dict[str, Any] = {"id": f"field_{key}", "key": key, "label": str(field.get("title") or key)}
    if field.get("description"):
        made["description"] = str(field["description"])
    if required:
        made["validate"] = {"required": True}
    choices = _choices(field)
    if choices is not None:
        return {"type": "select", **made, "values": choices}
    if field.get("type") == "string" and field.get("format") == "date":
        label = made.pop("label")
        return {"type": "datetime", "subtype": "date", "dateLabel": label, **made}
    kind = _KINDS.get(str(field.get("type")))
    return {"type": kind, **made} if kind is not None else None


def _choices(field: Mapping[str, Any]) -> list[dict[str, str]] | None:
    options = field.get("oneOf") or field.get("anyOf")
    if isinstance(options, list) and all(isinstance(each, Mapping) and "const" in each for each in options):
        return [
            {"label": str(each.get("title", each["const"])), "value": str(each["const"])} for each in options
        ]
    values = field.get("enum")
    if isinstance(values, list) and all(isinstance(each, str) for each in values):
        return [{"label": each, "value": each} for each in values]
    return None


def _rules(name: str, schema: Mapping[str, Any]) -> Iterator[Finding]:
    for rule in ("allOf", "if", "dependencies", "dependentRequired"):
        if rule in schema:
            message = f"expected plain fields, but '{rule}' makes some depend on others"
            yield warning(Place(name), "import-form", message, "say it as a condition of the field")


def _not_taken(name: str, key: str) -> Finding:
    message = f"expected a text, number, date, choice or tick, but the field '{key}' is something else"
    return error(Place(name), "import-form", message, _REMEDY)
