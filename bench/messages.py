"""Messages to waiting instances, publication and delivery; ``python -m bench messages``."""

from __future__ import annotations

from bench.jobs import drain
from bench.measuring import Workload, measure
from engine import ProcessEngine
from tests.builders import process

DRAWING = process("waits").start().catch_message("answer", "hear", key="=number").end()


def waiting(engine: ProcessEngine, units: int) -> None:
    """Start instances, each waiting for a message of its own."""
    for number in range(units):
        engine.start("waits", variables={"number": str(number)}, actor="anna")


def publish(engine: ProcessEngine, share: range) -> None:
    """Publish the messages of this program's share and deliver what there is."""
    for number in share:
        engine.publish_message("answer", correlation_key=str(number), variables={"ok": True})
    drain(engine, share)


WORKLOADS = (
    Workload(name="message to a case", units=400, files=DRAWING.files(), prepare=waiting, work=publish),
)


def main(*, quick: bool = False) -> None:
    """Measure and print."""
    measure(WORKLOADS, quick=quick)


if __name__ == "__main__":
    main()
