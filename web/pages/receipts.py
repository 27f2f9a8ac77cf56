"""The confirmation of what somebody has filed: number, instant, what was entered, a fingerprint of it all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import ComponentType, Form, NotFound, ProcessInstance
from web import words
from web.visits import NOT_FOUND, Visit


class Answer(NamedTuple):
    """One entry by its label; ``files`` are references."""

    label: str
    value: str
    files: tuple[Mapping[str, Any], ...]


def show(visit: Visit) -> Response:
    """Show the confirmation to who has filed, for printing."""
    instance = _filed(visit)
    form, entered = _entered(visit, instance)
    return visit.page(
        "receipt.html",
        instance=instance,
        outline=visit.engine.outline(instance.process_id, instance.version),
        answers=tuple(_answers(form, entered)),
        fingerprint=fingerprint(entered),
    )


def file(visit: Visit) -> Response:
    """Give somebody a file they have filed themselves, as an attachment."""
    instance = _filed(visit)
    form, entered = _entered(visit, instance)
    wanted = visit.path("reference")
    known = [file for answer in _answers(form, entered) for file in answer.files if file["id"] == wanted]
    if not known:
        raise HTTPException(NOT_FOUND)
    try:
        content = visit.engine.documents.read(wanted, root_key=instance.root_key)
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    name = "".join(
        each if each.isascii() and (each.isalnum() or each in "-_.") else "_" for each in known[0]["name"]
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


def fingerprint(entered: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what was entered, as JSON with sorted names and no blanks, in hexadecimal."""
    written = json.dumps(entered, default=str, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _filed(visit: Visit) -> ProcessInstance:
    """Return a case the person has started themselves; any other is not there."""
    try:
        instance = visit.engine.instance(visit.key("key"))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    if instance.parent_key is not None or visit.engine.starter(instance.key) != visit.person.id:
        raise HTTPException(NOT_FOUND)
    return instance


def _entered(visit: Visit, instance: ProcessInstance) -> tuple[Form, dict[str, Any]]:
    """Return the form a case was started with, and what it held when the case had begun."""
    begun = visit.engine.start_form(instance.process_id, instance.version)
    if begun is None:
        raise HTTPException(NOT_FOUND)
    after = visit.engine.replay(instance.key, until=1).variables
    keys = [field.key for field in begun.form.fields if not field.read_only]
    return begun.form, {key: after[key] for key in keys if key in after}


def _answers(form: Form, entered: Mapping[str, Any]) -> Iterator[Answer]:
    for field in form.fields:
        value = entered.get(field.key)
        if value is None:
            continue
        files = tuple(value) if field.type is ComponentType.FILEPICKER else ()
        shown = next((each.label for each in field.options if each.value == value), words.value(value))
        yield Answer(field.label or field.key, "" if files else shown, files)
