"""A backtracking machine for patterns with back-references, which linear-time engines lack; paid per step."""

from __future__ import annotations

from dataclasses import dataclass

from engine.feel.environment import Environment
from engine.feel.regex.charsets import CharSet
from engine.feel.regex.syntax import Anchor, Backreference, Chars, Choice, Group, Repeat, Sequence, Tree

Spans = tuple[int, ...]

_COST = 8


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step: ``charset``, ``anchor``, ``back`` or ``save`` is set, or ``targets`` to go on at."""

    charset: CharSet | None = None
    anchor: str = ""
    back: int = 0
    save: int = -1
    targets: tuple[int, ...] = ()


class Machine:
    """A compiled tree; finds matches from left to right."""

    def __init__(self, tree: Tree, groups: int, *, ignore_case: bool, multiline: bool) -> None:
        self._program: list[Instruction] = []
        self._groups = groups
        self._ignore_case = ignore_case
        self._multiline = multiline
        self._emit(tree)

    def search(self, text: str, start: int, environment: Environment) -> Spans | None:
        """Return the starts and ends of the first match and its groups (-1: not taken part), or None."""
        for place in range(start, len(text) + 1):
            spans = self._run(text, place, environment)
            if spans is not None:
                return spans
        return None

    def _run(self, text: str, start: int, environment: Environment) -> Spans | None:
        stack: list[tuple[int, int, Spans]] = [(0, start, (-1,) * (2 * self._groups))]
        program = self._program
        while stack:
            counter, place, saved = stack.pop()
            environment.spend(_COST)
            if counter == len(program):
                return (start, place, *saved)
            step = program[counter]
            if step.targets:
                stack.extend((target, place, saved) for target in reversed(step.targets))
            elif step.save >= 0:
                stack.append((counter + 1, place, (*saved[: step.save], place, *saved[step.save + 1 :])))
            else:
                width = self._width(step, text, place, saved)
                if width >= 0:
                    stack.append((counter + 1, place + width, saved))
        return None

    def _width(self, step: Instruction, text: str, place: int, saved: Spans) -> int:
        """Return how many characters a step takes here; -1 when it does not fit."""
        if step.charset is not None:
            return 1 if place < len(text) and step.charset.contains(text[place], self._ignore_case) else -1
        if step.anchor:
            return 0 if self._at_anchor(step.anchor, text, place) else -1
        low, high = saved[2 * step.back - 2], saved[2 * step.back - 1]
        wanted = text[low:high] if high >= 0 else ""
        found = text[place : place + len(wanted)]
        same = found.casefold() == wanted.casefold() if self._ignore_case else found == wanted
        return len(wanted) if same else -1

    def _at_anchor(self, anchor: str, text: str, place: int) -> bool:
        if anchor == "^":
            return place == 0 or (self._multiline and text[place - 1] == "\n")
        return place == len(text) or (self._multiline and text[place] == "\n")

    def _emit(self, tree: Tree) -> None:
        if isinstance(tree, Chars):
            self._program.append(Instruction(charset=tree.charset))
        elif isinstance(tree, Anchor):
            self._program.append(Instruction(anchor=tree.character))
        elif isinstance(tree, Backreference):
            self._program.append(Instruction(back=tree.number))
        elif isinstance(tree, Sequence):
            for item in tree.items:
                self._emit(item)
        elif isinstance(tree, Group):
            self._emit_group(tree)
        elif isinstance(tree, Choice):
            self._emit_choice(tree)
        else:
            self._emit_repeat(tree)

    def _emit_group(self, group: Group) -> None:
        if group.number is None:
            self._emit(group.item)
            return
        self._program.append(Instruction(save=2 * group.number - 2))
        self._emit(group.item)
        self._program.append(Instruction(save=2 * group.number - 1))

    def _emit_choice(self, choice: Choice) -> None:
        exits: list[int] = []
        for item in choice.items[:-1]:
            fork = self._hole()
            self._emit(item)
            exits.append(self._hole())
            self._program[fork] = Instruction(targets=(fork + 1, len(self._program)))
        self._emit(choice.items[-1])
        for place in exits:
            self._program[place] = Instruction(targets=(len(self._program),))

    def _emit_repeat(self, repeat: Repeat) -> None:
        for _ in range(repeat.least):
            self._emit(repeat.item)
        forks: list[int] = []
        if repeat.most is None:
            forks.append(self._hole())
            self._emit(repeat.item)
            self._program.append(Instruction(targets=(forks[0],)))
        else:
            for _ in range(repeat.most - repeat.least):
                forks.append(self._hole())
                self._emit(repeat.item)
        end = len(self._program)
        for fork in forks:
            self._program[fork] = Instruction(targets=(fork + 1, end) if repeat.greedy else (end, fork + 1))

    def _hole(self) -> int:
        self._program.append(Instruction())
        return len(self._program) - 1
