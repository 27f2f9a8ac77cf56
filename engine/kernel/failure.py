"""The technical failure inside a model: raised anywhere in a step, turned into an incident at one place."""

from __future__ import annotations


class Failure(Exception):
    """Something the model or its data got wrong: it becomes an incident of ``kind`` at the element."""

    def __init__(self, kind: str, reason: str) -> None:
        self.kind = kind
        self.reason = reason
        super().__init__(reason)
