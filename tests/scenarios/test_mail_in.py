"""Mail in, from the bytes to the case: bounces, requests, everything else; twice, forged, too early."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

import handlers
from demo.bounces import bounce, letter
from demo.servers import DemoServers
from engine import HandlerRegistry, ProcessEngine, VirtualClock
from handlers.mail_in.intake import REGISTER, MailIntake, Outcome
from tests.builders import process
from tests.conftest import START

TOKEN, NUMBER = "the office's own", "SIO/2026/43"
ADDRESS = "dyrektor@sp900.example"


class World:
    """An office that has sent a mail and waits: for a bounce, then for a request."""

    def __init__(self, engine: ProcessEngine, clock: VirtualClock, servers: DemoServers) -> None:
        self.engine, self.clock, self.servers = engine, clock, servers
        settings = handlers.settings_from(environment(servers, Path()))
        self.intake = MailIntake(engine, settings.email)

    def start(self, *, waits_for: str = "email_zwrocony") -> int:
        shape = process("p").start().service_task("wyslij", "email.send", headers={"template": "pakiet"})
        self.engine.deploy(shape.catch_message(waits_for, key="numer_sprawy").end().files(), by="owner")
        variables = {"do": ADDRESS, "numer_sprawy": NUMBER}
        key = self.engine.start("p", variables=variables, business_key=NUMBER, actor="anna").key
        self.engine.run_until_idle()
        return key

    def returned(self, style: str = "postfix", *, to: str = "") -> bytes:
        """Return the bounce of the mail sent last; to its own return address unless told."""
        (line,) = self.servers.lines("smtp", "mail")
        raw = (self.servers.directory / "outbox" / line["file"]).read_bytes()
        return bounce(raw, to=to or line["mail_from"], style=style)

    def take(self, raw: bytes) -> Outcome:
        outcome = self.intake.take(raw, self.clock.now())
        self.engine.run_until_idle()
        return outcome

    def open_entries(self) -> list[tuple[str, str]]:
        return [
            (each.data["rodzaj"], each.data["numer_sprawy"])
            for each in self.engine.registers.entries(REGISTER, unresolved=True)
        ]


def environment(servers: DemoServers, templates: Path) -> dict[str, str]:
    return {
        **servers.environment, "OBIEG_SMTP_MESSAGES": str(templates), "OBIEG_SMTP_TOKEN": TOKEN,
        "OBIEG_SMTP_BOUNCES": "zwroty@um.krakow.example", "OBIEG_SMTP_REPLIES": "sprawy@um.krakow.example",
    }  # fmt: skip


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """An office with a mail server."""
    clock = VirtualClock(START)
    (tmp_path / "pakiet.txt.j2").write_text("Subject: Sprawa {{ numer_sprawy }}\ntekst\n", encoding="utf-8")
    with DemoServers(tmp_path / "outside", now=clock.now) as servers:
        registry = HandlerRegistry()
        handlers.register_all(registry, handlers.settings_from(environment(servers, tmp_path)))
        with ProcessEngine(database_url, clock=clock, handlers=registry) as engine:
            yield World(engine, clock, servers)
            assert engine.verify().ok


@pytest.mark.parametrize("style", ["postfix", "exchange", "expired", "gmail", "qmail", "polish"])
@pytest.mark.parametrize("verp", [True, False])
def test_a_bounce_reaches_its_case(world: World, style: str, verp: bool) -> None:
    case = world.start()
    raw = world.returned(style, to="" if verp else "zwroty@um.krakow.example")
    assert world.take(raw) is Outcome.DELIVERED
    variables = world.engine.variables(case)
    assert (variables["zwrot_adres"], variables["zwrot_szablon"]) == (ADDRESS, "pakiet")
    assert variables["zwrot_otrzymano"] == START
    assert str(world.engine.instance(case).state) == "completed"
    assert world.take(raw) is Outcome.REPEATED
    assert world.open_entries() == []
    assert "wiadomosc.eml" in [each.name for each in world.engine.documents.of_case(case)]


def test_a_bounce_made_up_for_another_address_goes_to_a_clerk(world: World) -> None:
    case = world.start()
    raw = world.returned(to="zwroty@um.krakow.example").replace(ADDRESS.encode(), b"obcy@sp901.example")
    assert world.take(raw) is Outcome.LISTED
    assert str(world.engine.instance(case).state) == "active"
    assert world.open_entries() == [("zwrot", "")]


def test_a_delay_is_recorded_and_disturbs_nobody(world: World) -> None:
    case = world.start()
    assert world.take(world.returned("delayed")) is Outcome.RECORDED
    assert str(world.engine.instance(case).state) == "active"
    assert world.open_entries() == []


def test_a_bounce_that_overtakes_its_step_comes_again_and_later_goes_to_a_clerk(world: World) -> None:
    world.start(waits_for="co_innego")
    assert world.take(world.returned()) is Outcome.LATER
    assert world.engine.registers.all_in(REGISTER) == []
    world.clock.advance(dt.timedelta(minutes=3))
    assert world.take(world.returned()) is Outcome.LISTED
    assert world.open_entries() == [("zwrot", NUMBER)]


@pytest.mark.parametrize(
    ("to", "subject"),
    [("sprawy+SIO-2026-43@um.krakow.example", "Termin"), ("sprawy@um.krakow.example", f"Re: {NUMBER}")],
)
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "cp1250"])
def test_a_request_for_extension_reaches_its_case(world: World, to: str, subject: str, charset: str) -> None:
    case = world.start(waits_for="wniosek_o_przedluzenie")
    text = "Proszę o przedłużenie terminu do 4 stycznia 2027: choroba dziecka."
    raw = letter(to=to, sender=ADDRESS, subject=subject, text=text, charset=charset)
    received = world.clock.now()
    world.clock.advance(dt.timedelta(hours=20))  # the mailbox was looked at only the next day
    assert world.intake.take(raw, received) is Outcome.DELIVERED
    world.engine.run_until_idle()
    variables = world.engine.variables(case)
    assert variables["wniosek_uzasadnienie"] == text
    assert variables["wybrany_termin"] == "4 stycznia 2027"
    assert variables["wniosek_otrzymano"] == received


def test_a_request_from_an_address_the_case_never_wrote_to_goes_to_a_clerk(world: World) -> None:
    case = world.start(waits_for="wniosek_o_przedluzenie")
    raw = letter(
        to="sprawy+SIO-2026-43@um.krakow.example", sender="obcy@sp901.example", subject=f"Re: {NUMBER}",
        text="Proszę o przedłużenie terminu.",
    )  # fmt: skip
    assert world.take(raw) is Outcome.LISTED
    assert str(world.engine.instance(case).state) == "active"
    assert world.open_entries() == [("wniosek o przedłużenie", NUMBER)]
    (entry,) = world.engine.registers.all_in(REGISTER)
    assert entry.data["powod"] == "nadawca nie jest adresatem żadnej wiadomości w tej sprawie"


def test_an_answer_to_our_mail_names_its_case_by_the_thread(world: World) -> None:
    world.start(waits_for="wniosek_o_przedluzenie")
    (mail,) = world.servers.mails()
    raw = letter(to="sio@um.krakow.example", sender=ADDRESS, subject="Re: Dane", text="Proszę o inny termin.")
    threaded = f"In-Reply-To: {mail['Message-ID']}\r\n".encode() + raw
    assert world.take(threaded) is Outcome.DELIVERED


def test_nothing_is_dropped(world: World) -> None:
    case = world.start()
    hello = letter(to="sio@um.krakow.example", sender=ADDRESS, subject="Pytanie", text="Czy jest otwarte?")
    about = letter(to="sio@um.krakow.example", sender=ADDRESS, subject=NUMBER, text="Czy jest otwarte?")
    early = letter(to="sio@um.krakow.example", sender=ADDRESS, subject=NUMBER, text="O inny termin proszę.")
    assert [world.take(raw) for raw in (hello, about, early, b"\0")] == [Outcome.LISTED] * 4
    assert sorted(world.open_entries()) == [
        ("nierozpoznana", ""), ("nierozpoznana", ""), ("pismo w sprawie", NUMBER),
        ("wniosek o przedłużenie", NUMBER),
    ]  # fmt: skip
    robot = b"Auto-Submitted: auto-replied\r\n" + about.replace(b"otwarte", b"zamkniete")
    assert world.take(robot) is Outcome.RECORDED
    assert str(world.engine.instance(case).state) == "active"


def test_a_bounce_no_case_wants_goes_to_a_clerk(world: World) -> None:
    shape = process("p").start().service_task("wyslij", "email.send", headers={"template": "pakiet"})
    world.engine.deploy(shape.catch_message("email_zwrocony", key="numer_sprawy").end().files(), by="owner")
    variables = {"do": ADDRESS, "numer_sprawy": NUMBER, "zwrot_jako": "-"}
    world.engine.start("p", variables=variables, business_key=NUMBER, actor="anna")
    world.engine.run_until_idle()
    assert world.take(world.returned()) is Outcome.LISTED
