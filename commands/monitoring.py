"""What a monitoring system asks a node on a port of its own: `/metrics`, `/health/live`, `/health/ready`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import click
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from engine import EngineError, Figures, ProcessEngine, Worker


def _address(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, int] | None:
    if value is None:
        return None
    host, _colon, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise click.BadParameter(f"expected an address like 127.0.0.1:9464, but got {value!r}")
    return host, int(port)


monitor_option = click.option(
    "--monitor",
    metavar="HOST:PORT",
    envvar="OBIEG_MONITOR",
    show_envvar=True,
    callback=_address,
    help="Answer /metrics, /health/live and /health/ready there; not for the public.",
)


class Figured:
    """Prometheus' view of the figures: no label, name or value says anything about a person or a case."""

    def __init__(self, engine: ProcessEngine, worker: Worker) -> None:
        self._engine = engine
        self._worker = worker

    def collect(self) -> Iterator[Metric]:
        """Give every metric; Prometheus calls this at each scrape."""
        found, running = self._engine.figures(), self._worker.running
        yield from _of_database(found)
        yield from _of_process(found)
        yield GaugeMetricFamily("obieg_jobs_running", "Jobs this process works on.", value=running)


def _of_database(found: Figures) -> Iterator[Metric]:
    gauges = (
        (
            "obieg_open_instances",
            "Open cases (at most 100 000 counted).",
            found.open_instances,
        ),
        ("obieg_open_incidents", "Incidents that wait for a person.", found.open_incidents),
        ("obieg_stranded_jobs", "Failed jobs that belong to no case.", found.stranded_jobs),
        ("obieg_buffered_messages", "Messages nobody has taken yet.", found.buffered_messages),
        ("obieg_nodes", "Nodes seen lately.", found.nodes_seen),
        ("obieg_due_lateness_seconds", "How long the oldest due work has waited.", found.lateness),
    )
    for name, help_, value in gauges:
        yield GaugeMetricFamily(name, help_, value=value)
    jobs = GaugeMetricFamily("obieg_jobs", "Jobs by state (at most 100 000 counted).", labels=["state"])
    for state, count in found.jobs.items():
        jobs.add_metric([state], count)
    yield jobs


def _of_process(found: Figures) -> Iterator[Metric]:
    yield CounterMetricFamily("obieg_statements", "SQL statements of this process.", value=found.statements)
    yield SummaryMetricFamily(
        "obieg_commit_seconds", "Commits of this process.", found.commits, found.commit_seconds
    )
    yield SummaryMetricFamily("obieg_step_seconds", "Kernel steps.", found.steps, found.step_seconds)


@contextmanager
def monitored(
    address: tuple[str, int] | None, engine: ProcessEngine, worker: Worker, alive: Callable[[], bool]
) -> Iterator[int]:
    """Answer on an address as long as the block lasts and give the port; without one do nothing."""
    if address is None:
        yield 0
        return
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figured(engine, worker))
    answers: dict[str, Callable[[], tuple[int, bytes]]] = {
        "/metrics": lambda: (200, generate_latest(registry)),
        "/health/live": lambda: _said(alive(), "the worker has ended"),
        "/health/ready": lambda: _ready(engine, worker),
    }
    server = ThreadingHTTPServer(address, _handler(answers))
    threading.Thread(target=server.serve_forever, name="obieg-monitor", daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def _ready(engine: ProcessEngine, worker: Worker) -> tuple[int, bytes]:
    if worker.draining:
        return _said(False, "draining")
    engine.now()
    return _said(True, "")


def _said(well: bool, otherwise: str) -> tuple[int, bytes]:
    return (200, b"ok\n") if well else (503, f"{otherwise}\n".encode())


def _handler(answers: dict[str, Callable[[], tuple[int, bytes]]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers the three paths and logs nothing."""

        server_version = "obieg"
        sys_version = ""

        def do_GET(self) -> None:
            """Answer one of the paths."""
            answer = answers.get(self.path)
            try:
                status, body = answer() if answer is not None else (404, b"not found\n")
            except EngineError:
                status, body = 503, b"the database does not answer\n"
            self.send_response(status)
            self.send_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing: a scrape is no event."""

    return Handler
