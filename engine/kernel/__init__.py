"""The pure token semantics: ``(state, command, context) -> (events, effects)``.

No I/O, no clock, no randomness, no database. ``step`` owns and changes the state it is given; if it raises,
throw that state away.
"""

from __future__ import annotations

import msgspec

from engine.kernel import events as ev
from engine.kernel.appliers import fold
from engine.kernel.behaviours import BEHAVIOURS
from engine.kernel.commands import AnyCommand, CommandContext
from engine.kernel.context import SEMANTICS_VERSION, BoundDecision, Context, Decisions, Limits
from engine.kernel.effects import EFFECTS
from engine.kernel.state import ElementInstance
from engine.kernel.step import Step
from engine.kernel.tree import InstanceTree
from engine.kernel.verbs import VERBS, admit

__all__ = [
    "SEMANTICS_VERSION",
    "AnyCommand",
    "BoundDecision",
    "CommandContext",
    "Context",
    "Decisions",
    "ElementInstance",
    "InstanceTree",
    "Limits",
    "Outcome",
    "fold",
    "step",
]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a command came to: the new state, what happened, and which of that changes rows outside the
    state."""

    tree: InstanceTree
    events: list[ev.Event]
    effects: list[ev.Event]
    keys_used: int


def step(tree: InstanceTree | None, command: AnyCommand, context: Context) -> Outcome:
    """Work one command off; ``tree`` is None for a start.

    Raises ``NotFound`` or ``Conflict`` when the command is about something that is not, or no longer, there.
    """
    work = Step(tree if tree is not None else InstanceTree.empty(), context, BEHAVIOURS)
    admit(work, command)
    VERBS[type(command)](work, command)
    work.run()
    header = work.tree.header
    header.last_at = max(header.last_at, work.at)
    effects = [event for event in work.events if type(event) in EFFECTS]
    return Outcome(tree=work.tree, events=work.events, effects=effects, keys_used=work.keys_used)
