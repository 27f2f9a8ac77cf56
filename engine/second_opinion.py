"""A second opinion: sampled paths of a drawing on another engine as well, and where that one differs.

Both engines get the same drawing without data, the same answers to its conditions, and are told the same
things from outside, step by step; the elements completed by each must be the same. What the other engine is
known to get wrong is not compared.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence

import msgspec

from engine.bpmn.other_engine import Act, Run, Told, ask, drawn, incomparable
from engine.kernel import SEMANTICS_VERSION, CommandContext, Context, InstanceTree
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.kernel.behaviours import BEHAVIOURS
from engine.kernel.step import Step
from engine.kernel.variables import Scope
from engine.kernel.verbs import VERBS
from engine.model.definition import (
    Element,
    ElementType,
    EventType,
    Expression,
    MultiInstance,
    ProcessDefinition,
    SequenceFlow,
)
from engine.model.records import Difference, InstanceState, Opinion, OpinionVerdict
from engine.soundness import states
from engine.soundness.abstraction import abstracted
from engine.soundness.graph import Graph
from engine.soundness.moves import Move, possible

PATHS = 16
SECONDS = 60.0
_MOST_ACTS = 40
_STUCK = "deadlock"  # tokens left at a join: the other engine waits there for ever as well
_DONE = (cmd.CompleteJob, cmd.CompleteUserTask, cmd.ChildCompleted)
_EVENTS = (cmd.FireTimer, cmd.CorrelateMessage, cmd.BroadcastSignal)
_ENDING = (EventType.ERROR, EventType.ESCALATION)
_TWICE = Expression(source="2")


class _Answering(Step):
    """The kernel's step; conditions are answered by the seed and remembered."""

    answers: dict[str, list[bool]]
    seed: int

    def holds(self, condition: Expression, scope: Scope, what: str) -> bool:
        """Return true or false by seed, flow and how often it was asked."""
        given = self.answers.setdefault(condition.source, [])
        given.append(_draw(self.seed, condition.source, len(given)) % 2 == 0)
        return given[-1]


class _Path(msgspec.Struct, kw_only=True):
    """What happened on our side: the acts, and the elements completed at the start and after each."""

    acts: list[Act]
    answers: dict[str, list[bool]]
    completed: list[list[str]]
    ended: bool = False


def second_opinion(definition: ProcessDefinition, *, paths: int = PATHS, seconds: float = SECONDS) -> Opinion:
    """Compare sampled paths of one process; the sample is the same for equal definitions.

    Raises ``Unavailable`` when the other engine does not answer within ``seconds``.
    """
    limit = incomparable(definition)
    if limit is not None:
        element, why = limit
        return _opinion(definition, reason=f"'{element}' cannot be compared: in the other engine {why}")
    shape = _without_data(definition)
    drawing = drawn(shape)
    ours = [each for each in (_ours(shape, seed) for seed in range(paths)) if each is not None]
    theirs = ask([_run(shape, drawing, each) for each in ours], seconds=seconds)
    found: dict[str, Difference] = {}
    for mine, told in zip(ours, theirs, strict=True):
        difference = _difference(shape, mine, told)
        if difference is not None:
            found.setdefault(difference.element_id, difference)
    return _opinion(definition, paths=len(ours), differences=tuple(found.values()))


def _opinion(
    definition: ProcessDefinition,
    *,
    paths: int = 0,
    differences: tuple[Difference, ...] = (),
    reason: str = "",
) -> Opinion:
    if not paths and not reason:
        reason = "no sampled path could be followed: every one met a choice without a way out"
    agreed = OpinionVerdict.NOT_COMPARED if reason else OpinionVerdict.AGREES
    return Opinion(
        process_id=definition.id,
        file=definition.file,
        verdict=OpinionVerdict.DIFFERS if differences else agreed,
        paths=paths,
        differences=differences,
        reason=reason,
    )


def _run(shape: ProcessDefinition, drawing: str, path: _Path) -> Run:
    return Run(drawing=drawing, process_id=shape.id, answers=path.answers, acts=path.acts)


def _without_data(definition: ProcessDefinition) -> ProcessDefinition:
    """Return the definition with conditions named by their flows and every multi-instance done twice."""
    shape = abstracted(definition, 2)
    return msgspec.structs.replace(
        shape,
        elements={key: _twice(each) for key, each in shape.elements.items()},
        flows={key: _asked_by_id(each) for key, each in shape.flows.items()},
    )


def _twice(element: Element) -> Element:
    if not isinstance(element.loop, MultiInstance):
        return element
    loop = msgspec.structs.replace(element.loop, cardinality=_TWICE, completion_condition=None)
    return msgspec.structs.replace(element, loop=loop)


def _asked_by_id(flow: SequenceFlow) -> SequenceFlow:
    if flow.condition is None:
        return flow
    return msgspec.structs.replace(flow, condition=Expression(source=flow.id, literal=True))


def _ours(shape: ProcessDefinition, seed: int) -> _Path | None:
    """Follow one path on the kernel; None where it cannot go on for reasons of data."""
    path = _Path(acts=[], answers={}, completed=[])
    graph = Graph(shape)
    starts = shape.starts[shape.id]
    command: cmd.AnyCommand = cmd.Start(variables={}, element_id=starts[0], parent_key=1, root_key=1)
    tree, next_key = InstanceTree.empty(), states.FIRST_KEY
    while len(path.acts) < _MOST_ACTS:
        work = _worked(shape, tree, command, next_key, path, seed)
        incidents = {event.type for event in work.events if isinstance(event, ev.IncidentRaised)}
        if incidents - {_STUCK}:
            return None
        tree, next_key = work.tree, next_key + work.keys_used
        path.completed.append(_completed(shape, work.events))
        path.ended = tree.header.state is not InstanceState.ACTIVE
        move = None if path.ended or incidents else _chosen(tree, graph, seed, len(path.acts))
        if move is None:
            break
        command = move.command
        element = move.event or tree.elements[move.owner].element_id
        path.acts.append(Act(element_id=element, is_event=bool(move.event)))
    del path.acts[len(path.completed) - 1 :]
    return path


def _worked(
    shape: ProcessDefinition, tree: InstanceTree, command: cmd.AnyCommand, key: int, path: _Path, seed: int
) -> Step:
    recorded = CommandContext(
        semantics_version=SEMANTICS_VERSION, now=0, first_key=key, definition_key=0, definition=""
    )
    work = _Answering(
        tree, Context(recorded=recorded, definition=shape, parameters={}, calendars={}), BEHAVIOURS
    )
    work.answers, work.seed = path.answers, seed
    VERBS[type(command)](work, command)
    work.run()
    return work


def _chosen(tree: InstanceTree, graph: Graph, seed: int, place: int) -> Move | None:
    """Return one of the moves both engines know; what is done is chosen more often than what happens."""
    states.normalise(tree, {}, 1)
    moves = possible(tree, graph, {}, 1)
    done = [each for each in moves if isinstance(each.command, _DONE)]
    happening = [each for each in moves if isinstance(each.command, _EVENTS)]
    chance = _draw(seed, "act", place)
    among = happening if happening and (not done or chance % 3 == 0) else done
    return among[chance // 3 % len(among)] if among else None


def _completed(shape: ProcessDefinition, events: Sequence[ev.Event]) -> list[str]:
    completed = (event.element_id for event in events if isinstance(event, ev.ElementCompleted))
    return [each for each in completed if each != shape.id and _counts(shape.elements[each])]


def _counts(element: Element) -> bool:
    """Return whether both engines mean the same by "completed".

    What an error or escalation ends, and the event that throws it, is completed to one and interrupted to
    the other; what follows shows which way it went.
    """
    throws = any(event.type in _ENDING for event in element.events) and element.attached_to is None
    return not throws and element.type is not ElementType.SUB_PROCESS


def _difference(shape: ProcessDefinition, mine: _Path, told: Told) -> Difference | None:
    before: list[str] = []
    for place, ours in enumerate(mine.completed):
        if place >= len(told.observations):
            element = told.not_waiting or (mine.acts[place - 1].element_id if place else shape.id)
            why = told.trouble or "it does not wait there"
            return _differs(element, f"the other engine cannot go on: {why}", before)
        seen = told.observations[place].completed
        theirs = [each for each in seen if _counts(shape.elements[each])]
        only = _only(shape, ours, theirs) or _only(shape, theirs, ours)
        if only:
            ours_has = only in ours
            message = "is completed here, but not there" if ours_has else "is completed there, but not here"
            return _differs(only, message, before + ours)
        before += ours
    if told.observations and told.observations[-1].ended != mine.ended:
        element = before[-1] if before else shape.id
        message = "the process has ended here, but not there" if mine.ended else "it has ended there only"
        return _differs(element, message, before)
    return None


def _only(shape: ProcessDefinition, these: Sequence[str], those: Sequence[str]) -> str:
    """Return the first element completed more often in these; a multi-instance activity counts once."""
    left = Counter(those)
    for element in these:
        if left[element] <= 0:
            return element
        if shape.elements[element].loop is None:
            left[element] -= 1
    return ""


def _differs(element: str, message: str, path: Sequence[str]) -> Difference:
    return Difference(
        element_id=element, message=f"another engine reads this differently: {message}", path=tuple(path)
    )


def _draw(*parts: object) -> int:
    return zlib.crc32(" ".join(map(str, parts)).encode())
