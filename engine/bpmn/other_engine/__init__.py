"""The second engine: the same drawing on SpiffWorkflow's runtime, for comparison only (``engine.md`` §2)."""

from __future__ import annotations

from engine.bpmn.other_engine.asking import Run, Told, ask
from engine.bpmn.other_engine.drawing import drawn
from engine.bpmn.other_engine.limits import incomparable
from engine.bpmn.other_engine.running import Act, Answers, Observation, OtherEngine

__all__ = ["Act", "Answers", "Observation", "OtherEngine", "Run", "Told", "ask", "drawn", "incomparable"]
