"""Register entries that hold only if nobody has written since (``RegisterEntry.after``)."""

from __future__ import annotations

import datetime as dt

from engine import Completed, HandlerRegistry, JobContext, ProcessEngine, RegisterEntry, VirtualClock
from tests.builders import process

NOW = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)


def test_a_handler_that_read_an_older_register_runs_again() -> None:
    registry = HandlerRegistry()
    seen: list[int] = []

    @registry.handler("spis.wpisz")
    def write(context: JobContext) -> Completed:
        known = context.register("spis")
        seen.append(len(known))
        if len(seen) == 1:  # somebody else writes between our reading and our answer
            engine.parts.store.run(
                lambda tx: engine.parts.registers.append(
                    tx, register="spis", instance_key=None, subject="x", data={"kto": "inny"}
                )
            )
        entry = RegisterEntry(register="spis", subject="y", data={"kto": "my"}, after=len(known))
        return Completed({"zastano": len(known)}, [entry])

    with ProcessEngine("sqlite:///:memory:", clock=VirtualClock(NOW), handlers=registry) as engine:
        engine.deploy(process("p").start().service_task("wpisz", "spis.wpisz").end().files(), by="owner")
        case = engine.start("p", actor="anna").key
        engine.run_until_idle()
        assert [each.data["kto"] for each in engine.registers.all_in("spis")] == ["inny", "my"]
        assert [each.number for each in engine.registers.all_in("spis")] == [1, 2]
        assert engine.variables(case)["zastano"] == 1
        assert engine.verify(case).ok
    assert seen == [0, 1]
