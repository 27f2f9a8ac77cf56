"""A process as nested steps in Polish words: what stands beside every diagram and says all that it shows.

Of a case, each step also says how it stands: done (when, by whom), waiting now, an incident, not reached.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from engine import OutlineEvent, OutlineStep, ProcessOutline, WayOut
from web import words


class Progress(NamedTuple):
    """How a step of a case stands: ``state`` is now | incident | done | cut | ahead."""

    state: str
    times: int = 0
    at: dt.datetime | None = None
    by: str = ""


class Way(NamedTuple):
    """One way on: to which step, under which condition; ``taken`` says that this case went there."""

    target: str
    target_name: str
    name: str
    condition: str
    otherwise: bool
    taken: bool


class Line(NamedTuple):
    """One step as a reader meets it; ``inside`` are the steps of a sub-process."""

    step: OutlineStep
    name: str
    kind: str
    who: str
    notes: tuple[str, ...]
    ways: tuple[Way, ...]
    inside: tuple[Line, ...]
    progress: Progress | None


AHEAD = Progress("ahead")
_CATCHES = {
    "message": "czeka na wiadomość „{text}”",
    "signal": "czeka na sygnał „{text}”",
    "error": "gdy wystąpi błąd „{text}”",
    "escalation": "gdy nastąpi eskalacja „{text}”",
    "conditional": "gdy zacznie być prawdą: {text}",
    "compensation": "gdy trzeba to cofnąć",
    "cancel": "gdy transakcja zostanie anulowana",
    "link": "ciąg dalszy od „{text}”",
}
_THROWS = {
    "message": "wysyła wiadomość „{text}”",
    "signal": "nadaje sygnał „{text}”",
    "error": "zgłasza błąd „{text}”",
    "escalation": "zgłasza eskalację „{text}”",
    "compensation": "cofa „{text}”",
    "cancel": "anuluje transakcję",
    "link": "dalej w „{text}”",
    "terminate": "kończy cały proces, także to, co jeszcze trwa",
}
_TEXTLESS = {
    "error": "gdy wystąpi jakikolwiek błąd",
    "escalation": "gdy nastąpi jakakolwiek eskalacja",
    "compensation": "cofa to, co wykonano",
}
_TIMERS = {
    "date": "w terminie: {text}",
    "duration": "po upływie: {text}",
    "cycle": "powtarza się: {text}",
}
_REPEATS = {
    "parallel": "wiele razy równocześnie, dla każdego elementu zbioru",
    "sequential": "wiele razy po kolei, dla każdego elementu zbioru",
    "loop": "powtarza się, dopóki trzeba",
}
_THROWING = ("intermediateThrowEvent", "endEvent")


def lines_of(
    outline: ProcessOutline,
    progress: Mapping[str, Progress] | None = None,
    taken: frozenset[str] = frozenset(),
) -> tuple[Line, ...]:
    """Return the steps of a process, nested; of a case with its ``progress`` by element and the flows it
    has ``taken``."""
    steps = {step.element_id: step for step in outline.steps}
    inside: dict[str, list[Line]] = {}
    for step in reversed(outline.steps):  # the inside of a sub-process comes after it: built before it
        line = _line(step, steps, progress, taken, tuple(reversed(inside.pop(step.element_id, []))))
        inside.setdefault(step.container, []).append(line)
    return tuple(reversed(inside.get(outline.process_id, [])))


def name_of(step: OutlineStep | None, element_id: str) -> str:
    """Return what a step is called: its name, else its kind in words, the id where it is not known."""
    if step is None:
        return element_id
    return step.name or words.ELEMENT_TYPES.get(step.element_type, element_id)


def _line(
    step: OutlineStep,
    steps: Mapping[str, OutlineStep],
    progress: Mapping[str, Progress] | None,
    taken: frozenset[str],
    inside: tuple[Line, ...],
) -> Line:
    return Line(
        step=step,
        name=name_of(step, step.element_id),
        kind=words.ELEMENT_TYPES.get(step.element_type, step.element_type),
        who=step.lane or step.group,
        notes=_notes(step, steps),
        ways=tuple(_way(way, steps, taken) for way in step.ways),
        inside=inside,
        progress=None if progress is None else progress.get(step.element_id, AHEAD),
    )


def _way(way: WayOut, steps: Mapping[str, OutlineStep], taken: frozenset[str]) -> Way:
    return Way(
        target=way.target,
        target_name=name_of(steps.get(way.target), way.target),
        name=way.name,
        condition=way.condition,
        otherwise=way.is_default,
        taken=way.flow in taken,
    )


def _notes(step: OutlineStep, steps: Mapping[str, OutlineStep]) -> tuple[str, ...]:
    """Return what else is to be known of a step, a sentence each."""
    notes = [_event_note(step, event) for event in step.awaits]
    if step.attached_to:
        host = name_of(steps.get(step.attached_to), step.attached_to)
        told = "przerywa krok „{host}”" if step.interrupting else "nie przerywa kroku „{host}”"
        notes.append(told.format(host=host))
    if step.by_event:
        notes.append("uruchamia się, gdy nastąpi zdarzenie początkowe")
    if step.undoes:
        notes.append("wykonywane tylko wtedy, gdy trzeba cofnąć inny krok")
    notes += [text for given, text in _settings(step) if given]
    return tuple(notes)


def _settings(step: OutlineStep) -> tuple[tuple[str, str], ...]:
    return (
        (step.repeats, _REPEATS.get(step.repeats, "")),
        (step.assignee, f"wykonuje: {step.assignee}"),
        (step.due, f"termin: {step.due}"),
        (step.decision, f"tabela decyzyjna: {step.decision}"),
        (step.job, f"czynność: {step.job}"),
    )


def _event_note(step: OutlineStep, event: OutlineEvent) -> str:
    if event.timer:
        return _TIMERS[event.timer].format(text=event.text)
    said = (_THROWS if step.element_type in _THROWING else _CATCHES).get(event.type, event.type)
    if not event.text and event.type in _TEXTLESS:
        return _TEXTLESS[event.type]
    return said.format(text=event.text)
