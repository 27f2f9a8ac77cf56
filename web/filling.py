"""Filling in a form on a page: what was sent with its files, what is shown again, what is kept as a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.datastructures import UploadFile

from engine import Component, ComponentType, Conflict, Draft, FilledForm, InvalidSubmission, Unavailable
from web import words
from web.fields import KEPT, PREFIX, Entered, labels_of, shown, submission_of
from web.translation import _
from web.uploaded import MOST_BYTES, Refused, checked
from web.visits import Visit

MOST_FILES = 5
_APPLICANT = "wnioskodawca"  # the variable a start by the pages gives every case
NO_FORM: dict[str, Any] = {
    "fields": (),
    "can_grow": False,
    "labels": {},
    "errors": {},
    "submit_label": "",
    "asked_again": False,
}


class Sent(NamedTuple):
    """What somebody has sent: by field, and what is wrong with files."""

    submission: dict[str, object]
    problems: dict[str, str]


def received(visit: Visit, filled: FilledForm) -> Sent:
    """Return what was sent, with the files kept for it: those sent before, and new ones that are in order."""
    submission, problems = submission_of(filled, visit.form), dict[str, str]()
    for field in filled.form.fields:
        if field.type is ComponentType.FILEPICKER and not field.read_only:
            submission[field.key], told = _files(visit, field)
            if told:
                problems[field.key] = told
    return Sent(submission, problems)


def problems_of(visit: Visit, filled: FilledForm, sent: Sent, variables: Mapping[str, Any]) -> dict[str, str]:
    """Return everything wrong with what was sent, where its files are: none are lost with the rest."""
    if not sent.problems:
        return {}
    try:
        filled.form.validate(sent.submission, now=visit.engine.now(), variables=variables)
    except InvalidSubmission as refused:
        return {**refused.fields, **sent.problems}
    return sent.problems


def view(
    visit: Visit, filled: FilledForm, entered: Entered, *, seen: FilledForm | None = None
) -> dict[str, Any]:
    """Return what a template with a form needs; ``seen`` has what is known where there is no case yet."""
    order = list(labels_of(filled, entered.submission))
    told = sorted(entered.errors, key=lambda key: order.index(key) if key in order else len(order))
    return {
        "fields": shown(seen or filled, entered),
        "can_grow": any(field.hide for field in filled.form.fields),
        "labels": labels_of(filled, entered.submission),
        "errors": {key: entered.errors[key] for key in told},
        "submit_label": _submit_label(filled.form.components),
        "asked_again": visit.is_stale,
    }


def named(visit: Visit, filled: FilledForm) -> FilledForm:
    """Return a form that says by name who files it, where it only shows that."""
    given = filled.variables.get(_APPLICANT)
    shows = any(field.key == _APPLICANT and field.read_only for field in filled.form.fields)
    if not shows or not isinstance(given, str):
        return filled
    name = visit.engine.people.names([given]).get(given, "")
    said = f"{name} ({given})" if name else given
    return FilledForm(form=filled.form, variables={**filled.variables, _APPLICANT: said})


def keep(visit: Visit, form: str, submission: Mapping[str, object]) -> bool:
    """Keep what was sent as a draft; False where it is too large, or a newer draft is there.

    Newer is one kept elsewhere since the session was last used in which the form was opened.
    """
    since = visit.lapsed.used_until if visit.lapsed is not None else None
    return visit.engine.desks.keep_draft(visit.person.id, form, submission, unless_since=since)


def restored(visit: Visit, form: str, filled: FilledForm) -> tuple[dict[str, object], str]:
    """Return what somebody has entered in a form before, and when they kept it; nothing for no draft."""
    draft = visit.engine.desks.draft(visit.person.id, form)
    if draft is None:
        return {}, ""
    return _still_there(visit, filled, draft), words.instant(draft.saved_at)


def _still_there(visit: Visit, filled: FilledForm, draft: Draft) -> dict[str, object]:
    """Return a draft's entries: those of fields the form has now, and of its files those that still wait."""
    found: dict[str, object] = {}
    for field in filled.form.fields:
        if field.key not in draft.content or field.read_only:
            continue
        found[field.key] = value = draft.content[field.key]
        if field.type is ComponentType.FILEPICKER:
            references = [str(each.get("id")) for each in value] if isinstance(value, list) else []
            found[field.key] = [
                each.value for each in visit.engine.uploads.known(visit.person.id, references)
            ]
    return found


def _files(visit: Visit, field: Component) -> tuple[list[dict[str, Any]], str]:
    """Return the references of a field's files, and what is wrong with a new one."""
    removed = visit.field("remove_file")
    before = [str(each) for each in visit.form.getlist(KEPT + field.key)][: MOST_FILES * 2]
    wanted = [each for each in before if removed != f"{field.key}:{each}"]
    kept = [each.value for each in visit.engine.uploads.known(visit.person.id, wanted)]
    sent = [each for each in visit.form.getlist(PREFIX + field.key) if isinstance(each, UploadFile)]
    told = ""
    for file in (each for each in sent if each.filename):
        try:
            kept.append(_kept(visit, field, file, len(kept)))
        except Refused as refusal:
            told = str(refusal)
        except Conflict:
            told = _("Za dużo plików czeka na wysłanie. Usuń zbędne szkice albo spróbuj jutro.")
        except Unavailable:
            told = _("Pliku nie udało się teraz zapisać. Spróbuj za chwilę.")
    return kept, told


def _kept(visit: Visit, field: Component, file: UploadFile, already: int) -> dict[str, Any]:
    most = MOST_FILES if field.multiple else 1
    if already >= most:
        raise Refused(
            _("Można dołączyć najwyżej %(most)s plików.", most=most)
            if field.multiple
            else _("Można dołączyć tylko jeden plik. Usuń poprzedni.")
        )
    file.file.seek(0)
    found = checked(file.filename or "", file.file.read(MOST_BYTES + 1), field.accept)
    return visit.engine.uploads.keep(
        person_id=visit.person.id, name=found.name, content=found.content, media_type=found.media_type
    ).value


def _submit_label(components: Sequence[Component]) -> str:
    """Return the label of a form's own button that submits it, "" where it has none."""
    for each in components:
        if each.type is ComponentType.BUTTON and each.properties.get("action", "submit") == "submit":
            return each.label
        inner = _submit_label(each.children) if each.type is ComponentType.GROUP else ""
        if inner:
            return inner
    return ""
