"""Cases of three user tasks in sequence, start to end, by one and by two programs: 10 calls.

``python -m bench cases``. Each case has 5 variables, each task adds 3; per task: query, claim, complete.
"""

from __future__ import annotations

from bench.measuring import Workload, measure
from engine import ProcessEngine
from tests.builders import process

GROUP = "EK-04"
DRAWING = process("case").start().user_task("a", group=GROUP).user_task("b", group=GROUP)
DRAWING.user_task("c", group=GROUP).end()
VARIABLES = {
    "numer": "ZSZO/2026/17",
    "kwota": 1200,
    "pilne": True,
    "szkola": "SP 900",
    "email": "s@sp900.example",
}
ENTERED = {"ok": True, "uwagi": "brak", "dnia": "2026-11-22"}


def cases(engine: ProcessEngine, share: range) -> None:
    """Carry cases through, ten calls each."""
    for _ in share:
        case = engine.start("case", variables=VARIABLES, actor="anna")
        for element in ("a", "b", "c"):
            (task,) = engine.user_tasks(instance_key=case.key, element_id=element)
            engine.claim(task.key, actor="jan")
            engine.complete(task.key, variables=ENTERED, actor="jan")


WORKLOADS = (Workload(name="case of 3 user tasks", units=300, work=cases, files=DRAWING.files()),)


def main(*, quick: bool = False) -> None:
    """Measure and print."""
    measure(WORKLOADS, quick=quick)


if __name__ == "__main__":
    main()
