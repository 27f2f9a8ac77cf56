"""An invented office to click through: people with one-click sign-in, both procedures, the outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from commands.demonstration.organ import Organ
from commands.demonstration.seeds import Seeds
from commands.demonstration.stage import CityClock
from commands.deploy import publish
from commands.office import Office
from demo import seod_pages, sio_pages, zszo_pages
from demo.servers import DemoServers
from engine import Clock, ProcessEngine
from web.application import Attachment, OutsideSystem, Sent

OWNER = "wlasciciel"


def _organ(group: str) -> tuple[str, ...]:
    """Return the groups of an organ that grants access to SIO."""
    return tuple(f"{group}-{part}" for part in ("weryfikacja", "tozsamosc", "decyzja"))


_PEOPLE: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("dyrektor.sp900", "Anna Przykładowa", ("applicant",), (), "999001"),
    ("dyrektor.nlo", "Celina Zmyślona", ("applicant",), (), "999003"),
    ("dyrektor.sp902", "Feliks Graniczny", ("applicant",), (), "999005"),
    ("dyrektor.sp903", "Grażyna Nowelizowana", ("applicant",), (), "999006"),
    ("ek04.nowak", "Nina Nowak", ("clerk",), ("EK-04",), ""),
    ("kierownik.wisz", "Wiktor Wisz", ("clerk",), ("kierownik-ek04",), ""),
    ("sio.kowal", "Karol Kowal", ("clerk",), (*_organ("sio-3"), "sio-rejestracja"), ""),
    ("sio.minister", "Marek Ministerialny", ("clerk",), _organ("sio-1"), ""),
    ("sio.kurator", "Krystyna Kuratorska", ("clerk",), _organ("sio-2"), ""),
    ("sio.jednostka", "Jolanta Jednostkowa", ("clerk",), _organ("sio-jednostka"), ""),
    ("iod.inspektor", "Iga Inspektor", ("clerk",), ("iod",), ""),
    ("admin.zszo", "Adam Zszowski", ("clerk",), ("administrator-zszo",), ""),
    (OWNER, "Olga Własna", ("owner", "approver"), (), ""),
    ("operator", "Oskar Operator", ("operator",), (), ""),
    ("administrator", "Ada Ministrowicz", ("administrator",), (), ""),
    ("audytor", "Aldona Audyt", ("auditor",), (), ""),
)
_WORK = {
    "weryfikacja": "weryfikacja danych",
    "tozsamosc": "potwierdzanie tożsamości",
    "decyzja": "decyzje",
}
_GRANTING = {
    "sio-1": "Organ przyznający (I poziom)",
    "sio-2": "Organ przyznający (II poziom)",
    "sio-3": "Organ przyznający (III poziom)",
    "sio-jednostka": "Kierownik jednostki",
}
_GROUPS = {
    "EK-04": "Referat Oświatowych Systemów Informatycznych (EK-04)",
    "kierownik-ek04": "Kierownik referatu EK-04",
    "administrator-zszo": "Administrator ZSZO",
    "iod": "Inspektor ochrony danych",
    "sio-rejestracja": "Rejestracja wniosków w SIO",
    "wnioskodawca": "Dyrektorzy szkół i placówek",
    "wnioskujacy": "Wnioskujący o dostęp do SIO",
} | {
    f"{group}-{part}": f"{body}: {work}" for group, body in _GRANTING.items() for part, work in _WORK.items()
}  # fmt: skip


class Outside:
    """What has been sent, read from the demo servers."""

    def __init__(self, servers: DemoServers) -> None:
        self._servers = servers

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings by which the handlers reach the servers."""
        return self._servers.environment

    def messages(self) -> Sequence[Sent]:
        """Return the mails sent, the newest first."""
        return [_mail(number, each) for number, each in reversed(list(enumerate(self._servers.mails())))]

    def attachment(self, number: int, part: int) -> Attachment | None:
        """Return what was attached to a mail, None where there is no such thing."""
        mails = self._servers.mails()
        parts = list(mails[number].iter_attachments()) if number < len(mails) else []
        if part >= len(parts):
            return None
        content = parts[part].get_payload(decode=True)
        name = parts[part].get_filename() or "zalacznik"
        return Attachment(
            name, parts[part].get_content_type(), content if isinstance(content, bytes) else b""
        )

    def systems(self) -> Sequence[OutsideSystem]:
        """Return the reference systems that have pages."""
        sio, city = self._servers.sio.url, self._servers.city.url
        return (
            OutsideSystem("SIO", f"{sio}/{sio_pages.ROOT}"),
            OutsideSystem("SEOD", f"{city}/{seod_pages.ROOT}"),
            OutsideSystem("ZSZO", f"{city}/{zszo_pages.ROOT}"),
        )

    def texts(self) -> Sequence[Sent]:
        """Return the text messages sent, the newest first."""
        return [
            Sent(to=str(each["to"]), subject="", text=str(each["message"]))
            for each in reversed(self._servers.sms())
        ]


@contextmanager
def opened(
    office: Office, folder: Path, *, clock: Clock | None = None, with_cases: bool = False, pages: str = ""
) -> Iterator[tuple[ProcessEngine, Outside]]:
    """Start the servers and open the database in the folder; a fresh one is furnished, ``with_cases`` too.

    ``clock`` is the business clock, the machine's unless given: the city's own systems go by it too.
    ``pages`` is where the office answers: the SMS gateway sends its delivery reports there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    city = CityClock()
    file = folder / "obieg.db"
    is_fresh = not file.exists()
    with DemoServers(folder / "outside", now=city.now, pages=pages) as servers:
        registry = office.handlers(servers.environment)
        with ProcessEngine(f"sqlite:///{file}", clock=clock, handlers=registry) as engine:
            city.engine = engine
            servers.sio.organ = Organ(engine)
            if is_fresh:
                furnish(engine, office)
            if is_fresh and with_cases:
                Seeds(engine, servers).sow()
            yield engine, Outside(servers)


def furnish(engine: ProcessEngine, office: Office) -> None:
    """Add the invented people, name their groups and deploy every procedure that is shipped."""
    for person_id, name, roles, groups, school in _PEOPLE:
        engine.people.add(person_id, name=name, roles=roles, groups=groups, school=school, by=OWNER)
    for group, called in _GROUPS.items():
        engine.groups.call(group, called, by=OWNER)
    for procedure in sorted(each.name for each in office.processes.iterdir() if each.is_dir()):
        publish(engine, [office.processes / procedure, office.forms / procedure], by=OWNER)


def _mail(number: int, mail: EmailMessage) -> Sent:
    body = mail.get_body(("plain",))
    names = tuple(part.get_filename() or "załącznik" for part in mail.iter_attachments())
    return Sent(
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        text=body.get_content() if body is not None else "",
        attachments=names,
        number=number,
    )
