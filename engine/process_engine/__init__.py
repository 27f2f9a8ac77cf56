"""The verbs of the public door, each one short transaction; ``ProcessEngine`` only names and forwards
them."""

from __future__ import annotations

from engine.process_engine.engine import ProcessEngine

__all__ = ["ProcessEngine"]
