"""Random block-structured processes on random paths: every one ends properly, and every step can be proved.

After each step the instance is read again from the database, folded and re-executed (``verify``); at the
end one
token has reached the one end event, nothing is left waiting and nothing was an incident. Hypothesis
prints the
example that fails.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import ProcessEngine, VirtualClock
from tests.builders import Process, Steps, process, steps
from tests.conftest import START

EXAMPLES, LONG_EXAMPLES = 25, 2_000
LEASE = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Block:
    """A part of a process with one way in and one way out."""

    kind: str
    parts: tuple[Block, ...] = ()


LEAVES = st.sampled_from(
    [Block(kind) for kind in ("user", "job", "script", "timer", "guarded", "many", "manual")]
)


def _nested(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    branches = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        st.builds(Block, st.just("sequence"), parts)
        | st.builds(Block, st.sampled_from(["choice", "fork"]), branches)
        | st.builds(Block, st.just("sub_process"), st.tuples(inner))
    )


BLOCKS = st.recursive(LEAVES, _nested, max_leaves=8)


class Drawer:
    """Draws blocks one after another, each with ids of its own."""

    def __init__(self) -> None:
        self._number = 0
        self._leaves: dict[str, Callable[[Steps, str], Steps]] = {
            "user": lambda at, name: at.user_task(name),
            "job": lambda at, name: at.service_task(name, "work"),
            "script": lambda at, name: at.script_task(name, "count + 1", "count"),
            "timer": lambda at, name: at.catch_timer("PT1H", name),
            "manual": lambda at, name: at.manual_task(name),
            "many": lambda at, name: at.user_task(name).multi_instance(times="2"),
            "guarded": self._guarded,
        }

    def _id(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}_{self._number}"

    def draw(self, at: Steps, block: Block) -> None:
        """Draw a block behind the cursor and leave the cursor at its end."""
        if block.kind in self._leaves:
            self._leaves[block.kind](at, self._id(block.kind))
        elif block.kind == "sequence":
            for part in block.parts:
                self.draw(at, part)
        elif block.kind == "sub_process":
            inside = steps().start(self._id("start"))
            self.draw(inside, block.parts[0])
            at.sub_process(self._id("sub"), inside.end(self._id("end")))
        else:
            self._branches(at, block)

    def _guarded(self, at: Steps, name: str) -> Steps:
        merge = self._id("merge")
        at.user_task(name).boundary_timer("PT2H", self._id("late")).exclusive(merge)
        return at.at(name).connect_to(merge).at(merge)

    def _branches(self, at: Steps, block: Block) -> None:
        fork, join = self._id("split"), self._id("join")
        gateway = Steps.parallel if block.kind == "fork" else Steps.exclusive
        gateway(at, fork)
        for number, part in enumerate(block.parts):
            at.at(fork)
            if block.kind == "choice":
                at.default() if number == 0 else at.flow_if(f"choice = {number}")
            self.draw(at, part)
            if number == 0:
                gateway(at, join)
            else:
                at.connect_to(join)
        at.at(join)


def drawn(block: Block) -> Process:
    """Return the process of a block."""
    drawing = process("random").start()
    Drawer().draw(drawing, block)
    return drawing.end("the_end")


def one_step(engine: ProcessEngine, clock: VirtualClock, key: int, choice: int) -> bool:
    """Do one of the things that can be done; return whether there was any."""
    tasks = engine.user_tasks(instance_key=key)
    if tasks and choice % 3 != 2:
        engine.complete(tasks[choice % len(tasks)].key, variables={"choice": choice % 4}, actor="jan")
    elif jobs := engine.activate_jobs("work", worker="w", limit=1, lease=LEASE):
        engine.complete_job(jobs[0].key, variables={"choice": choice % 4})
    elif timers := engine.timers(key):
        clock.set(max(clock.now(), timers[0].due_at))
    elif tasks:
        engine.complete(tasks[0].key, actor="jan")
    else:
        return False
    engine.run_until_idle()
    return True


def check(block: Block, choices: list[int]) -> None:
    """Run a process on a path and prove every step."""
    clock = VirtualClock(START)
    with ProcessEngine("sqlite:///:memory:", clock=clock) as engine:
        engine.deploy(drawn(block).files(), by="owner")
        key = engine.start("random", variables={"count": 0, "choice": 0}, actor="anna").key
        turn = 0
        while one_step(engine, clock, key, choices[turn % len(choices)]):
            turn += 1
            report = engine.verify(key)
            assert report.ok, report
        assert str(engine.instance(key).state) == "completed"
        assert [e.element_id for e in engine.elements(key) if e.element_id == "the_end"] == ["the_end"]
        assert engine.incidents(instance_key=key) == []
        assert engine.user_tasks(instance_key=key) == []
        assert engine.timers(key) == []


@pytest.mark.torture
def test_random_processes_end_properly_and_are_proved_step_by_step(long_counts: bool) -> None:
    @settings(
        max_examples=LONG_EXAMPLES if long_counts else EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(BLOCKS, st.lists(st.integers(0, 11), min_size=1, max_size=12))
    def examples(block: Block, choices: list[int]) -> None:
        check(block, choices)

    examples()
