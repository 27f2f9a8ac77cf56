"""Return addresses of mails and addresses of cases: made, read back, never made up."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from demo.servers import DemoServers
from handlers.return_address import case_address, case_of, key_of, return_address

BASE, TOKEN = "zwroty@um.example", "a token of the office"
LARGEST = f"{2**63 - 1}-{2**63 - 1}"


@pytest.mark.parametrize("key", ["1-2", LARGEST, "123-456-7"])
def test_a_return_address_names_its_mail(key: str) -> None:
    address = return_address(BASE, key, TOKEN)
    assert len(address.rpartition("@")[0]) <= 64
    assert key_of(address, BASE, TOKEN) == key
    assert key_of(f"<{address.upper()}>", BASE, TOKEN) == key  # relays change case
    assert key_of(address, BASE, "another token") is None
    assert key_of(address, "inne@um.example", TOKEN) is None


def test_a_return_address_of_another_mail_is_not_made_from_a_known_one() -> None:
    one, two = return_address(BASE, "1-2", TOKEN), return_address(BASE, "1-3", TOKEN)
    mixed = two.partition(".")[0] + "." + one.partition(".")[2]
    assert key_of(mixed, BASE, TOKEN) is None


def test_without_room_it_is_the_mailbox_itself() -> None:
    base = "x" * 30 + "@um.example"
    assert return_address(base, LARGEST, TOKEN) == base
    assert return_address(BASE, "77:email.send", TOKEN) == BASE


def test_a_case_has_an_address() -> None:
    assert case_address("sprawy@um.example", "SIO/2026/43") == "sprawy+SIO-2026-43@um.example"
    assert case_of("<sprawy+sio-2026-43@UM.example>", "sprawy@um.example") == "SIO/2026/43"
    for other in ("sprawy@um.example", "sprawy+x@um.example", "inne+SIO-2026-43@um.example"):
        assert case_of(other, "sprawy@um.example") is None
    assert case_address("sprawy@um.example", "17\r\nBcc: x@y.example") == "sprawy@um.example"


def test_a_mail_asks_for_bounces_and_answers_where_they_are_read(
    office_with: Any, servers: DemoServers
) -> None:
    office = office_with(SMTP_BOUNCES=BASE, SMTP_TOKEN=TOKEN, SMTP_REPLIES="sprawy@um.example")
    context = office.job(
        "email.send", {"template": "pakiet"}, do="s@sp900.example", numer_sprawy="SIO/2026/43",
        zlozono=dt.date(2026, 12, 17),
    )  # fmt: skip
    office.run(context)
    (line,) = servers.lines("smtp", "mail")
    assert line["mail_from"] == BASE  # the key of this test's job is none of the engine's
    (mail,) = servers.mails()
    assert mail["Reply-To"] == "sprawy+SIO-2026-43@um.example"
