"""Whether a process can go wrong whatever its data are: all its runs, explored on the kernel itself.

Every condition may be true or false, every job completes or throws what is caught, every timer and message
comes or does not; which element follows which is the kernel's own step. Found are deadlocks, two tokens where
one is meant, elements no run comes to, tokens left behind at the end, and runs without an end (van der
Aalst 1998 for workflow nets; here for BPMN 2.0.2 ch. 13 as the kernel executes it).
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import EngineError
from engine.model.definition import ProcessDefinition
from engine.model.records import Flaw, FlawKind, Soundness, Verdict
from engine.soundness import flaws
from engine.soundness.abstraction import unexplored
from engine.soundness.exploration import Exploration

__all__ = ["BOUND", "MOST_STATES", "explore"]

BOUND = 2
MOST_STATES = 20_000
_MOST_FLAWS = 50


def explore(
    definition: ProcessDefinition,
    *,
    bound: int = BOUND,
    most_states: int = MOST_STATES,
    ample: bool = True,
) -> Soundness:
    """Explore one process; the verdict is ``sound`` only when every state within the bound was seen.

    ``most_states`` is the budget: equal inputs give equal answers on every machine. Flaws are told also
    when the budget ends first. Without ``ample`` every order of independent moves is tried.
    """
    reason = unexplored(definition)
    if reason:
        return _answer(definition, [], states=0, bound=bound, reason=reason)
    found = Exploration(definition, bound=bound, most=most_states, ample=ample)
    try:
        told = _tell(found)
        reason = _unexplored(found)
        if told:
            told = _shortened(definition, told, bound=bound, most=most_states)
    except EngineError as error:  # a command the kernel refuses: a kind of waiting this does not know
        return _answer(definition, [], states=len(found.states), bound=bound, reason=str(error))
    return _answer(definition, told, states=len(found.states), bound=bound, reason=reason)


def _answer(
    definition: ProcessDefinition, told: list[Flaw], *, states: int, bound: int, reason: str
) -> Soundness:
    return Soundness(
        process_id=definition.id,
        file=definition.file,
        verdict=Verdict.UNSOUND if told else Verdict.NOT_PROVEN if reason else Verdict.SOUND,
        flaws=tuple(told),
        states=states,
        bound=bound,
        reason=reason,
    )


def _tell(found: Exploration) -> list[Flaw]:
    told: dict[tuple[FlawKind, str], Flaw] = {}
    for flaw in _of_states(found):
        if len(told) < _MOST_FLAWS:
            told.setdefault((flaw.kind, flaw.element_id), flaw)
    if not _unexplored(found) and not any(state.flawed for state in found.states):
        stuck = {element for _, element in told}
        return [*told.values(), *flaws.endless(found), *flaws.dead_elements(found, stuck)]
    return list(told.values())


def _of_states(found: Exploration) -> Iterator[Flaw]:
    for state, tree in found.run():
        yield from flaws.of_state(found, state, tree)
    for state, tree in found.stuck():
        yield from flaws.nothing_moves(found, state, tree)


def _strange(found: Exploration) -> list[str]:
    """Return the incidents that have nothing to do with tokens: what is behind them was not explored."""
    return [
        f"'{element}' stops with '{kind}'"
        for state in found.states
        for kind, _, element in state.incidents
        if kind != flaws.STUCK
    ]


def _unexplored(found: Exploration) -> str:
    """Return why not every state was seen; empty if all were."""
    strange = _strange(found)
    if strange:
        return f"expected to explore everything, but {strange[0]}"
    if not found.complete:
        return f"not proven within the budget of {len(found.states)} states"
    return ""


def _shortened(definition: ProcessDefinition, told: list[Flaw], *, bound: int, most: int) -> list[Flaw]:
    """Return the flaws with the shortest paths: looked for once more with no order of moves left out."""
    deepest = max(len(flaw.path) for flaw in told) + 1
    again = Exploration(definition, bound=bound, most=most, ample=False, deepest=deepest)
    best = {(flaw.kind, flaw.element_id): flaw for flaw in told}
    for state, tree in again.run():
        for flaw in flaws.of_state(again, state, tree):
            known = best.get((flaw.kind, flaw.element_id))
            if known is not None and len(flaw.path) < len(known.path):
                best[flaw.kind, flaw.element_id] = flaw
    return list(best.values())
