"""Takes letters in: the entry in the register, its files sealed, the message to the case: one transaction.

A crash before it leaves the letter in the mailbox, a crash after it makes the letter come again and be known.
Nothing is dropped: what no case takes stays open in the register ``poczta_przychodzaca`` for a clerk.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from engine import WARSAW, Conflict, File, NotFound, ProcessEngine, ProcessInstance
from handlers.mail_in import letter as letters
from handlers.mail_in.letter import Letter
from handlers.mail_in.sorting import Kind, Sorted, own_words, sort, wanted_day
from handlers.smtp import EmailSettings

log = logging.getLogger("obieg.mail_in")
REGISTER = "poczta_przychodzaca"
EXTENSION = "wniosek_o_przedluzenie"
NOBODY = "-"  # what ``zwrot_jako`` says where no case waits for a bounce
STRANGER = "nadawca nie jest adresatem żadnej wiadomości w tej sprawie"
LONGEST_REASON = 4_000
# A bounce may overtake the step that has sent the mail: it is looked at again until that is surely committed.
SETTLING = dt.timedelta(minutes=2)
_DONE = {
    Kind.ROBOT: "odpowiedź automatyczna: bez dalszych czynności",
    Kind.OWN: "własna wiadomość wróciła: bez dalszych czynności",
    Kind.REPORT: "raport poczty, który nie mówi o niedoręczeniu: bez dalszych czynności",
}


class Outcome(StrEnum):
    """What became of a letter."""

    DELIVERED = "delivered"
    LISTED = "listed"  # a clerk has to look
    RECORDED = "recorded"  # nobody has to
    REPEATED = "repeated"
    LATER = "later"  # not taken in: it comes again


class MailIntake:
    """Takes letters into one installation; ``settings`` are those its mails are sent with."""

    def __init__(self, engine: ProcessEngine, settings: EmailSettings) -> None:
        self._engine = engine
        self._settings = settings

    def take(self, raw: bytes, received: dt.datetime) -> Outcome:
        """Take one letter in; ``received`` is when the office's mail server got it."""
        letter = letters.read(raw)
        found = sort(letter, self._settings)
        # A clock set ahead (demonstrations) has nothing to do with the mail server's.
        now = self._engine.now()
        at = now if self._engine.clock_offset() else min(received, now)
        if found.kind is Kind.BOUNCE:
            return self._bounced(letter, found, at)
        case = self._case_of(found)
        message = EXTENSION if found.kind is Kind.EXTENSION and case is not None else ""
        if message and case is not None and not self._is_known(case, letter.sender):
            message, found = "", msgspec.structs.replace(found, why=STRANGER)
        return self._entered(letter, found, at, case, message, _request(letter, at))

    def _bounced(self, letter: Letter, found: Sorted, at: dt.datetime) -> Outcome:
        """Bring a bounce to the case whose mail it is; others' mails, and forged ones, go to a clerk."""
        sent = next(self._mails(found), None)
        if sent is None:
            return self._entered(letter, found, at, None, "", {})
        key, kept = sent
        case = self._root(int(key.partition("-")[0]))
        wanted = str(kept.get("bounce_as") or NOBODY)
        message = "" if wanted == NOBODY or case is None else wanted
        young = self._engine.now() - dt.datetime.fromisoformat(str(kept["accepted_at"])) < SETTLING
        about = found.bounce
        variables = {
            "zwrot_adres": kept.get("recipient"), "zwrot_szablon": kept.get("template"),
            "zwrot_otrzymano": at, "zwrot_kod": about.status if about else "",
            "zwrot_powod": about.reason if about else "",
        }  # fmt: skip
        try:
            return self._entered(
                letter, found, at, case, message, variables, required=bool(message) and young
            )
        except NotFound:
            return Outcome.LATER

    def _mails(self, found: Sorted) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the mails of ours that a bounce may be about, with what was kept of them.

        Whoever names a mail by its Message-ID alone must also know to whom it was sent.
        """
        about = found.bounce.recipients if found.bounce is not None else ()
        for place, key in enumerate(found.keys):
            kept = self._engine.effect(key, "smtp")
            if kept is not None and ((found.certain and place == 0) or kept.get("recipient") in about):
                yield key, kept

    def _case_of(self, found: Sorted) -> ProcessInstance | None:
        """Return the case a letter is about: the open one of its number, else the newest."""
        if found.number:
            cases = self._engine.instances(business_key=found.number, roots=True, limit=10)
            return next((each for each in cases if each.ended_at is None), cases[0] if cases else None)
        mails = ((key, self._engine.effect(key, "smtp")) for key in found.keys)
        return next((self._root(int(key.partition("-")[0])) for key, kept in mails if kept is not None), None)

    def _is_known(self, case: ProcessInstance, sender: str) -> bool:
        """Return whether the case has written to this address or was given it: anybody can guess a number.

        Where people write the mails (the binding ``ręczny``), only the application names the address.
        """
        try:
            done, given = self._engine.case(case.key).effects, self._engine.variables(case.key)
        except Conflict:  # erased
            return False
        addresses = [each.reply.get("recipient") for each in done if each.name == "smtp"] + list(
            given.values()
        )
        return sender in {each.strip().lower() for each in addresses if isinstance(each, str)}

    def _root(self, instance_key: int) -> ProcessInstance | None:
        try:
            return self._engine.instance(self._engine.instance(instance_key).root_key)
        except NotFound:
            return None

    def _entered(
        self, letter: Letter, found: Sorted, at: dt.datetime, case: ProcessInstance | None, message: str,
        variables: Mapping[str, Any], *, required: bool = False,
    ) -> Outcome:  # fmt: skip
        number = (case.business_key if case is not None else found.number) or ""
        arrival = self._engine.take_in(
            request_id=f"mail {letter.identity}",
            register=REGISTER,
            subject=letter.subject or "(bez tematu)",
            data={
                "rodzaj": str(found.kind), "powod": found.why, "numer_sprawy": number, "otrzymano": at,
                "nadawca": letter.sender, "wiadomosc_id": letter.message_id,
            },
            message=message,
            correlation_key=number,
            variables=variables,
            files=_files(letter),
            root_key=case.root_key if case is not None else None,
            resolution=_DONE.get(found.kind, ""),
            required=required,
        )  # fmt: skip
        outcome = _outcome(arrival.repeated, arrival.deliveries, found.kind)
        log.info("mail_taken number=%s kind=%s outcome=%s", arrival.number, found.kind.name, outcome)
        return outcome


def _outcome(repeated: bool, deliveries: int, kind: Kind) -> Outcome:
    if repeated:
        return Outcome.REPEATED
    if deliveries:
        return Outcome.DELIVERED
    return Outcome.RECORDED if kind in _DONE else Outcome.LISTED


def _request(letter: Letter, at: dt.datetime) -> dict[str, Any]:
    """Return what a case is told of a request for extension (B42): its words, its day, when it came."""
    return {
        "wniosek_uzasadnienie": own_words(letter.text)[:LONGEST_REASON] or letter.subject,
        "wybrany_termin": wanted_day(letter.text),
        "wniosek_otrzymano": at.astimezone(WARSAW),
    }


def _files(letter: Letter) -> list[File]:
    """Return the mail as it came, its words, and each file it brought."""
    kept = [File(name="wiadomosc.eml", media_type="message/rfc822", content=letter.raw)]
    if letter.text:
        text = letter.text.encode()
        kept.append(File(name="tresc.txt", media_type="text/plain; charset=utf-8", content=text))
    return kept + [
        File(name=each.name, media_type=each.media_type, content=each.content) for each in letter.attachments
    ]
