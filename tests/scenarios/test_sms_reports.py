"""Delivery reports from the gateway's call over HTTP to the case: batched, repeated, out of order, forged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import handlers
from demo.servers import DemoServers
from engine import HandlerRegistry, ProcessEngine, VirtualClock
from handlers.sms_reports import REGISTER, SmsReports
from tests.builders import process
from tests.conftest import START
from web import create_application

TOKEN = "t0k3n" * 6
PATH = f"/reports/sms/{TOKEN}"


class World:
    """An office that has sent texts and waits for what becomes of them."""

    def __init__(self, engine: ProcessEngine, servers: DemoServers, client: TestClient) -> None:
        self.engine, self.servers, self.client = engine, servers, client

    def start(self, number: str) -> int:
        variables = {
            "telefon": f"5006007{len(self.servers.sms()):02d}",
            "numer_sprawy": number,
            "klucz_ref": "?",
        }
        key = self.engine.start("p", variables=variables, actor="anna").key
        self.engine.run_until_idle()
        return key

    def report(self, *rows: tuple[int, int], path: str = PATH, method: str = "POST") -> tuple[int, str]:
        """Report states of texts, each by its place; returns the answer."""
        texts = self.servers.sms()
        fields = {
            "MsgId": ",".join(texts[at]["id"] for at, _ in rows),
            "status": ",".join(str(status) for _, status in rows),
            "idx": ",".join(texts[at]["idx"] for at, _ in rows),
            "donedate": ",".join("1797494400" for _ in rows), "username": "umk",
        }  # fmt: skip
        posting = method == "POST"
        answer = self.client.post(path, data=fields) if posting else self.client.get(path, params=fields)
        self.engine.run_until_idle()
        return answer.status_code, answer.text

    def state(self, key: int) -> str:
        return str(self.engine.instance(key).state)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """An office with a gateway and pages."""
    clock = VirtualClock(START)
    with DemoServers(tmp_path / "outside", now=clock.now) as servers:
        environment = servers.environment | {"OBIEG_SMS_NOTIFY_URL": f"https://urzad.example{PATH}"}
        settings = handlers.settings_from(environment)
        registry = HandlerRegistry()
        handlers.register_all(registry, settings)
        with ProcessEngine(database_url, clock=clock, handlers=registry) as engine:
            shape = process("p").start().service_task("haslo", "password.generate")
            shape = shape.service_task("wyslij", "sms.send", inputs={"klucz_ref": "=haslo_ref"})
            engine.deploy(
                shape.catch_message("sms_niedoreczony", key="numer_sprawy").end().files(), by="owner"
            )
            client = TestClient(
                create_application(engine, reports=SmsReports(engine, settings.sms)),
                base_url="https://urzad.example",
            )
            yield World(engine, servers, client)
            assert engine.verify().ok


def test_a_failure_reaches_its_case_in_a_batch_with_others(world: World) -> None:
    one, two = world.start("A/2026/1"), world.start("A/2026/2")
    assert world.report((0, 404), (1, 405)) == (200, "OK")
    assert (world.state(one), world.state(two)) == ("active", "completed")
    assert world.engine.variables(two)["sms_stan"] == 405
    entries = world.engine.registers.all_in(REGISTER)
    assert [each.resolution for each in entries] == ["doręczono", "przekazano sprawie: sms_niedoreczony"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_repeated_and_late_reports_change_nothing(world: World, method: str) -> None:
    case = world.start("A/2026/1")
    for status in (404, 404, 403, 405, 405):
        assert world.report((0, status), method=method) == (200, "OK")
    assert world.state(case) == "active"  # delivered came first: the later failure is only recorded
    assert [each.data["stan"] for each in world.engine.registers.all_in(REGISTER)] == [404, 404, 403, 405]
    assert world.engine.registers.entries(REGISTER, unresolved=True) == []


def test_a_failure_nobody_waits_for_stays_for_a_clerk(world: World) -> None:
    world.start("A/2026/1")
    world.report((0, 402))
    (entry,) = world.engine.registers.all_in(REGISTER)
    assert entry.resolution == "przekazano sprawie: sms_niedoreczony"
    world.start("A/2026/2")
    world.engine.cancel(world.engine.instances(state="active")[0].key, actor="x", reason="y")
    world.report((1, 406))
    (entry,) = world.engine.registers.entries(REGISTER, unresolved=True)
    assert (entry.data["stan"], entry.data["numer_sprawy"]) == (406, "A/2026/2")


def test_forged_and_malformed_calls(world: World) -> None:
    case = world.start("A/2026/1")
    assert world.report((0, 405), path="/reports/sms/zgadywany")[0] == 404
    sent = world.servers.sms()[0]
    for fields in (
        {}, {"MsgId": "x"}, {"MsgId": "x", "status": "40"}, {"MsgId": "a,b", "status": "404"},
        {"MsgId": ",".join("a" * 501), "status": ",".join(["404"] * 501)}, {"MsgId": "\0", "status": "404"},
    ):  # fmt: skip
        assert world.client.post(PATH, data=fields).status_code == 422
    assert world.client.post(PATH, content=b"x" * 70_000).status_code == 413
    # the right idx with another message's id is no report about our text
    assert world.client.post(PATH, data={"MsgId": "INNY", "status": "405", "idx": sent["idx"]}).text == "OK"
    assert world.state(case) == "active"


def test_a_failure_that_overtakes_its_step_comes_again_and_is_never_lost(world: World) -> None:
    now = int(world.engine.now().timestamp())
    young = {"MsgId": "WCZESNY", "status": "407", "idx": "1-2-3", "donedate": str(now)}
    answer = world.client.post(PATH, data=young)
    assert (answer.status_code, answer.text) == (503, "LATER")
    assert world.engine.registers.all_in(REGISTER) == []  # nothing is decided yet: the gateway repeats it
    for status, done in (("407", str(now - 121)), ("405", ""), ("406", "9" * 20), ("404", str(now - 121))):
        old = {**young, "MsgId": f"STARY{status}", "status": status, "donedate": done}
        assert world.client.post(PATH, data=old).text == "OK"
    entries = world.engine.registers.all_in(REGISTER)
    assert [each.resolution for each in entries] == [None, None, None, "nieznany SMS: bez czynności"]
