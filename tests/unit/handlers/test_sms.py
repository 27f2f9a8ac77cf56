"""``sms.send`` through SMSAPI's own client against a gateway in its wire format."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from demo.context import Crash, MemoryJobContext
from demo.http_server import Answer, HttpServer, Request
from demo.journal import Journal
from demo.servers import DemoServers
from engine import BpmnError, JobFailure
from handlers.sms import idx_of, mobile_number


def message(office: Any, headers: dict[str, str] | None = None, **variables: Any) -> MemoryJobContext:
    reference = office.job("package.encrypt").draw("klucz_pakietu", lambda: "AbCd-EfGh-2345-6789")
    given = {"telefon": "500 600 700", "klucz_ref": reference, "numer_sprawy": "ZSZO/2026/17", **variables}
    context: MemoryJobContext = office.job("sms.send", headers, **given)
    return context


def test_the_key_arrives_once_and_stays_out_of_the_variables(office: Any, servers: DemoServers) -> None:
    context = message(office)
    done = office.run(context)
    (sent,) = servers.sms()
    assert (
        sent["message"]
        == "Haslo do pliku w sprawie ZSZO/2026/17: AbCd-EfGh-2345-6789. Nie odpowiadaj. UMK WE"
    )
    assert (sent["to"], sent["idx"]) == ("48500600700", idx_of("77:sms.send"))
    assert done.variables["sms_id"] == sent["id"]
    assert "AbCd" not in repr(done.variables) + repr(office.case.made)
    assert office.run(context.again()).variables == done.variables
    assert len(servers.sms()) == 1


@pytest.mark.parametrize("trouble", ["crash", "lost"])
def test_a_repetition_is_recognised_by_the_gateway(office: Any, servers: DemoServers, trouble: str) -> None:
    context = message(office)
    context.lose_replies = trouble == "crash"
    if trouble == "lost":
        servers.fault("sms", "lost")
    with pytest.raises((Crash, JobFailure)):
        office.run(context)
    done = office.run(context.again())
    assert done.variables["sms_id"] is None
    assert (len(servers.sms()), len(servers.lines("sms", "repeated"))) == (1, 1)


@pytest.mark.parametrize("fault", ["error:201", "error:999", "500", "503", "429", "hang", "garbage"])
def test_passing_trouble_is_a_failure(office_with: Any, servers: DemoServers, fault: str) -> None:
    office = office_with(SMS_DEADLINE="0.4")
    servers.fault("sms", fault)
    context = message(office)
    with pytest.raises(JobFailure) as caught:
        office.run(context)
    assert not caught.value.permanent
    assert "AbCd" not in caught.value.reason
    office.run(context.again())
    assert len(servers.sms()) == 1


def test_a_dripping_gateway_meets_the_overall_deadline(office_with: Any, servers: DemoServers) -> None:
    office = office_with(SMS_DEADLINE="0.4")
    servers.fault("sms", "slow")
    started = time.monotonic()
    with pytest.raises(JobFailure, match="TimeoutError"):
        office.run(message(office))
    assert time.monotonic() - started < 5.0  # the whole answer would take 15 s


@pytest.mark.parametrize(
    ("code", "remedy"), [(14, "OBIEG_SMS_SENDER"), (101, "OBIEG_SMS_TOKEN"), (103, "top up")]
)
def test_what_only_a_person_can_mend_is_permanent(
    office: Any, servers: DemoServers, code: int, remedy: str
) -> None:
    servers.fault("sms", f"error:{code}")
    with pytest.raises(JobFailure, match=remedy) as caught:
        office.run(message(office))
    assert caught.value.permanent


def test_no_token_at_all_is_said_before_anything_is_sent(office_with: Any, servers: DemoServers) -> None:
    office = office_with(SMS_TOKEN="")
    with pytest.raises(JobFailure, match="OBIEG_SMS_TOKEN is empty"):
        office.run(message(office))
    assert servers.lines("sms") == []


def test_a_wrong_token_is_permanent_and_not_told(office_with: Any) -> None:
    office = office_with(SMS_TOKEN="wrong-token")
    with pytest.raises(JobFailure, match="OBIEG_SMS_TOKEN") as caught:
        office.run(message(office))
    assert caught.value.permanent
    assert "wrong-token" not in caught.value.reason


def test_the_gateway_may_refuse_the_number(office: Any, servers: DemoServers) -> None:
    servers.fault("sms", "error:13")
    with pytest.raises(BpmnError, match="SMS_NUMER_BLEDNY"):
        office.run(message(office))
    with pytest.raises(BpmnError, match="SMS_NUMER_BLEDNY"):
        office.run(message(office, telefon="500000000"))


@pytest.mark.parametrize(
    "number", ["12 616 00 00", "5006007", "+49 1512 3456789", "x", "500600700,500600701", "112"]
)
def test_only_polish_mobile_numbers(number: str) -> None:
    with pytest.raises(BpmnError, match="SMS_NUMER_BLEDNY"):
        mobile_number(number)


@pytest.mark.parametrize("number", ["500600700", "+48 500-600-700", "0048500600700"])
def test_spellings_of_one_number(number: str) -> None:
    assert mobile_number(number) == "48500600700"


@pytest.mark.parametrize(
    "text",
    [
        "Hasło: {klucz}",
        "bez klucza",
        "{klucz} {login}",
        "{klucz}" + "x" * 160,
        "{klucz}\n",
        "{klucz} {nr}[]",
        "{klucz!r}",
    ],
)
def test_a_text_that_is_not_one_plain_sms_is_refused(office: Any, servers: DemoServers, text: str) -> None:
    with pytest.raises(JobFailure) as caught:
        office.run(message(office, {"tekst": text}))
    assert caught.value.permanent
    assert "AbCd" not in caught.value.reason
    assert servers.sms() == []


def test_braces_in_a_case_number_are_not_a_placeholder(office: Any) -> None:
    with pytest.raises(JobFailure, match="numer_sprawy"):
        office.run(message(office, numer_sprawy="{klucz}"))


def test_delivery_reports_come_batched_and_want_ok(
    office_with: Any, servers: DemoServers, tmp_path: Path
) -> None:
    got: list[dict[str, str]] = []

    def receive(request: Request) -> Answer:
        got.append(request.form())
        return Answer(200, b"OK")

    receiver = HttpServer("receiver", receive, Journal(tmp_path / "receiver.jsonl"))
    receiver.start()
    office = office_with(SMS_NOTIFY_URL=receiver.url + "/sms/" + "unguessable" * 2)
    first = message(office)
    second = MemoryJobContext("sms.send", first.job.variables, case=office.case, key="78:sms.send")
    numbers = [office.run(context).variables["sms_id"] for context in (first, second)]
    assert servers.gateway.report(status=404) == ["OK"]
    receiver.stop()
    (form,) = got
    assert form["MsgId"] == ",".join(numbers)
    assert (form["status"], form["status_name"]) == ("404,404", "DELIVERED,DELIVERED")
    assert form["idx"] == f"{idx_of('77:sms.send')},{idx_of('78:sms.send')}"
