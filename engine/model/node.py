"""The engine processes that share a database, and what operators watch."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from engine.model.records import Record

SILENT_AFTER = 20_000_000  # microseconds without a beat: four of them


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
    revision: str = ""  # of the tables its program works with


class SchemaState(Record, frozen=True, kw_only=True):
    """Where the tables are between two revisions, and where this program is.

    ``found`` is the last step done, empty without tables; ``final`` says that programs older than its
    revision are shut out; ``trouble`` is why this program cannot work with the tables, empty where it can.
    """

    found: str
    program: str
    final: bool
    trouble: str


class Figures(Record, frozen=True, kw_only=True):
    """What operators watch. Counts stop at 100 000; ``lateness`` is how long the oldest due work has waited.

    ``statements``, ``commits`` and ``steps``, with their seconds, are this process' own since it started.
    """

    open_instances: int
    jobs: dict[str, int]
    stranded_jobs: int
    open_incidents: int
    buffered_messages: int
    nodes_seen: int
    lateness: float
    statements: int
    commits: int
    commit_seconds: float
    steps: int
    step_seconds: float
