"""Files in what a person submits: each must wait for that person, and becomes a document of the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import uploads
from engine.errors import InvalidSubmission
from engine.forms import ComponentType, Form
from engine.process_engine.family import Family, Member

_GONE = "Ten plik nie czeka już na wysłanie. Dołącz go jeszcze raz."


def checked(family: Family, form: Form, answers: Mapping[str, Any]) -> list[str]:
    """Return the references of the files in valid answers.

    Raises ``InvalidSubmission`` where one does not wait for the actor, or is described otherwise than it is.
    """
    fields = [each.key for each in form.fields if each.type is ComponentType.FILEPICKER]
    given = {key: answers.get(key) or [] for key in fields}
    references = [each["id"] for files in given.values() for each in files]
    if not references:
        return []
    waiting = uploads.described(family.tx, family.actor, references)
    values = {reference: each.value for reference, each in waiting.items()}
    wrong = {key: _GONE for key, files in given.items() if any(values.get(f["id"]) != f for f in files)}
    if wrong or len(set(references)) != len(references):
        raise InvalidSubmission(wrong or dict.fromkeys(given, _GONE))
    return references


def take(family: Family, member: Member, references: Sequence[str]) -> None:
    """Make the files documents of the case, in the verb's own transaction."""
    for reference in references:
        uploads.take(
            family.tx, family.actor, reference, root_key=member.row.root_key, data_key=member.data_key
        )
