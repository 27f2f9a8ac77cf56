"""A process as nested steps in Polish words: what stands beside every diagram and says all that it shows.

Of a case, each step also says how it stands: done (when, by whom), waiting now, an incident, not reached.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from engine import OutlineEvent, OutlineStep, ProcessOutline, WayOut
from web import words
from web.translation import N_, Table, _


class Progress(NamedTuple):
    """How a step of a case stands: ``state`` is now | incident | done | cut | ahead."""

    state: str
    times: int = 0
    at: dt.datetime | None = None
    by: str = ""


class Note(NamedTuple):
    """What else is to be known of a step; ``code`` is what follows it as it is drawn: FEEL, an id."""

    text: str
    code: str = ""


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
    called: str
    notes: tuple[Note, ...]
    ways: tuple[Way, ...]
    inside: tuple[Line, ...]
    progress: Progress | None


AHEAD = Progress("ahead")
NO_NAMES: Mapping[tuple[str, str], str] = MappingProxyType({})
_CATCHES = Table(
    {
        "message": N_("czeka na wiadomość „%(text)s”"),
        "signal": N_("czeka na sygnał „%(text)s”"),
        "error": N_("gdy wystąpi błąd „%(text)s”"),
        "escalation": N_("gdy nastąpi eskalacja „%(text)s”"),
        "compensation": N_("gdy trzeba to cofnąć"),
        "cancel": N_("gdy transakcja zostanie anulowana"),
        "link": N_("ciąg dalszy od „%(text)s”"),
    }
)
_THROWS = Table(
    {
        "message": N_("wysyła wiadomość „%(text)s”"),
        "signal": N_("nadaje sygnał „%(text)s”"),
        "error": N_("zgłasza błąd „%(text)s”"),
        "escalation": N_("zgłasza eskalację „%(text)s”"),
        "compensation": N_("cofa „%(text)s”"),
        "cancel": N_("anuluje transakcję"),
        "link": N_("dalej w „%(text)s”"),
        "terminate": N_("kończy cały proces, także to, co jeszcze trwa"),
    }
)
_TEXTLESS = Table(
    {
        "error": N_("gdy wystąpi jakikolwiek błąd"),
        "escalation": N_("gdy nastąpi jakakolwiek eskalacja"),
        "compensation": N_("cofa to, co wykonano"),
    }
)
_TIMERS = Table(
    {
        "date": N_("w terminie:"),
        "duration": N_("po upływie:"),
        "cycle": N_("powtarza się:"),
    }
)
_REPEATS = Table(
    {
        "parallel": N_("wiele razy równocześnie, dla każdego elementu zbioru"),
        "sequential": N_("wiele razy po kolei, dla każdego elementu zbioru"),
        "loop": N_("powtarza się, dopóki trzeba"),
    }
)
_THROWING = ("intermediateThrowEvent", "endEvent")


def lines_of(
    outline: ProcessOutline,
    progress: Mapping[str, Progress] | None = None,
    taken: frozenset[str] = frozenset(),
    names: Mapping[tuple[str, str], str] = NO_NAMES,
) -> tuple[Line, ...]:
    """Return the steps of a process, nested; of a case with its ``progress`` by element and the flows it
    has ``taken``. ``names`` are those of definitions, groups and jobs, by kind and id."""
    steps = {step.element_id: step for step in outline.steps}
    inside: dict[str, list[Line]] = {}
    for step in reversed(outline.steps):  # the inside of a sub-process comes after it: built before it
        line = _line(step, steps, progress, taken, names, tuple(reversed(inside.pop(step.element_id, []))))
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
    names: Mapping[tuple[str, str], str],
    inside: tuple[Line, ...],
) -> Line:
    return Line(
        step=step,
        name=name_of(step, step.element_id),
        kind=words.ELEMENT_TYPES.get(step.element_type, step.element_type),
        who=step.lane or names.get(("group", step.group), step.group),
        called=names.get(("process", step.called), step.called),
        notes=_notes(step, steps, names),
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


def _notes(
    step: OutlineStep, steps: Mapping[str, OutlineStep], names: Mapping[tuple[str, str], str]
) -> tuple[Note, ...]:
    """Return what else is to be known of a step, a sentence each."""
    notes = [_event_note(step, event) for event in step.awaits]
    if step.attached_to:
        host = name_of(steps.get(step.attached_to), step.attached_to)
        told = _("przerywa krok „%(host)s”", host=host)
        notes.append(Note(told if step.interrupting else _("nie przerywa kroku „%(host)s”", host=host)))
    if step.by_event:
        notes.append(Note(_("uruchamia się, gdy nastąpi zdarzenie początkowe")))
    if step.undoes:
        notes.append(Note(_("wykonywane tylko wtedy, gdy trzeba cofnąć inny krok")))
    notes += [note for given, note in _settings(step, names) if given]
    return tuple(notes)


def _settings(step: OutlineStep, names: Mapping[tuple[str, str], str]) -> tuple[tuple[str, Note], ...]:
    decision = names.get(("decision", step.decision), step.decision)
    return (
        (step.repeats, Note(_REPEATS.get(step.repeats, ""))),
        (step.assignee, Note(_("wykonuje:"), step.assignee)),
        (step.due, Note(_("termin:"), step.due)),
        (step.decision, Note(_("tabela decyzyjna: %(name)s", name=decision))),
        (step.job, Note(_("czynność: %(name)s", name=names.get(("job", step.job), "")).strip(), step.job)),
    )


def _event_note(step: OutlineStep, event: OutlineEvent) -> Note:
    if event.timer:
        return Note(_TIMERS[event.timer], event.text)
    if event.type == "conditional":
        return Note(_("gdy zacznie być prawdą:"), event.text)
    said = (_THROWS if step.element_type in _THROWING else _CATCHES).get(event.type, event.type)
    if not event.text and event.type in _TEXTLESS:
        return Note(_TEXTLESS[event.type])
    return Note(said % {"text": event.text})
