"""Breadth first through the states of one process, on the kernel itself; each state once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from engine.kernel import SEMANTICS_VERSION, CommandContext, Context, InstanceTree, Limits
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.kernel.instantiation import begins_by_itself, entries
from engine.model.definition import ProcessDefinition
from engine.model.records import InstanceState
from engine.soundness import states
from engine.soundness.abstraction import abstracted
from engine.soundness.choices import ChoosingStep, outcomes
from engine.soundness.graph import Graph
from engine.soundness.moves import Move, place_of, possible
from engine.soundness.reduction import Reduction
from engine.soundness.states import Fired

# One element at a time: loops that never wait come back to a state instead of going on for ever.
_LIMITS = Limits(elements=1, elements_without_wait=1 << 60)
_IMPOSSIBLE = "no_flow"  # conditions are taken to leave no case open: whether they do is a question of data


class State(msgspec.Struct, kw_only=True):
    """One state found: how it was reached, and what became of it."""

    data: bytes
    before: int  # its number among the states, -1 for none
    entered: tuple[str, ...]  # the elements entered since the state before
    depth: int
    incidents: tuple[tuple[str, int, str], ...] = ()  # type, key and id of the element instance
    ended: bool = False
    flawed: bool = False  # two tokens where one is meant: what follows from that is not looked at
    moves: int = 0
    following: list[int] = msgspec.field(default_factory=list)


class Exploration:
    """All states of a process, up to a number of them; ``ample`` leaves out orders that do not matter."""

    def __init__(
        self,
        definition: ProcessDefinition,
        *,
        bound: int,
        most: int,
        ample: bool = True,
        deepest: int = 1 << 30,
    ) -> None:
        self.definition = abstracted(definition, bound)
        self.graph = Graph(self.definition)
        self.bound = bound
        self.states: list[State] = []
        self.entered: set[str] = set()
        self.complete = True
        self._most = most
        self._ample = ample
        self._deepest = deepest
        self._reduction = Reduction(self.graph)
        self._numbers: dict[str, int] = {}
        self._pending: deque[int] = deque()
        self._looked_at: set[str] = set()  # events that stand by themselves and have fired once

    def run(self) -> Iterator[tuple[State, InstanceTree]]:
        """Yield every state once, the nearest first; the tree is the caller's to read."""
        self._begin()
        reported = 0
        while True:
            while reported < len(self.states):
                state = self.states[reported]
                yield state, states.tree_of(state.data)
                reported += 1
            if not self._pending:
                return
            if len(self.states) >= self._most:
                self.complete = False
                return
            self._expand(self._pending.popleft())

    def stuck(self) -> Iterator[tuple[State, InstanceTree]]:
        """Yield the states looked at in which nothing can happen, though they have not ended."""
        unseen = set(self._pending)
        for number, state in enumerate(self.states):
            if not (state.moves or is_last(state) or number in unseen):
                yield state, states.tree_of(state.data)

    def path(self, state: State) -> tuple[str, ...]:
        """Return the elements entered on the way to a state."""
        parts: list[tuple[str, ...]] = []
        at: State | None = state
        while at is not None:
            parts.append(at.entered)
            at = self.states[at.before] if at.before >= 0 else None
        return tuple(element for part in reversed(parts) for element in part)

    def _begin(self) -> None:
        starts: list[str | None] = [entry.id for entry in entries(self.definition)]
        if begins_by_itself(self.definition):
            starts.append(None)
        for start in starts or [None]:
            # As if called: an error that nothing catches ends the instance and is its caller's.
            command = cmd.Start(
                variables={}, element_id=start, parent_key=1, parent_element_key=1, root_key=1
            )
            for work in outcomes(InstanceTree.empty, command, self._context(states.FIRST_KEY), self.bound):
                self._keep(work, {}, -1, 0)

    def _context(self, first_key: int) -> Context:
        recorded = CommandContext(
            semantics_version=SEMANTICS_VERSION, now=0, first_key=first_key, definition_key=0, definition=""
        )
        return Context(
            recorded=recorded, definition=self.definition, parameters={}, calendars={}, limits=_LIMITS
        )

    def _expand(self, number: int) -> None:
        state = self.states[number]
        if is_last(state):
            return
        if state.depth >= self._deepest:
            self.complete = False
            return
        snapshot = states.decode(state.data)
        tree = states.tree_in(snapshot)
        moves = possible(tree, self.graph, snapshot.fired, self.bound)
        state.moves = len(moves)
        owners = {move.owner for move in moves}
        chosen = None if tree.header.queue else self._reduction.chosen(tree, owners, ample=self._ample)
        context = self._context(snapshot.next_key)
        for move in moves:
            apart = move.event in self.graph.closed
            if move.event in self._looked_at or not (chosen is None or move.owner in chosen or apart):
                continue
            if apart:
                self._looked_at.add(move.event)
            self._make(number, move, snapshot.fired, context)

    def _make(self, number: int, move: Move, fired: Fired, context: Context) -> None:
        state = self.states[number]
        event = self.definition.elements.get(move.event)
        if event is not None and not event.interrupting and event.id not in self.graph.closed:
            place = place_of(move.owner, move.event)
            fired = {**fired, place: fired.get(place, 0) + 1}
        for work in outcomes(lambda: states.tree_of(state.data), move.command, context, self.bound):
            self._keep(work, fired, number, state.depth + 1)

    def _keep(self, work: ChoosingStep, fired: Fired, before: int, depth: int) -> None:
        """Keep the state a step came to, unless it is known or impossible."""
        incidents, entered = [], []
        for event in work.events:
            if isinstance(event, ev.IncidentRaised):
                incidents.append((event.type, event.element_key, event.element_id))
            elif isinstance(event, ev.ElementActivated) and event.element_id != self.definition.id:
                entered.append(event.element_id)
        if any(kind == _IMPOSSIBLE for kind, _, _ in incidents):
            return
        self.entered.update(entered)
        tree = work.tree
        fired = states.normalise(tree, fired, self.bound)
        form = states.form_of(tree, fired, self.graph.closed)
        number = self._numbers.get(form)
        if number is None:
            number = self._numbers[form] = len(self.states)
            self.states.append(
                State(
                    data=states.encode(tree, fired, work.next_key),
                    before=before,
                    entered=tuple(entered),
                    depth=depth,
                    incidents=tuple(incidents),
                    ended=tree.header.state is not InstanceState.ACTIVE,
                )
            )
            self._pending.append(number)
        if before >= 0:
            self.states[before].following.append(number)


def is_last(state: State) -> bool:
    """Return whether nothing is looked for behind a state: it has ended, or is wrong already."""
    return state.ended or bool(state.incidents) or state.flawed
