"""What must be true of cases of ZSZO-03 when all is over, however often their workers died.

It is read where it cannot be talked away: in the journals of the outside systems, the mails as they arrived
and the history. Each function raises AssertionError saying what is wrong.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from email.message import EmailMessage

import msgspec
from sqlalchemy import func, select

from demo.pdf import open_text
from engine.store.tables import secret
from tests.crash.office import Case, Office

END = "zakonczono_elektronicznie"
KEY = re.compile(r"\b[0-9A-Za-z]{4}(?:-[0-9A-Za-z]{4}){3}\b")
MAILS_PER_CASE = 2  # the password was generated, the package
SECRETS_PER_CASE = 2  # the password, the key of the package
SERVICE_TASKS = frozenset(
    [
        "zarejestruj_incydent",
        "zarejestruj_zgloszenie_zszo05",
        "odczytaj_wnioskodawce",
        "sprawdz_konto",
        "sprawdz_placowke",
        "otworz_zgloszenie",
        "wygeneruj_haslo",
        "ustaw_haslo",
        "zawiadom_wygenerowano",
        "zaszyfruj_pakiet",
        "wyslij_pakiet",
        "wyslij_klucz",
        "zniszcz_po_odbiorze",
        "zamknij_zakonczone",
    ]
)
# De-duplicating receivers: (journal, event, field with the key).
RECEIVERS = (("sms", "sms", "idx"), ("city", "ticket_opened", "key"), ("city", "password_set", "key"))
_SLACK = dt.timedelta(seconds=1)  # a server may still be writing a mail down when its sender is dead


class Interruption(msgspec.Struct, frozen=True, kw_only=True):
    """What was true when a process had died."""

    at: dt.datetime
    place: str
    stranded: int  # jobs it had claimed and not completed
    mails_kept: frozenset[str]  # the Message-IDs whose acceptance had been written down


def require_each_element_once(office: Office, case: Case) -> None:
    """The case ended where it should, and every element it went through completed once, called ones too."""
    called = office.engine.instances(root_key=case.key, limit=100)
    elements = [each for instance in called for each in office.engine.elements(instance.key)]
    completed = Counter(each.element_id for each in elements if each.state == "completed")
    repeated = {place: times for place, times in completed.items() if times != 1}
    assert repeated == {}, f"{case}: completed more than once: {repeated}"
    assert {END, *SERVICE_TASKS} <= completed.keys(), (
        f"{case}: never completed: {SERVICE_TASKS - completed.keys()}"
    )
    assert not [each for each in elements if each.state == "active"], case
    for register in ("incydenty", "zgloszenia"):
        entries = office.engine.registers.entries(register, instance_key=case.key)
        assert len(entries) == 1, f"{case}: {len(entries)} entries in {register}"


def require_each_key_once(office: Office) -> None:
    """Whoever can tell repetitions apart took one message per case, each with a key of its own."""
    for server, event, field in RECEIVERS:
        keys = [line[field] for line in office.servers.lines(server, event)]
        assert len(keys) == len(set(keys)) == len(office.cases), f"{event}: {Counter(keys).most_common(3)}"
    closed = [line["number"] for line in office.servers.lines("city", "ticket_closed")]
    assert len(closed) == len(set(closed)) == len(office.cases)


def require_one_valid_password(office: Office, case: Case) -> None:
    """One password and one key were ever drawn for the case, and what was mailed opens ZSZO."""
    with office.engine.parts.store.reading() as tx:
        drawn = tx.execute(
            select(func.count()).select_from(secret).where(secret.c.root_key == case.key)
        ).scalar_one()
    assert drawn == SECRETS_PER_CASE, f"{case}: {drawn} secrets"
    (text,) = [line["message"] for line in office.servers.sms() if f"{case.number}:" in line["message"]]
    (key,) = KEY.findall(text)
    lines = [package_text(mail, key).splitlines() for mail in _packages(office, case)]
    passwords = {page[page.index("Hasło startowe") + 1] for page in lines}
    assert len(passwords) == 1, f"{case}: {len(passwords)} passwords"
    answer = office.servers.city.zszo.log_in({"login": case.login, "haslo": passwords.pop()})
    assert answer.code == 200, f"{case}: ZSZO does not know the password: {answer}"


def require_repeated_mails_explained(office: Office, interruptions: Sequence[Interruption]) -> int:
    """Return how many mails came again: only after a death before we knew, and then with the same bytes."""
    outbox = office.servers.directory / "outbox"
    copies: dict[str, list[tuple[dt.datetime, bytes]]] = {}
    for line in office.servers.lines("smtp", "mail"):
        raw = (outbox / line["file"]).read_bytes()
        (identifier,) = re.findall(rb"^Message-ID: (\S+)", raw, re.MULTILINE)
        copies.setdefault(identifier.decode(), []).append((dt.datetime.fromisoformat(line["at"]), raw))
    for identifier, sent in copies.items():
        assert len({raw for _, raw in sent}) == 1, f"{identifier}: different bytes under one Message-ID"
        first, last = sent[0][0] - _SLACK, sent[-1][0]
        deaths = [
            each for each in interruptions if first < each.at < last and identifier not in each.mails_kept
        ]
        assert len(sent) - 1 <= len(deaths), f"{identifier}: {len(sent)} copies, but {len(deaths)} deaths"
    assert len(copies) == MAILS_PER_CASE * len(office.cases)
    return sum(len(sent) - 1 for sent in copies.values())


def package_text(mail: EmailMessage, key: str) -> str:
    """Return the text of the encrypted document that came with a mail."""
    (attachment,) = mail.iter_attachments()
    content = attachment.get_payload(decode=True)
    assert isinstance(content, bytes)
    text = open_text(content, key)
    assert text is not None, "the key does not open the package"
    return text


def _packages(office: Office, case: Case) -> list[EmailMessage]:
    of_case = [mail for mail in office.servers.mails() if case.number in str(mail["Subject"])]
    return [mail for mail in of_case if any(mail.iter_attachments())]
