"""What a process does until it is killed: work, what people want done, or taking over from the dead."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from engine import HandlerRegistry, ProcessEngine, Scheduler, Worker
from engine.model.definition import ProcessDefinition
from engine.scheduler import clean, promote, recover
from engine.store import jobs
from handlers import register_all, settings_from
from tests.crash.verbs import Verb, do_all

LEASE = dt.timedelta(
    seconds=30
)  # longer than anybody lives: who is dead is known, his leases are ended for him
THREADS = 2
_GLANCE = 0.02  # seconds between looks whether there is anything left to do

Compiled = dict[tuple[str, str], ProcessDefinition]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a life is lived: the database, the outside systems, and what was compiled before it began."""

    url: str
    folder: Path
    environment: Mapping[str, str]
    compiled: Compiled


def work(place: Place, verbs: list[Verb]) -> None:
    """Run a worker and its scheduler, as ``obieg worker`` does, until nothing is ready, running or due."""
    registry = HandlerRegistry()
    register_all(registry, settings_from(place.environment))
    with _engine(place, registry) as engine:
        worker = Worker(engine, threads=THREADS, lease=LEASE)
        scheduler = Scheduler(engine, worker)
        promote(engine.parts)
        recover(engine.parts)
        running = threading.Thread(target=worker.run)
        scheduler.start()
        running.start()
        pause = threading.Event()
        while worker.running or _anything_to_do(engine):
            pause.wait(_GLANCE)
        worker.stop()
        running.join()
        scheduler.stop()


def people(place: Place, verbs: list[Verb]) -> None:
    """Do verbs as pages do them for people."""
    with _engine(place, HandlerRegistry()) as engine:
        do_all(engine, verbs, place.folder)


def take_over(place: Place, verbs: list[Verb]) -> None:
    """Do what every node does about dead ones and about time: nothing of it may need to be done in one go."""
    with _engine(place, HandlerRegistry()) as engine:
        while recover(engine.parts) or promote(engine.parts):
            continue
        clean(engine.parts)
        engine.anchor()


LIVES: Mapping[str, Callable[[Place, list[Verb]], None]] = {
    "work": work,
    "people": people,
    "take over": take_over,
}


@contextmanager
def _engine(place: Place, registry: HandlerRegistry) -> Iterator[ProcessEngine]:
    with ProcessEngine(place.url, handlers=registry) as engine:
        # Found by the hash of the bytes that are read all the same: it saves the reading of diagrams.
        engine.parts.catalogue._compiled.update(place.compiled)
        yield engine


def _anything_to_do(engine: ProcessEngine) -> bool:
    promote(engine.parts)
    recover(engine.parts)
    with engine.parts.store.reading() as tx:
        return bool(jobs.query(tx, stages=("ready", "locked"), limit=1))
