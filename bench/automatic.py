"""Instances that need nobody: 2 and 10 script tasks in sequence, 2 in parallel.

``python -m bench automatic``.
"""

from __future__ import annotations

from functools import partial

from bench.kernel import sequence, wide
from bench.measuring import Workload, measure
from engine import ProcessEngine
from tests.builders import Process

DRAWINGS = {"2 script tasks": sequence(2), "10 script tasks": sequence(10), "2 in parallel": wide(2)}


def instances(process_id: str, engine: ProcessEngine, share: range) -> None:
    """Start instances, each of which runs to its end at once."""
    for _ in share:
        engine.start(process_id, variables={"n": 0}, actor="anna")


def workload(name: str, drawing: Process) -> Workload:
    """Return the workload of one drawing."""
    return Workload(name=name, units=600, work=partial(instances, drawing.id), files=drawing.files())


WORKLOADS = tuple(workload(name, drawing) for name, drawing in DRAWINGS.items())


def main(*, quick: bool = False) -> None:
    """Measure and print."""
    measure(WORKLOADS, quick=quick)


if __name__ == "__main__":
    main()
