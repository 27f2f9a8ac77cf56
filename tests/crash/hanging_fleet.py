"""A Celery fleet of one process whose handler hangs for ever on the first attempt of each job.

python -m tests.crash.hanging_fleet URL BROKER
"""

from __future__ import annotations

import datetime as dt
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from commands.running import ticking
from engine import Completed, HandlerRegistry, JobContext, ProcessEngine, Worker, celery_transport, run_celery

LEASE = dt.timedelta(seconds=1)
DEADLINE = dt.timedelta(seconds=1)
LIMIT = 1.5


def hang_once(context: JobContext) -> Completed:
    """Hang on the first attempt."""
    if context.job.attempt == 1:
        threading.Event().wait()
    return Completed({"attempt": context.job.attempt})


def main(url: str, broker: str) -> int:
    """Run the fleet until SIGTERM."""
    registry = HandlerRegistry()
    registry.handler("hang.once", deadline=DEADLINE)(hang_once)

    @contextmanager
    def opened() -> Iterator[Callable[[int], object]]:
        with ProcessEngine(url, handlers=registry, transport=celery_transport(broker)) as engine:
            worker = Worker(engine, threads=1, lease=LEASE)
            with ticking(engine, worker, kind="celery"):
                yield worker.run_hinted

    return run_celery(broker, opened, processes=1, time_limit=LIMIT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
