"""How far a case has come: per element, over which flows; beside the steps, and as marks on the diagram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine import CourseStep, HistoryEvent
from web.outline import Progress

_STATES = {"now": "active", "incident": "incident", "done": "completed", "cut": "terminated"}


class Progresses:
    """What has become of each element, from a history in order."""

    def __init__(self, history: Iterable[HistoryEvent]) -> None:
        self.elements: dict[str, Progress] = {}
        self.flows: dict[str, None] = {}
        self.entered: dict[int, str] = {}  # element id of each element instance
        self._open: dict[int, HistoryEvent] = {}
        self._stopped: dict[int, int] = {}  # incident key: element instance
        for event in history:
            self._take(event)
        self._mark_open()

    def _take(self, event: HistoryEvent) -> None:
        take = {
            "element_activated": self._activated,
            "element_completed": lambda event: self._ended(event, "done"),
            "element_terminated": lambda event: self._ended(event, "cut"),
            "token_arrived": self._arrived,
            "incident_raised": self._raised,
            "incident_resolved": lambda event: self._stopped.pop(event.payload["key"], None),
            "instance_migrated": self._migrated,
        }.get(event.type)
        if take is not None:
            take(event)

    def _activated(self, event: HistoryEvent) -> None:
        self._open[event.element_key] = event
        self.entered[event.element_key] = event.element_id
        self._arrived(event)

    def _arrived(self, event: HistoryEvent) -> None:
        if event.payload["flow"]:
            self.flows[event.payload["flow"]] = None

    def _ended(self, event: HistoryEvent, state: str) -> None:
        self._open.pop(event.element_key, None)
        before = self.elements.get(event.element_id)
        times = before.times if before is not None else 0
        done = state == "done"
        if before is not None and before.state == "done" and not done:
            return  # what was done once stays done, though another entry was cut short
        self.elements[event.element_id] = Progress(state, times + done, event.at, event.actor)

    def _raised(self, event: HistoryEvent) -> None:
        self._stopped[event.payload["key"]] = event.element_key

    def _migrated(self, event: HistoryEvent) -> None:
        """Go on under the names of the other version."""
        mapping: Mapping[str, str] = event.payload["mapping"]
        self.elements = {mapping.get(name, name): each for name, each in self.elements.items()}
        self.flows = {mapping.get(name, name): None for name in self.flows}
        self.entered = {key: mapping.get(name, name) for key, name in self.entered.items()}

    def _mark_open(self) -> None:
        stopped = set(self._stopped.values())
        for key, event in self._open.items():
            name, times = self.entered[key], 0
            known = self.elements.get(name)
            if known is not None:
                times = known.times
            state = "incident" if key in stopped else "now"
            if known is None or known.state != "incident":
                self.elements[name] = Progress(state, times, event.at, event.actor)

    def marks(self) -> dict[str, Any]:
        """Return the marks of the island ``diagram``: a state per element, the flows gone over."""
        return {
            "elements": {
                name: {"state": _STATES[each.state], "count": each.times}
                for name, each in self.elements.items()
            },
            "flows": list(self.flows),
        }


def marks_of(step: CourseStep, completed: Iterable[str], flows: Iterable[str]) -> dict[str, Any]:
    """Return the marks of a diagram after one step of a course: tokens now, and the path until then."""
    elements: dict[str, dict[str, Any]] = {name: {"state": "completed"} for name in completed}
    elements |= {name: {"state": "active", "count": count} for name, count in step.active.items()}
    elements |= {name: {"state": "incident"} for name in step.incidents}
    return {"elements": elements, "flows": list(flows)}
