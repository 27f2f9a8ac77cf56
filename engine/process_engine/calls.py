"""Between a called instance and its caller: which process is called, and what each tells the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.catalogue import BoundProcess, Catalogue
from engine.errors import Conflict
from engine.kernel import InstanceTree
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.model.records import InstanceState
from engine.store import Transaction
from engine.store.rows import InstanceRow

# The key of an instance, what to tell it, and the page of its state this is about (None: page 0, or unknown).
Notice = tuple[int, cmd.Command, int | None]
CAUSES = frozenset(  # the effects that other instances may have to hear of
    {ev.InstanceCalled, ev.CallEnded, ev.EscalationPropagated, ev.ErrorPropagated, ev.InstanceEnded}
)


def called_process(
    catalogue: Catalogue, tx: Transaction, caller_definition: int, call: ev.InstanceCalled
) -> BoundProcess:
    """Return the version a call activity is bound to; raises ``NotFound``, ``Conflict`` for a suspended
    one."""
    return startable(_bound(catalogue, tx, caller_definition, call))


def startable(bound: BoundProcess) -> BoundProcess:
    """Return a process that may be started; raises ``Conflict`` for a suspended one."""
    if not bound.row.active:
        raise Conflict(f"the process '{bound.row.id}' is suspended: activate it first")
    return bound


def _bound(
    catalogue: Catalogue, tx: Transaction, caller_definition: int, call: ev.InstanceCalled
) -> BoundProcess:
    if call.version_tag:
        return catalogue.tagged(tx, call.process_id, call.version_tag)
    if call.binding == "deployment":
        own = catalogue.process(tx, caller_definition)
        return catalogue.of_deployment(tx, own.row.deployment_key, call.process_id)
    return catalogue.latest(tx, call.process_id)


def notices(
    row: InstanceRow, variables: Mapping[str, Any], effects: Sequence[ev.Event], *, by_caller: bool
) -> Iterator[Notice]:
    """Yield the commands (with the key of the instance they are for) that one step causes in other instances.

    ``variables`` are the instance's own; ``by_caller`` says that its caller has just ended it.
    """
    error: ev.ErrorPropagated | None = None
    ended: ev.InstanceEnded | None = None
    for effect in effects:
        if isinstance(effect, ev.CallEnded) and effect.cancelled:
            yield effect.child, cmd.Cancel(reason="interrupted by its caller", by_model=True), None
        elif isinstance(effect, ev.EscalationPropagated):
            yield row.parent_key or 0, _escalated(row, effect), row.parent_page
        elif isinstance(effect, ev.ErrorPropagated):
            error = effect
        elif isinstance(effect, ev.InstanceEnded):
            ended = effect
    if ended is not None and row.parent_key and not by_caller:
        yield row.parent_key, _ending(row, variables, ended, error), row.parent_page


def refused(caller: InstanceRow, call: ev.InstanceCalled, error: Exception) -> Notice:
    """Return what a caller is told of a call that cannot be started."""
    return (
        caller.key,
        cmd.ChildFailed(element_key=call.element_key, child_key=call.child, reason=str(error)),
        None,
    )


def is_awaited(tree: InstanceTree, command: cmd.Command) -> bool:
    """Return whether an instance still is in the state a notice is about."""
    if isinstance(command, cmd.ChildCompleted | cmd.ChildFailed | cmd.ChildEscalated):
        element = tree.elements.get(command.element_key)
        return element is not None and element.called == command.child_key
    return tree.header.ended_at is None


def _escalated(row: InstanceRow, effect: ev.EscalationPropagated) -> cmd.Command:
    return cmd.ChildEscalated(
        element_key=row.parent_element_key or 0,
        child_key=row.key,
        code=effect.code,
        variables=effect.variables,
    )


def _ending(
    row: InstanceRow,
    variables: Mapping[str, Any],
    ended: ev.InstanceEnded,
    error: ev.ErrorPropagated | None,
) -> cmd.Command:
    element_key = row.parent_element_key or 0
    if error is not None:
        return cmd.ChildFailed(
            element_key=element_key,
            child_key=row.key,
            code=error.code,
            reason=error.message,
            variables=error.variables,
        )
    if ended.state is InstanceState.CANCELLED:
        reason = f"the called instance {row.key} was cancelled: {ended.reason}"
        return cmd.ChildFailed(element_key=element_key, child_key=row.key, reason=reason)
    return cmd.ChildCompleted(element_key=element_key, child_key=row.key, variables=dict(variables))
