"""The office a scenario happens in: an engine in memory, a virtual clock, real handlers, demo servers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import yaml

from commands import reading
from commands.scenario.file import WARSAW, Scenario, moment
from demo.servers import DemoServers
from engine import EngineError, HandlerRegistry, ProcessEngine, UserTask, VirtualClock
from handlers import register_all, settings_from

OPEN_TASKS = ("created", "assigned")
_MOST_STOPS = 10_000  # of the clock within one step


class World:
    """Everything a step may touch; ``mails_seen``, ``sms_seen``: how many have been looked at."""

    def __init__(
        self, engine: ProcessEngine, servers: DemoServers, clock: VirtualClock, messages: Path
    ) -> None:
        self.engine = engine
        self.servers = servers
        self.clock = clock
        self.messages = messages
        self.key = 0
        self.mails_seen = 0
        self.sms_seen = 0

    def start(self, scenario: Scenario) -> None:
        """Start the case as the scenario says and let it run until it waits."""
        given = scenario.start
        filed = {"numer_sprawy": given.business_key, "wnioskodawca": given.actor}
        instance = self.engine.start(
            scenario.process, variables=filed | given.variables | given.form, business_key=given.business_key,
            actor=given.actor,
        )  # fmt: skip
        self.key = instance.key
        self.engine.run_until_idle()

    def open_tasks(self, element_id: str | None = None) -> list[UserTask]:
        """Return the user tasks that wait, oldest first."""
        tasks = (t for t in self.engine.user_tasks(element_id=element_id) if str(t.state) in OPEN_TASKS)
        return sorted(tasks, key=lambda task: task.key)

    def move_to(self, target: dt.datetime) -> None:
        """Move the clock, stopping on the way at every timer and retry so that each comes at its own time."""
        if target < self.clock.now():
            raise EngineError(
                f"expected a time after {self.clock.now().astimezone(WARSAW)}, but got {target}"
            )
        for _ in range(_MOST_STOPS):
            due = self.engine.next_due()
            if due is None or due > target:
                break
            self.clock.set(max(due, self.clock.now()))
            self.engine.run_until_idle()
        self.clock.set(target)
        self.engine.run_until_idle()

    def advance(self, by: str) -> None:
        """Move the clock by a duration; its days are calendar days; raises ValueError for none."""
        days, rest = reading.days_and_rest(by)
        local = self.clock.now().astimezone(WARSAW) + dt.timedelta(days=days)
        self.move_to(local.astimezone(dt.UTC) + rest)


@contextmanager
def opened(scenario: Scenario, procedure: Path, forms: Path) -> Iterator[World]:
    """Set an office up for one scenario and clear it away afterwards.

    ``procedure`` is the folder of the diagrams, with ``parameters.yaml`` and ``messages/``; ``forms`` that of
    its forms.
    """
    clock = VirtualClock(moment(scenario.at))
    with DemoServers(now=clock.now) as servers:
        servers.rspo.schools = _schools(scenario, procedure) or servers.rspo.schools
        registry = HandlerRegistry()
        messages = procedure / "messages"
        register_all(registry, settings_from(servers.environment | {"OBIEG_SMTP_MESSAGES": str(messages)}))
        engine = ProcessEngine("sqlite:///:memory:", clock=clock, handlers=registry)
        try:
            engine.deploy(
                reading.files([folder for folder in (procedure, forms) if folder.is_dir()]), by="test"
            )
            engine.parameters.set(scenario.process, _parameters(scenario, procedure), by="test")
            yield World(engine, servers, clock, messages)
        finally:
            engine.close()


def _parameters(scenario: Scenario, procedure: Path) -> bytes:
    """Return the procedure's parameters with what the scenario sets differently."""
    path = procedure / "parameters.yaml"
    known: dict[str, Any] = (yaml.safe_load(path.read_bytes()) or {}) if path.is_file() else {}
    wanted = scenario.parameters | (
        {"binding": scenario.binding} if "binding" in known and scenario.binding else {}
    )
    for name, value in wanted.items():
        if name not in known:
            raise EngineError(f"expected a parameter of {path}, but it has no {name!r}")
        known[name] = {**known[name], "value": value}
    return yaml.safe_dump(known, allow_unicode=True).encode()


def _schools(scenario: Scenario, procedure: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in scenario.rspo:
        path = procedure / "scenarios" / name
        if not path.is_file():
            raise EngineError(f"expected a file of schools at {path}, but there is none")
        content = msgspec.json.decode(path.read_bytes())
        found += content if isinstance(content, list) else [content]
    return found
