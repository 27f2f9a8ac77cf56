"""Business time that jumps: a daemon that was down, two daemons that catch up at once, a clock stepping back.

Every timer fires once, none early, and what should have happened many times is made up for once.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import ProcessEngine, VirtualClock
from engine.clock import monotonic
from engine.process_engine import idle, internal
from engine.scheduler import promote
from tests.builders import process
from tests.conftest import START

BATCH = 20
MINUTE = dt.timedelta(minutes=1)
FEW, MANY = 200, 10_000


@pytest.fixture
def daemons(database_url: str, clock: VirtualClock) -> Iterator[list[ProcessEngine]]:
    """Two nodes on one database."""
    nodes = [ProcessEngine(database_url, clock=clock) for _ in range(2)]
    yield nodes
    report = nodes[0].verify()
    for node in nodes:
        node.close()
    assert report.ok, report


def catch_up(node: ProcessEngine) -> None:
    """Do what a node's ticker and worker do until nothing is due: fire in groups, singly what that leaves."""
    while (rows := idle.claim_internal(node.parts, BATCH)) or promote(node.parts):
        for row in internal.run_together(node.parts, rows):
            internal.run(node.parts, row)


def fired(engine: ProcessEngine, process_id: str, total: int) -> Counter[int]:
    """Return how often each case ended, having asserted that none did before its time."""
    times: Counter[int] = Counter()
    for instance in engine.instances(process_id=process_id, limit=total):
        for told in engine.history(instance.key):
            if told.type == "timer_ended" and told.payload["fired"]:
                due = instance.started_at + engine.variables(instance.key)["minutes"] * MINUTE
                assert told.at >= due, f"fired at {told.at}, due at {due}"
                times[instance.key] += 1
    return times


@pytest.mark.torture
def test_two_daemons_down_over_christmas_fire_every_timer_once(
    daemons: list[ProcessEngine],
    clock: VirtualClock,
    long_counts: bool,
    record_property: Callable[[str, object], None],
) -> None:
    total = MANY if long_counts else FEW
    drawing = process("p").start().catch_timer("=duration(wait)", "wait").end("done")
    daemons[0].deploy(drawing.files(), by="owner")
    clock.set(dt.datetime(2026, 12, 24, 14, 0, tzinfo=dt.UTC))
    for number in range(total):
        minutes = 1 + number % 120
        daemons[0].start("p", variables={"wait": f"PT{minutes}M", "minutes": minutes}, actor="anna")
    clock.advance(60 * MINUTE)
    catch_up(daemons[0])
    early = sum(1 + number % 120 <= 60 for number in range(total))
    assert len(daemons[0].instances(process_id="p", state="completed", limit=total)) == early
    clock.set(dt.datetime(2026, 12, 28, 7, 0, tzinfo=dt.UTC))
    begun, cpu = monotonic(), time.process_time()
    with ThreadPoolExecutor() as pool:
        list(pool.map(catch_up, daemons))
    record_property(f"seconds to fire {total - early}", round(monotonic() - begun, 1))
    record_property("of processor time, without the server's", round(time.process_time() - cpu, 1))
    times = fired(daemons[0], "p", total)
    assert (len(times), set(times.values())) == (total, {1})
    assert daemons[0].next_due() is None


def test_a_cycle_missed_many_times_is_made_up_for_once(
    daemons: list[ProcessEngine], clock: VirtualClock
) -> None:
    drawing = (
        process("p").start().user_task("t").boundary_timer("R/PT1H", "each", interrupting=False).end("told")
    )
    daemons[0].deploy(drawing.at("t").end("done").files(), by="owner")
    key = daemons[0].start("p", actor="anna").key
    clock.advance(dt.timedelta(days=30))
    with ThreadPoolExecutor() as pool:
        list(pool.map(catch_up, daemons))
    told = Counter(each.element_id for each in daemons[0].elements(key))
    assert told["each"] == 1
    (timer,) = daemons[0].timers(key)
    assert START + dt.timedelta(days=30) < timer.due_at <= START + dt.timedelta(days=30, hours=1)


def test_a_clock_that_steps_back_fires_nothing_early_or_twice(
    daemons: list[ProcessEngine], clock: VirtualClock
) -> None:
    drawing = process("p").start().catch_timer("PT1H", "one").catch_timer("PT1H", "two").end("done")
    daemons[0].deploy(drawing.files(), by="owner")
    key = daemons[0].start("p", actor="anna").key
    clock.advance(-30 * MINUTE)
    clock.advance(60 * MINUTE)
    catch_up(daemons[0])
    assert len(daemons[0].timers(key)) == 1  # half an hour is left
    clock.advance(30 * MINUTE)
    catch_up(daemons[0])
    clock.advance(-120 * MINUTE)
    catch_up(daemons[1])
    completed = Counter(each.element_id for each in daemons[0].elements(key) if each.state == "completed")
    assert (completed["one"], completed["two"]) == (1, 0)
    clock.advance(180 * MINUTE)
    catch_up(daemons[1])
    assert str(daemons[0].instance(key).state) == "completed"
    instants = [told.at for told in daemons[0].history(key)]
    assert instants == sorted(instants)


def test_a_timer_made_ready_by_a_node_ahead_waits_on_a_node_behind(database_url: str) -> None:
    """The clocks of two nodes are never quite the same; what one calls due the other must not drop."""
    behind, ahead = VirtualClock(START), VirtualClock(START + MINUTE)
    waits = process("waits").start().catch_timer("PT1M", "wait").end("done")
    comes = process("comes").start_timer("R1/2026-12-17T10:01:00+01:00/PT1H").end("done")
    with (
        ProcessEngine(database_url, clock=behind) as late,
        ProcessEngine(database_url, clock=ahead) as early,
    ):
        late.deploy(waits.files() + comes.files(), by="owner")
        key = late.start("waits", actor="anna").key
        assert promote(early.parts) == 2
        assert idle.run_internal(late.parts, limit=BATCH)
        assert (late.instance(key).state, late.instances(process_id="comes")) == ("active", [])
        behind.advance(MINUTE)
        catch_up(late)
        assert late.instance(key).state == "completed"
        assert [each.state for each in late.instances(process_id="comes")] == ["completed"]
        assert late.verify().ok
