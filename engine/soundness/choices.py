"""The kernel's own step with free choice in place of data: every way one command can go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.kernel.behaviours import BEHAVIOURS
from engine.kernel.context import Context
from engine.kernel.step import Step
from engine.kernel.tree import InstanceTree
from engine.kernel.variables import Scope
from engine.kernel.verbs import VERBS
from engine.model.definition import Expression
from engine.soundness.abstraction import HOW_MANY


class Choices:
    """The answers of one run, in the order they were asked for; beyond the given ones, the first."""

    def __init__(self, given: list[int]) -> None:
        self._given = given
        self.taken: list[int] = []
        self._options: list[int] = []

    def choose(self, options: int) -> int:
        """Return one of so many options, counted from 0."""
        place = len(self.taken)
        chosen = self._given[place] if place < len(self._given) else 0
        self.taken.append(chosen)
        self._options.append(options)
        return chosen

    def following(self) -> list[int] | None:
        """Return the answers of the next run; None when all have been tried."""
        for place in reversed(range(len(self.taken))):
            if self.taken[place] + 1 < self._options[place]:
                return [*self.taken[:place], self.taken[place] + 1]
        return None


class ChoosingStep(Step):
    """The kernel's step; only what it asks of data is answered by choice."""

    def __init__(self, tree: InstanceTree, context: Context, choices: Choices, bound: int) -> None:
        super().__init__(tree, context, BEHAVIOURS)
        self._choices = choices
        self._bound = bound

    @property
    def next_key(self) -> int:
        """Return the first key that is still free."""
        return self.context.recorded.first_key + self.keys_used

    def evaluate(self, expression: Expression, scope: Scope) -> Any:
        """Return a literal, the chosen number of instances, or nothing: no path depends on other values."""
        if expression.source == HOW_MANY and not expression.literal:
            return self._choices.choose(self._bound + 1)
        return expression.source if expression.literal else None

    def holds(self, condition: Expression, scope: Scope, what: str) -> bool:
        """Return true or false, whichever is chosen."""
        return self._choices.choose(2) == 0


def outcomes(
    copy: Callable[[], InstanceTree], command: Any, context: Context, bound: int
) -> Iterator[ChoosingStep]:
    """Yield the step of a command once for every combination of choices, each on a state of its own."""
    given: list[int] | None = []
    while given is not None:
        choices = Choices(given)
        work = ChoosingStep(copy(), context, choices, bound)
        VERBS[type(command)](work, command)
        work.run()
        yield work
        given = choices.following()
