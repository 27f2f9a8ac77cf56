"""What must be true of the cases of a procedure when all is over, however often their workers died.

What is the same for all procedures stands in ``invariants``. Each function raises AssertionError saying what
is wrong.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any

from sqlalchemy import func, select

from demo.pdf import open_text
from engine.store.tables import secret
from tests.crash.office import Case, Office
from tests.crash.search import SMS_JOURNAL, Search

KEY = re.compile(r"\b[0-9A-Za-z]{4}(?:-[0-9A-Za-z]{4}){3}\b")
SEARCHED = 3  # cases whose secrets are looked for everywhere
SECRETS_PER_CASE = 2  # the password, the key of the package
# What every case of a procedure went through, by the end it reached.
ENDS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "zszo03": {
        "zakonczono_elektronicznie": frozenset(
            [
                "odczytaj_wnioskodawce", "sprawdz_konto", "sprawdz_placowke", "otworz_zgloszenie",
                "wygeneruj_haslo", "ustaw_haslo", "zawiadom_wygenerowano", "zaszyfruj_pakiet",
                "wyslij_pakiet", "wyslij_klucz", "zniszcz_po_odbiorze", "zamknij_zakonczone",
            ]
        )
    },
    "sio": {
        "dostep_przyznano": frozenset(
            [
                "zgloszenie_w_sio", "wyslij_email_1", "sprawdz_rejestr", "w_sio_rozpatrywany",
                "wyslij_email_2", "w_sio_formalnie", "wyslij_email_3", "w_sio_zaakceptowany",
                "wpisz_do_rejestru", "zawiadom_pobierz",
            ]
        ),
        "odrzucony": frozenset(
            [
                "zgloszenie_w_sio", "wyslij_email_1", "sprawdz_rejestr", "w_sio_odrzucony",
                "zawiadom_odrzucenie",
            ]
        ),
    },
}  # fmt: skip
REGISTERS = {"zszo03": ("incydenty", "zgloszenia"), "sio": ()}
# The same element in many instances, or again and again in one: called diagrams, reminders.
CALLED = frozenset({"sio_czynnosc", "sio_zawiadomienie"})
# De-duplicating receivers of ZSZO-03: (journal, event, field with the key).
RECEIVERS = (("sms", "sms", "idx"), ("city", "ticket_opened", "key"), ("city", "password_set", "key"))


def require_ended_well(office: Office) -> None:
    """Every case ended where it may, by way of each of its steps once; what is the procedure's own holds."""
    cases = office.cases
    for case in cases:
        require_each_element_once(office, case)
    if office.procedure.name == "zszo03":
        require_each_key_once(office, cases)
        require_one_valid_password_each(office, cases)
    else:
        require_one_authorisation_each(office, cases)


def require_each_element_once(office: Office, case: Case) -> None:
    """The case ended where it should, and no element completed twice in one instance, called ones too."""
    steps: set[str] = set()
    for instance in office.engine.instances(root_key=case.key, limit=1000):
        elements = office.engine.elements(instance.key)
        assert not [each for each in elements if each.state == "active"], f"{case}: {instance}"
        completed = Counter(each.element_id for each in elements if each.state == "completed")
        repeated = {place: times for place, times in completed.items() if times != 1}
        assert repeated == {}, f"{case}: completed more than once: {repeated}"
        if instance.process_id not in CALLED:
            both = steps & completed.keys()
            assert not both, f"{case}: completed in two instances: {both}"
        steps |= completed.keys()
    ends = ENDS[office.procedure.name]
    reached = [end for end in ends if end in steps]
    assert len(reached) == 1, f"{case}: expected one of the ends {sorted(ends)}, but reached {reached}"
    assert ends[reached[0]] <= steps, f"{case}: never completed: {ends[reached[0]] - steps}"
    for register in REGISTERS[office.procedure.name]:
        entries = office.engine.registers.entries(register, instance_key=case.key)
        assert len(entries) == 1, f"{case}: {len(entries)} entries in {register}"


def require_each_key_once(office: Office, cases: Sequence[Case]) -> None:
    """Whoever can tell repetitions apart took one message per case, each with a key of its own (I3)."""
    for server, event, field in RECEIVERS:
        keys = [line[field] for line in office.servers.lines(server, event)]
        assert len(keys) == len(set(keys)) == len(cases), f"{event}: {Counter(keys).most_common(3)}"
    closed = [line["number"] for line in office.servers.lines("city", "ticket_closed")]
    assert len(closed) == len(set(closed)) == len(cases)


def require_one_valid_password_each(office: Office, cases: Sequence[Case]) -> None:
    """One password and one key were ever drawn for a case, and what was mailed opens ZSZO (I4).

    Those of some cases are looked for in every byte that was written, crashes and all (I9).
    """
    search = Search(office)
    drawn_for = select(secret.c.root_key, func.count()).group_by(secret.c.root_key)
    with office.engine.parts.store.reading() as tx:
        drawn = {row[0]: row[1] for row in tx.execute(drawn_for)}
    texts = [str(line["message"]) for line in office.servers.sms()]
    packages = [mail for mail in office.servers.mails() if any(mail.iter_attachments())]
    for number, case in enumerate(cases):
        assert drawn[case.key] == SECRETS_PER_CASE, f"{case}: {drawn[case.key]} secrets"
        (text,) = [each for each in texts if f"{case.number}:" in each]
        (key,) = KEY.findall(text)
        sent = [mail for mail in packages if case.number in str(mail["Subject"])]
        lines = [package_text(mail, key).splitlines() for mail in sent]
        passwords = {page[page.index("Hasło startowe") + 1] for page in lines}
        assert len(passwords) == 1, f"{case}: {len(passwords)} passwords"
        password = passwords.pop()
        if number < SEARCHED:
            assert (search.find(password), search.find(key)) == (set(), {SMS_JOURNAL}), case
        answer = office.servers.city.zszo.log_in({"login": case.login, "haslo": password})
        assert answer.code == 200, f"{case}: ZSZO does not know the password: {answer}"


def package_text(mail: EmailMessage, key: str) -> str:
    """Return the text of the encrypted document that came with a mail."""
    (attachment,) = mail.iter_attachments()
    content = attachment.get_payload(decode=True)
    assert isinstance(content, bytes)
    text = open_text(content, key)
    assert text is not None, "the key does not open the package"
    return text


def require_one_authorisation_each(office: Office, cases: Sequence[Case]) -> None:
    """Who got access has one authorisation of at most five years, the same in SIO and in the register."""
    granted = [each for each in cases if _granted(office, each)]
    in_register = office.engine.registers.all_in("upowaznienia")
    given: list[dict[str, Any]] = [
        dict(each.data) for each in in_register if each.data["zdarzenie"] == "nadano"
    ]
    numbers = [each["numer"] for each in given]
    assert sorted(numbers) == sorted(office.servers.sio.authorisations), "SIO and the register differ"
    assert sorted(each["numer_sprawy"] for each in given) == sorted(each.number for each in granted)
    for each in given:
        start, last = (dt.date.fromisoformat(str(each[name])) for name in ("od", "do"))
        assert last <= start.replace(year=start.year + 5), each
    applications = office.servers.sio.applications.values()
    assert sorted(each["numer_sprawy"] for each in applications) == sorted(each.number for each in cases)


def _granted(office: Office, case: Case) -> bool:
    elements = office.engine.elements(case.key)
    return any(each.element_id == "dostep_przyznano" and each.state == "completed" for each in elements)
