"""The engine processes that share a database."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from engine.model.records import Record


class NodeState(StrEnum):
    """Whether a node works; a silent one has not been seen for several beats."""

    ALIVE = "alive"
    DRAINING = "draining"
    SILENT = "silent"


class Node(Record, frozen=True, kw_only=True):
    """One running engine process, as the database knows it."""

    id: str
    started_at: dt.datetime
    seen_at: dt.datetime
    version: str
    kind: str = ""
    host: str = ""
    threads: int = 0
    running: int = 0
    state: NodeState = NodeState.ALIVE
    job_types: tuple[str, ...] = ()
