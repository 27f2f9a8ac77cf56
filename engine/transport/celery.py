"""Hints through Celery: a fleet of processes on Redis or RabbitMQ runs the jobs, one at a time each.

A message is a job's key and nothing else. It is acknowledged when it arrives: a process that dies loses its
hint, not its job. What nobody claims is hinted again by the scheduler (``engine.scheduler.hint_again``).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown
from kombu.exceptions import OperationalError

from engine.errors import EngineError
from engine.logs import event_log
from engine.transport import LocalTransport

log = event_log("celery")
QUEUE = "obieg"
TASK = "obieg.run"
_MOST_WAITING = 10_000  # hints not sent yet; more are dropped
_PATIENCE = 4.0  # seconds for one attempt to reach the broker
Run = Callable[[int], object]


def application(broker: str) -> Celery:
    """Return the Celery application of a broker's address (``redis://…``, ``redis+socket://…``, ``amqp://…``).

    Raises ``EngineError`` for any other.
    """
    kind = broker.partition(":")[0]
    if kind not in ("redis", "rediss", "redis+socket", "amqp", "amqps"):
        raise EngineError(
            f"expected a broker's address like redis://host:6379/0 or amqp://user@host//, but got {kind}:…"
        )
    made = Celery("obieg", broker=broker, set_as_current=False)
    made.conf.update(
        accept_content=["json"],  # never pickle: who can write to the broker must not run code here
        task_serializer="json",
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_publish_retry=False,
        broker_connection_timeout=_PATIENCE,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_prefetch_multiplier=1,
        worker_proc_alive_timeout=60.0,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
    )
    if kind.startswith("redis"):
        made.conf.broker_transport_options = {
            "socket_timeout": _PATIENCE,
            "socket_connect_timeout": _PATIENCE,
        }
    return made


class CeleryTransport:
    """Sends hints from a thread of its own: no verb waits for the broker, and what cannot be sent is lost."""

    lossy = True

    def __init__(self, broker: str) -> None:
        self._app = application(broker)
        self._here = LocalTransport()
        self._waiting: queue.Queue[int] = queue.Queue(_MOST_WAITING)
        self._starting = threading.Lock()
        self._sender: threading.Thread | None = None

    def hint(self, job_key: int) -> None:
        """Send a hint soon, and wake the waiting threads of this process."""
        self._here.wake()
        try:
            self._waiting.put_nowait(job_key)
        except queue.Full:
            return
        with self._starting:
            if self._sender is None:
                self._sender = threading.Thread(target=self._send_all, name="obieg-hints", daemon=True)
                self._sender.start()

    def wake(self) -> None:
        """Let the threads of this process look again."""
        self._here.wake()

    def wait(self, seconds: float) -> None:
        """Wait for a hint from this process, at most so long."""
        self._here.wait(seconds)

    def _send_all(self) -> None:
        reachable = True
        while True:
            job_key = self._waiting.get()
            try:
                self._app.send_task(TASK, args=[job_key], retry=False)
            except (OperationalError, OSError) as error:
                if reachable:  # said once, not for every hint
                    log.warning("broker_unreachable", error=type(error).__name__)
                reachable = False
            else:
                reachable = True


def run_fleet(
    broker: str,
    opened: Callable[[], AbstractContextManager[Run]],
    *,
    processes: int,
    time_limit: float,
) -> int:
    """Be a Celery worker until SIGTERM and return its exit code; what runs is finished first.

    Each of its ``processes`` enters ``opened`` once and calls what that gives with each key that is hinted.
    A process whose job takes longer than ``time_limit`` seconds is killed and replaced; so is one that
    cannot open.
    """
    app = application(broker)
    app.conf.task_time_limit = time_limit
    running: list[Run] = []
    closing = ExitStack()

    def open_here(**_: Any) -> None:
        try:
            running.append(closing.enter_context(opened()))
        except EngineError as error:
            log.error("process_not_opened", error=type(error).__name__)
            threading.Event().wait(1)  # Celery replaces it at once, and again
            raise SystemExit(1) from None

    def close_here(**_: Any) -> None:
        closing.close()

    @app.task(name=TASK)  # type: ignore[untyped-decorator]  # Celery ships no types
    def run(job_key: int) -> None:
        running[0](job_key)

    worker_process_init.connect(open_here, weak=False)
    worker_process_shutdown.connect(close_here, weak=False)
    worker = app.Worker(
        pool="prefork",
        concurrency=processes,
        loglevel="ERROR",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)
