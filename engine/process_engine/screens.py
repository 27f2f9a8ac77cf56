"""What pages show besides records: the form of a task or of a start, a process in words, its file."""

from __future__ import annotations

from engine.bpmn.outline import outline_of
from engine.catalogue import BoundProcess
from engine.deployed import content_of
from engine.errors import NotFound
from engine.forms import FilledForm, Form
from engine.model.outline import ProcessOutline
from engine.process_engine.jobs import visible
from engine.process_engine.parts import Parts
from engine.process_engine.trees import tree_around
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
        tree = tree_around(tx, task.instance_key, task.page)
        form = _form(parts, tx, bound, task.form_id)
        element = tree.elements.get(task_key)
        seen = {} if element is None else visible(tree, element)
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
    return outline_of(bound.definition, bound.row.version)


def diagram(parts: Parts, process_id: str, version: int | None) -> bytes:
    """Return the file of a process, byte for byte as it was deployed; raises ``NotFound``."""
    with parts.store.reading() as tx:
        return content_of(tx, _bound(parts, tx, process_id, version).row)


def _bound(parts: Parts, tx: Transaction, process_id: str, version: int | None) -> BoundProcess:
    if version is None:
        return parts.catalogue.latest(tx, process_id)
    return parts.catalogue.version(tx, process_id, version)
