"""How much of a diagram the scenarios have been through: elements entered, sequence flows taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from xml.etree import ElementTree

import msgspec

from engine import HistoryEvent

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_ENDINGS = ("Event", "Gateway", "ask", "ubProcess", "callActivity", "transaction")
_FLOWS = ("flow", "flows")


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What one process has, and what of it was reached."""

    process: str
    elements: frozenset[str]
    flows: frozenset[str]
    reached: frozenset[str]

    @property
    def missing(self) -> list[str]:
        """Return what no scenario reached, elements before flows."""
        return [*sorted(self.elements - self.reached), *sorted(self.flows - self.reached)]

    def share(self, names: frozenset[str]) -> str:
        """Return how many of these names were reached, as ``45/60 (75 %)``."""
        hit = len(names & self.reached)
        return f"{hit}/{len(names)} ({100 * hit // max(len(names), 1)} %)"


class Tracks:
    """Collects what the scenarios of a run have reached."""

    def __init__(self) -> None:
        self._reached: dict[str, dict[str, Counter[str]]] = {}  # by process, then by binding
        self._models: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self._learnt: set[bytes] = (
            set()
        )  # the contents of diagrams: every file of a procedure brings the same

    def learn(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Take in the processes of diagrams that the engine has already let in."""
        for name, content in files:
            if name.endswith(".bpmn") and content not in self._learnt:
                self._learnt.add(content)
                for process in ElementTree.fromstring(content).iter(f"{MODEL}process"):  # noqa: S314  deployed: no DOCTYPE
                    self._models[process.get("id", "")] = _contents(process)

    def follow(self, process: str, events: Iterable[HistoryEvent], binding: str = "") -> None:
        """Count what the history of one instance went through, in one binding."""
        reached = self._reached.setdefault(process, {}).setdefault(binding, Counter())
        for event in events:
            if event.element_id:
                reached[event.element_id] += 1
            for field in _FLOWS:
                value = event.payload.get(field)
                reached.update([value] if isinstance(value, str) else value or [])

    def bindings(self) -> list[str]:
        """Return the bindings scenarios were played in, by name."""
        return sorted({binding for each in self._reached.values() for binding in each if binding})

    def result(self, binding: str | None = None) -> list[Coverage]:
        """Return the coverage of every process a scenario has started, in one binding or in all together."""
        return [
            Coverage(
                process=process, elements=self._models[process][0], flows=self._models[process][1],
                reached=frozenset(
                    name for each, reached in by.items() if binding in (None, each) for name in reached
                ),
            )
            for process, by in sorted(self._reached.items())
            if process in self._models
        ]  # fmt: skip


def _contents(process: ElementTree.Element) -> tuple[frozenset[str], frozenset[str]]:
    elements, flows = set(), set()
    for each in process.iter():
        tag, name = each.tag.removeprefix(MODEL), each.get("id")
        if name and each.tag.startswith(MODEL):
            if tag == "sequenceFlow":
                flows.add(name)
            elif tag.endswith(_ENDINGS):
                elements.add(name)
    return frozenset(elements), frozenset(flows)
