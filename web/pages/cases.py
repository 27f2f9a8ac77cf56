"""One case: how it stands in words, its diagram and its steps, data, deadlines, messages, documents, history.

Personal data are masked until somebody who may see them asks for them, which is kept in the chain of
operations. Applicants see of the data what they have entered themselves, and nothing of the office's inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import (
    Case,
    Conflict,
    Deadline,
    Document,
    Effect,
    Form,
    NotFound,
    ProcessInstance,
    UserTaskState,
    Wait,
    WaitKind,
)
from web import standing, words
from web.authorization import Action
from web.naming import Whom, names_in_words
from web.outline import Line, lines_of
from web.personal import Mask
from web.progress import Progresses
from web.sentences import Teller, Told, said_of
from web.translation import N_, Table
from web.visits import NOT_FOUND, Visit

MOST_TOLD = 300  # the newest entries of a timeline; all of them are in the replay and the export


class Datum(NamedTuple):
    """One variable as a page shows it."""

    name: str
    label: str
    value: str
    hidden: bool


class Sent(NamedTuple):
    """Something done outside: which step, what kind, with which reply."""

    step: str
    kind: str
    effect: Effect
    reply: str


def show(visit: Visit) -> Response:
    """Show one case."""
    return _page(visit, own_instance(visit), revealed=False)


def reveal(visit: Visit) -> Response:
    """Show a case with its personal data; that it was shown, and to whom, is kept first."""
    instance = own_instance(visit)
    visit.engine.note_disclosure(instance.key, "data", actor=visit.person.id)
    return _page(visit, instance, revealed=True)


def document(visit: Visit) -> Response:
    """Give a document of a case as an attachment; that it was given is kept first."""
    instance = own_instance(visit)
    reference = visit.path("reference")
    found = [
        each for each in visit.engine.documents.of_case(instance.root_key) if each.reference == reference
    ]
    if not found:
        raise HTTPException(NOT_FOUND)
    visit.engine.note_disclosure(instance.key, f"document {reference}", actor=visit.person.id)
    content = visit.engine.documents.read(reference, root_key=instance.root_key)
    name = "".join(
        each if (each.isalnum() and each.isascii()) or each in "-_." else "_" for each in found[0].name
    )
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name or "dokument"}"'},
    )


def own_instance(visit: Visit) -> ProcessInstance:
    """Return the instance of the address; not theirs is not there."""
    try:
        instance = visit.engine.instance(visit.key("key"))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    if visit.may(Action.SEE_ALL_INSTANCES) or visit.engine.starter(instance.key) == visit.person.id:
        return instance
    raise HTTPException(NOT_FOUND)


def mask_of(visit: Visit, case: Case, *, revealed: bool) -> Mask:
    """Return what hides a case's personal data; only who may see them has them revealed."""
    mask = Mask(case.personal, revealed=revealed and visit.may(Action.SEE_PERSONAL))
    mask.learn_from(case.history)
    return mask


def people_of(visit: Visit, case: Case) -> dict[str, str]:
    """Return the names of the people a case's page names, in one statement."""
    ids = {event.actor for event in case.history}
    for part in case.parts:
        for task in part.user_tasks:
            ids |= {*task.candidate_users, *([task.assignee] if task.assignee else [])}
    for event in case.history:
        ids |= {*event.payload.get("users", ()), event.payload.get("assignee") or ""}
    return visit.engine.people.names(ids - {""})


def names_of(lines: tuple[Line, ...]) -> dict[str, str]:
    """Return what each step is called, by element."""
    found: dict[str, str] = {}
    pending = list(lines)
    for line in pending:
        found[line.step.element_id] = line.name
        pending += line.inside
    return found


def _page(visit: Visit, instance: ProcessInstance, *, revealed: bool) -> Response:
    try:
        case = visit.engine.case(instance.key)
    except Conflict:
        return visit.page("erased.html", instance=instance)
    progress = Progresses(case.history)
    outline = visit.engine.outline(instance.process_id, instance.version)
    inside, whom = visit.may(Action.SEE_ALL_INSTANCES), Whom(people_of(visit, case), visit.groups)
    names = names_in_words(visit.engine, visit.groups)
    lines = lines_of(
        outline,
        {id: each._replace(by=_done_by(visit, each.by, whom)) for id, each in progress.elements.items()},
        frozenset(progress.flows),
        names=names,
    )
    mask = mask_of(visit, case, revealed=revealed)
    teller = Teller(names_of(lines), whom, mask, names)
    return visit.page(
        "instance.html",
        instance=instance,
        case=case,
        started=bool(visit.query("started")),
        outline=outline,
        lines=lines,
        jobs=visit.engine.job_names(),
        marks=progress.marks(),
        standing=(
            standing.sentences_of(case, whom, lines)
            if inside
            else standing.sentences_for_applicant(case, visit.person.id)
        ),
        sees_inside=inside,
        can_reveal=inside and visit.may(Action.SEE_PERSONAL) and bool(case.personal.names) and not revealed,
        revealed=mask.revealed,
        data=tuple(_data(case, mask)) if inside else tuple(_own_data(visit, case)),
        deadlines=_deadlines(visit, instance) if inside else (),
        timers=() if inside else tuple(_timers(case)),
        sent=tuple(_sent(case, progress, teller, mask)) if inside else (),
        documents=_documents(visit, instance) if inside else (),
        sheets=_sheets(visit, case),
        told=_told(case, teller) if visit.may(Action.SEE_HISTORY) else (),
        teller=teller,
    )


def _done_by(visit: Visit, actor: str, whom: Whom) -> str:
    """Return who has done a step; who of the office it was is not told outside."""
    is_told = visit.may(Action.SEE_ALL_INSTANCES) or actor == visit.person.id
    return said_of(actor, whom) if is_told else ""


def _data(case: Case, mask: Mask) -> Iterator[Datum]:
    """Yield the variables, what forms ask for first, as they ask for it."""
    asked = [name for name in reversed(case.labels) if name in case.variables]
    for name in [*asked, *sorted(case.variables.keys() - set(asked))]:
        value = case.variables[name]
        hidden = mask.hides(name) and value is not None
        said = mask.value(name, _chosen(value, case.choices.get(name, {})))
        yield Datum(name, case.labels.get(name, ""), said, hidden)


def _chosen(value: Any, choices: Mapping[str, str]) -> Any:
    """Return what a form calls a value that was chosen, any other as it is."""
    if isinstance(value, str):
        return choices.get(value, value)
    return [_chosen(each, choices) for each in value] if isinstance(value, list | tuple) else value


def _own_data(visit: Visit, case: Case) -> Iterator[Datum]:
    """Yield what an applicant has entered themselves, by the labels of the fields."""
    entered = (
        field for form in _filled_in(visit, case.instance) for field in form.fields if not field.read_only
    )
    for key, field in {field.key: field for field in entered}.items():
        if case.variables.get(key) is not None:
            choices = {each.value: each.label for each in field.options}
            said = words.value(_chosen(case.variables[key], choices))
            yield Datum(key, field.label or key, said, hidden=False)


def _filled_in(visit: Visit, instance: ProcessInstance) -> Iterator[Form]:
    """Yield the forms a person has had to fill in: that of the case's start, those of their tasks."""
    engine = visit.engine
    if instance.parent_key is None:
        begun = engine.start_form(instance.process_id, instance.version)
        if begun is not None:
            yield begun.form
    for task in engine.user_tasks(
        instance_key=instance.key, assignee=visit.person.id, state=tuple(UserTaskState)
    ):
        filled = engine.task_form(task.key)
        if filled is not None:
            yield filled.form


def _timers(case: Case) -> list[Wait]:
    waits = [wait for part in case.parts for wait in part.waits]
    return [wait for wait in waits if wait.kind is WaitKind.TIMER and wait.due_at is not None]


def _deadlines(visit: Visit, instance: ProcessInstance) -> list[Deadline]:
    """Return the deadlines, those that wait first, the first due first."""
    found = visit.engine.deadlines(instance.key)
    return sorted(found, key=lambda each: (each.state != "waiting", each.due_at, each.key))


def _documents(visit: Visit, instance: ProcessInstance) -> list[Document]:
    return visit.engine.documents.of_case(instance.root_key)


def _sheets(visit: Visit, case: Case) -> list[str]:
    """Return the sheets to print this case's forms name and this installation makes."""
    if not visit.may(Action.SEE_PERSONAL):
        return []
    return [each for each in case.sheets if each in visit.request.app.state.sheets]


_PARTS = Table(
    {
        "recipient": N_("do"),
        "template": N_("wzór"),
        "text": N_("odpowiedź serwera"),
        "encrypted": N_("połączenie szyfrowane"),
        "id": N_("numer"),
        "parts": N_("części"),
    }
)
_FOR_MACHINES = frozenset({"sha256", "code", "message_id", "bounce_as", "idx", "case", "accepted_at"})


def _sent(case: Case, progress: Progresses, teller: Teller, mask: Mask) -> Iterator[Sent]:
    """Yield what was done outside: a step of this instance by its name, of others by the process' name."""
    names = {part.instance.key: part.name for part in case.parts}
    for effect in case.effects:
        step = progress.entered.get(effect.element_key)
        yield Sent(
            step=teller.step(step) if step else names.get(effect.instance_key, ""),
            kind=_kind(effect.name),
            effect=effect,
            reply=mask.text(words.value(_telling(effect.reply))),
        )


def _kind(name: str) -> str:
    """Return what an effect is called; what stands behind a colon tells it from others of its kind."""
    return words.EFFECTS.get(name.partition(":")[0], name)


def _telling(reply: dict[str, Any]) -> dict[str, Any]:
    """Return the short parts of a reply in words: hashes, codes and whole answers are for machines."""
    return {
        _PARTS.get(name, name): each
        for name, each in reply.items()
        if name not in _FOR_MACHINES and each is not None and len(str(each)) <= 200
    }


def _told(case: Case, teller: Teller) -> list[Told]:
    return list(teller.timeline(case.history))[-MOST_TOLD:]
