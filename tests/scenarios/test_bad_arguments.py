"""Whatever is said to the public door, the answer is an ``EngineError`` with one sentence, and nothing
changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from engine import EngineError, ProcessEngine
from tests.builders import process
from tests.scenarios.run import Run

NAIVE = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - a wrong argument on purpose
WRONG: dict[str, Callable[[Any, int, int], Any]] = {
    "a key too large": lambda e, key, task: e.instance(2**70),
    "a key that is a text": lambda e, key, task: e.history("abc"),
    "no key": lambda e, key, task: e.verify(instance_key="x"),
    "an actor that is nobody": lambda e, key, task: e.complete(task, actor=None),
    "an actor of broken text": lambda e, key, task: e.claim(task, actor="\udc80"),
    "a reason that is a number": lambda e, key, task: e.suspend(key, actor="op", reason=5),
    "a process id of broken text": lambda e, key, task: e.start("\udc80", actor="anna"),
    "a business key that is a number": lambda e, key, task: e.start("p", business_key=5, actor="anna"),
    "variables that are a list": lambda e, key, task: e.start("p", variables=[1], actor="anna"),
    "a number of 10 000 digits": lambda e, key, task: e.start("p", variables={"n": 10**10_000}, actor="anna"),
    "a version too large": lambda e, key, task: e.start("p", version=2**70, actor="anna"),
    "a NUL in a message": lambda e, key, task: e.publish_message("a\x00b"),
    "a message kept for ever": lambda e, key, task: e.publish_message("m", ttl=dt.timedelta.max),
    "a negative lease": lambda e, key, task: e.activate_jobs(
        "j", worker="w", limit=1, lease=-dt.timedelta(seconds=1)
    ),
    "an instant without a zone": lambda e, key, task: e.reschedule_timer(
        1, due_at=NAIVE, actor="op", reason="x"
    ),
    "a priority that is a text": lambda e, key, task: e.update_task(
        task, actor="op", reason="x", priority="x"
    ),
    "groups that are a text": lambda e, key, task: e.update_task(task, actor="op", reason="x", groups="abc"),
    "an element that is a number": lambda e, key, task: e.modify(key, activate=[5], actor="op", reason="x"),
    "ended elements that are a number": lambda e, key, task: e.modify(
        key, terminate=5, actor="op", reason="x"
    ),
    "local variables that are a number": lambda e, key, task: e.modify(
        key, local_variables={"ask": 5}, actor="op", reason="x"
    ),
    "a state that is a number": lambda e, key, task: e.instances(state=5),
    "a page of cases too far": lambda e, key, task: e.find_cases(offset=2_501),
    "a variable named with a line break": lambda e, key, task: e.set_variables(
        key, {"a\nb": 1}, actor="op", reason="x"
    ),
    "an assignee that is a number": lambda e, key, task: e.assign(task, 5, actor="op"),
    "an error code that is a number": lambda e, key, task: e.throw_error(task, code=404),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_argument_is_one_sentence_and_changes_nothing(run: Run, wrong: str) -> None:
    case = run(process("p").start().user_task("ask").end())
    engine: ProcessEngine = run.engine
    before = len(engine.history(case.key))
    with pytest.raises(EngineError) as refusal:
        WRONG[wrong](engine, case.key, case.task("ask").key)
    assert "\n" not in str(refusal.value)
    assert (len(engine.history(case.key)), case.tasks, len(engine.instances())) == (before, ["ask"], 1)
