"""SerwerSMS' format, test mode, quotas; what a wrong setting says at the start."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import handlers
from demo.context import START, MemoryJobContext
from demo.servers import DemoServers
from engine import Entry, JobFailure
from handlers.sms import idx_of
from handlers.sms_quota import REGISTER, fingerprint

URL = "https://urzad.example/reports/sms/" + "a" * 22


def message(office: Any, **variables: Any) -> MemoryJobContext:
    reference = office.job("package.encrypt").draw("klucz_pakietu", lambda: "AbCd-EfGh-2345-6789")
    given = {"telefon": "500 600 700", "klucz_ref": reference, "numer_sprawy": "ZSZO/2026/17", **variables}
    context: MemoryJobContext = office.job("sms.send", **given)
    return context


def test_serwersms_takes_a_text(office_with: Any, servers: DemoServers) -> None:
    office = office_with(SMS_GATEWAY="serwersms", SMS_SENDER="UMK", SMS_TEST="true")
    done = office.run(message(office))
    (sent,) = servers.sms()
    assert (sent["to"], sent["idx"], sent["sender"], sent["test"]) == (
        "+48500600700", idx_of("77:sms.send"), "UMK", True,
    )  # fmt: skip
    assert (done.variables["sms_id"], done.variables["sms_czesci"]) == (sent["id"], 1)


@pytest.mark.parametrize(
    ("fault", "permanent"), [("error:4001", True), ("500", False), ("429", False), ("hang", False)]
)
def test_serwersms_refusals(office_with: Any, servers: DemoServers, fault: str, permanent: bool) -> None:
    office = office_with(SMS_GATEWAY="serwersms", SMS_DEADLINE="0.4")
    servers.fault("sms", fault)
    with pytest.raises(JobFailure) as caught:
        office.run(message(office))
    assert caught.value.permanent is permanent
    assert "AbCd" not in caught.value.reason


def test_a_wrong_token_at_serwersms_is_permanent(office_with: Any) -> None:
    office = office_with(SMS_GATEWAY="serwersms", SMS_TOKEN="wrong")
    with pytest.raises(JobFailure, match="OBIEG_SMS_TOKEN") as caught:
        office.run(message(office))
    assert caught.value.permanent


def test_test_mode_is_told_to_smsapi(office_with: Any, servers: DemoServers) -> None:
    office = office_with(SMS_TEST="true")
    office.run(message(office))
    assert servers.sms()[0]["test"] == "1"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"SMS_TEXT": "Hasło: {klucz}"}, "GSM-7"),
        ({"SMS_TEXT": "x" * 150 + "{klucz}"}, "one part"),
        ({"SMS_NOTIFY_URL": "https://urzad.example/reports/sms/krotki"}, "unguessable"),
        ({"SMS_NOTIFY_URL": "http://urzad.example/reports/sms/" + "a" * 22}, "OBIEG_SMS_NOTIFY_URL"),
        ({"SMS_GATEWAY": "inna"}, "OBIEG_SMS_GATEWAY"),
    ],
)
def test_a_wrong_setting_is_found_at_the_start(office_with: Any, settings: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        office_with(**settings)


def sent(
    office: Any, at: dt.datetime, *, number: str = "48500600701", case: str = "x", clerk: str = ""
) -> None:
    lines = office.case.registers.setdefault(REGISTER, [])
    data = {
        "numer": fingerprint(office.settings, number), "sprawa": case, "czesci": 1, "zlecajacy": clerk,
    }  # fmt: skip
    lines.append(
        Entry(
            register=REGISTER,
            number=len(lines) + 1,
            instance_key=1,
            at=at,
            subject="SMS",
            data=data,
            resolution=None,
        )
    )


@pytest.mark.parametrize(
    ("earlier", "told"),
    [
        ([{"number": "48500600700"}] * 3, "one number"),
        ([{"case": "ZSZO/2026/17"}] * 2, "one case"),
        ([{"clerk": "nowak"}] * 30, "one clerk"),
        ([{}] * 300, "OBIEG_SMS_PER_DAY"),
    ],
)
def test_a_quota_stops_the_next_text(
    office: Any, servers: DemoServers, earlier: list[dict[str, str]], told: str
) -> None:
    office.settings = office_settings(servers)
    for each in earlier[:-1]:
        sent(office, START, **each)
    context = message(office, zlecajacy="nowak")
    office.run(context)  # the last that is allowed
    assert len(servers.sms()) == 1
    office.case.made.clear()
    sent(office, START, **earlier[-1])
    with pytest.raises(JobFailure, match=told) as caught:
        office.run(message(office, zlecajacy="nowak"))
    assert caught.value.permanent
    assert len(servers.sms()) == 1


def test_yesterdays_texts_do_not_count_and_the_alarm_is_raised_early(
    office: Any, servers: DemoServers, caplog: pytest.LogCaptureFixture
) -> None:
    office.settings = office_settings(servers)
    for _ in range(300):
        sent(office, START - dt.timedelta(days=1), number="48500600700", clerk="nowak")
    for _ in range(240):
        sent(office, START)
    office.run(message(office, zlecajacy="nowak"))
    assert "sms_budget_nearly_spent parts=240 of=300" in caplog.text


def office_settings(servers: DemoServers) -> Any:
    return handlers.settings_from(servers.environment).sms
