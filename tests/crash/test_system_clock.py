"""A worker whose machine's clock is set under way (libfaketime): two hours ahead, then behind.

On PostgreSQL the database's clock counts, so nothing happens early; an embedded database has no other clock
than its machine's, so what is due by it happens, once. Deadlines over the nights of summer time: the local
time people were told counts.
"""

from __future__ import annotations

import datetime as dt
import glob
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine import WARSAW, ProcessEngine, VirtualClock
from engine.clock import monotonic
from tests.acceptance.command_line import PROGRAM, ROOT, environment
from tests.builders import process

LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
AHEAD, BEHIND = "+2h", "-1h"
COMPLETED = "element_completed"
_PATIENCE = 60.0
_GLANCE = 0.05


@pytest.mark.torture
def test_a_worker_goes_on_when_its_clock_is_set(database_url: str, tmp_path: Path) -> None:
    waits = process("waits").start().catch_timer("PT1H", "one").catch_timer("PT3H", "two").end("done")
    quick = process("quick").start().catch_timer("PT1S").end()
    hears = process("hears").start().catch_message("m", "hear", key='="k"').end()
    with ProcessEngine(database_url) as engine, worker(database_url, tmp_path) as set_clock:
        engine.deploy(waits.files() + quick.files() + hears.files(), by="owner")
        key = engine.start("waits", actor="anna").key

        def done(element: str) -> int:
            told = Counter(each.element_id for each in engine.history(key) if each.type == COMPLETED)
            return told[element]

        def over(process_id: str) -> bool:
            return not engine.instances(process_id=process_id, state="active")

        for clock in ("+0", AHEAD, BEHIND, "+0"):
            set_clock(clock)
            engine.start("hears", actor="anna")
            engine.publish_message("m", correlation_key="k")
            _until(lambda: over("hears"))
            if clock != BEHIND:  # by a clock an hour behind, what is due now is due in an hour
                engine.start("quick", actor="anna")
                _until(lambda: over("quick"))
            if clock == AHEAD and database_url.startswith("sqlite"):
                _until(lambda: done("one") == 1)
        assert (done("one"), done("two")) == (int(database_url.startswith("sqlite")), 0)
        told = engine.history(key)
        assert [each.at for each in told] == sorted(each.at for each in told)
        assert engine.incidents(state="open") == []
        assert engine.verify().ok


@pytest.mark.parametrize(
    ("filed", "due"),
    [
        ("2026-10-24T22:00", "2026-10-25T22:00+01:00"),  # 25 hours: 02:30 comes twice
        ("2027-03-27T22:00", "2027-03-28T22:00+02:00"),  # 23 hours: 02:30 does not come
        ("2027-03-27T02:30", "2027-03-28T03:30+02:00"),
    ],
)
def test_a_day_ends_at_its_local_time_also_in_the_nights_the_clock_is_changed(
    database_url: str, clock: VirtualClock, filed: str, due: str
) -> None:
    with ProcessEngine(database_url, clock=clock) as engine:
        engine.deploy(process("p").start().catch_timer("P1D", "day").end("done").files(), by="owner")
        clock.set(dt.datetime.fromisoformat(filed).replace(tzinfo=WARSAW).astimezone(dt.UTC))
        key = engine.start("p", actor="anna").key
        last = dt.datetime.fromisoformat(due).astimezone(dt.UTC)
        for moment, state in ((last - dt.timedelta(seconds=1), "active"), (last, "completed")):
            clock.set(moment)
            engine.run_until_idle()
            assert engine.instance(key).state == state
        assert engine.verify().ok


@contextmanager
def worker(url: str, folder: Path) -> Iterator[Callable[[str], object]]:
    """Run ``obieg worker`` under a clock; return what sets it, ahead (``+2h``) or behind (``-1h``).

    Raises FileNotFoundError where libfaketime is not installed.
    """
    found = glob.glob(LIBRARY)
    if not found:
        raise FileNotFoundError(f"expected {LIBRARY}, but there is none; install faketime")
    file = folder / "clock"
    file.write_text("+0")
    faked = {
        "OBIEG_DATABASE": url,
        "OBIEG_SMTP_SENDER": "urzad@urzad.example",
        "LD_PRELOAD": found[0],
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with (folder / "worker.log").open("wb") as log:
        command = [*PROGRAM, "worker", "--threads", "1"]
        running = subprocess.Popen(command, cwd=ROOT, env=environment(faked), stdout=log, stderr=log)
    try:
        yield file.write_text
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=60) == 0, (folder / "worker.log").read_text()
    finally:
        running.kill()
        running.wait()


def _until(true: Callable[[], bool]) -> None:
    pause, give_up = threading.Event(), monotonic() + _PATIENCE
    while not true():
        assert monotonic() < give_up, "expected the worker to get on, but it does not; see worker.log"
        pause.wait(_GLANCE)
