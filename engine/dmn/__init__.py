"""Decisions (DMN 1.2 to 1.5): read, check and evaluate; FEEL does the reckoning."""

from __future__ import annotations

from engine.dmn.analysis import analyse
from engine.dmn.model import DecisionModel, DecisionResult, TableMatch, read_model

__all__ = ["DecisionModel", "DecisionResult", "TableMatch", "analyse", "read_model"]
