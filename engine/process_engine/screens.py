"""What pages show besides records: the form of a task or of a start, a process in words, its file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.catalogue import BoundProcess
from engine.deployed import content_of
from engine.errors import NotFound
from engine.forms import FilledForm, Form
from engine.model.definition import Element, ElementType, ProcessDefinition
from engine.model.outline import OutlineStep, ProcessOutline, WayOut
from engine.process_engine.parts import Parts
from engine.process_engine.queries import tree_of
from engine.store import Transaction, instances, user_tasks


def task_form(parts: Parts, task_key: int) -> FilledForm | None:
    """Return a user task's form as of its case, with the variables the task sees; None without a form.

    Raises ``NotFound``.
    """
    with parts.store.reading() as tx:
        task = user_tasks.read(tx, task_key)
        case = None if task is None else instances.read(tx, task.instance_key)
        if task is None or case is None:
            raise NotFound(f"no user task {task_key}")
        bound = parts.catalogue.process(tx, case.definition_key)
        tree = tree_of(tx, task.instance_key)
        form = _form(parts, tx, bound, task.form_id)
    element = tree.elements.get(task_key)
    seen: dict[str, Any] = {}
    while element is not None:
        seen = {**(element.variables or {}), **seen}
        element = tree.elements.get(element.scope)
    return None if form is None else FilledForm(form=form, variables=seen)


def start_form(parts: Parts, process_id: str, version: int | None) -> FilledForm | None:
    """Return the form a process is started with, None where it shows none; raises ``NotFound``."""
    with parts.store.reading() as tx:
        bound = _bound(parts, tx, process_id, version)
        starts = [bound.definition.elements[each] for each in bound.definition.starts.get(process_id, ())]
        shown = next((each.user_task for each in starts if not each.events), None)
        form = None if shown is None else _form(parts, tx, bound, shown.form_id)
    return None if form is None else FilledForm(form=form, variables={})


def _form(parts: Parts, tx: Transaction, bound: BoundProcess, form_id: str | None) -> Form | None:
    if form_id is None:
        return None
    return parts.catalogue.form(tx, form_id, deployment_key=bound.row.deployment_key)


def outline(parts: Parts, process_id: str, version: int | None) -> ProcessOutline:
    """Return a process in words, step by step; raises ``NotFound``."""
    with parts.store.reading() as tx:
        bound = _bound(parts, tx, process_id, version)
    definition = bound.definition
    return ProcessOutline(
        process_id=process_id,
        name=definition.name,
        version=bound.row.version,
        documentation=definition.elements[definition.id].documentation,
        steps=tuple(_steps(definition)),
    )


def diagram(parts: Parts, process_id: str, version: int | None) -> bytes:
    """Return the file of a process, byte for byte as it was deployed; raises ``NotFound``."""
    with parts.store.reading() as tx:
        return content_of(tx, _bound(parts, tx, process_id, version).row)


def _bound(parts: Parts, tx: Transaction, process_id: str, version: int | None) -> BoundProcess:
    if version is None:
        return parts.catalogue.latest(tx, process_id)
    return parts.catalogue.version(tx, process_id, version)


def _steps(definition: ProcessDefinition) -> Iterator[OutlineStep]:
    """Yield the elements in the order a token meets them, container by container, without recursion."""
    pending = [definition.id]
    while pending:
        container = pending.pop()
        for element_id in _in_order(definition, container):
            element = definition.elements[element_id]
            yield _step(definition, element)
            if element_id in definition.children:
                pending.append(element_id)


def _in_order(definition: ProcessDefinition, container: str) -> list[str]:
    members = definition.children.get(container, ())
    waiting = [each for each in members if definition.elements[each].type is ElementType.START_EVENT]
    waiting += [each for each in members if _begins(definition.elements[each])]
    met: dict[str, None] = {}
    queue = list(dict.fromkeys(waiting))
    for element_id in queue:
        if element_id in met:
            continue
        met[element_id] = None
        element = definition.elements[element_id]
        queue += definition.boundaries.get(element_id, ())
        queue += [definition.flows[flow].target for flow in element.outgoing]
    return [*met, *(each for each in members if each not in met)]


def _begins(element: Element) -> bool:
    return not element.incoming and element.attached_to is None and not element.triggered_by_event


def _step(definition: ProcessDefinition, element: Element) -> OutlineStep:
    flows = [definition.flows[flow] for flow in element.outgoing]
    lane = next((lane for lane in definition.lanes if lane.id == element.lane), None)
    return OutlineStep(
        element_id=element.id,
        element_type=str(element.type),
        name=element.name,
        container=element.parent,
        lane=element.lane if lane is None else lane.name,
        documentation=element.documentation,
        legal_basis=element.properties.get("obieg:legalBasis", ""),
        attached_to=element.attached_to or "",
        events=tuple(str(event.type) for event in element.events),
        ways=tuple(
            WayOut(
                target=flow.target,
                name=flow.name,
                condition="" if flow.condition is None else flow.condition.source,
                is_default=flow.id == element.default_flow,
            )
            for flow in flows
        ),
        group=element.group,
    )
