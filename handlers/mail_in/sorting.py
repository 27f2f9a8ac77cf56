"""What a letter is: a report about a mail of ours, a letter about a case, a robot's, or for a clerk."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from handlers import return_address
from handlers.mail_in import bounces
from handlers.mail_in.bounces import Bounce, Fate
from handlers.mail_in.letter import Letter
from handlers.smtp import EmailSettings

_CASE = re.compile(r"(?<![\w/])([A-Z][A-Z0-9]{1,11}/\d{4}/\d{1,7})(?![\w/])")
_KEY = re.compile(r"<(\d{1,19}(?:-\d{1,19}){1,2})@([^>]+)>")
_EXTENSION = re.compile(
    r"przedłuż|przedluz|(?:zmian|inn)\w{0,9} termin|nowy termin|prze(?:łoż|lo[zż])", re.IGNORECASE
)
_MONTHS = (
    "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|wrzesnia|października|pazdziernika"
    "|listopada|grudnia"
)
_DAY = re.compile(
    rf"\b(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{4}}|\d{{1,2}}\s+(?:{_MONTHS})\s+\d{{4}})\b"
)


class Kind(StrEnum):
    """What a letter was taken for; the words are those of the register."""

    BOUNCE = "zwrot"
    EXTENSION = "wniosek o przedłużenie"
    ABOUT_CASE = "pismo w sprawie"
    REPORT = "raport poczty"
    ROBOT = "odpowiedź automatyczna"
    OWN = "własna wiadomość"
    UNKNOWN = "nierozpoznana"
    UNREADABLE = "nieczytelna"


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter is: ``keys`` name mails of ours (the certain one first), ``number`` a case."""

    kind: Kind
    number: str = ""
    keys: tuple[str, ...] = ()
    certain: bool = False  # the return address names the mail, with a tag only we can make
    bounce: Bounce | None = None
    why: str = ""


def sort(letter: Letter, settings: EmailSettings) -> Sorted:
    """Say what a letter is by its own words; whether a case knows of it, the engine says."""
    if letter.unreadable:
        return Sorted(kind=Kind.UNREADABLE, why=letter.unreadable)
    bounce = bounces.read(letter)
    if bounce is not None:
        return _report(letter, bounce, settings)
    if letter.sender == settings.sender.lower():
        return Sorted(kind=Kind.OWN, why="od nas samych: obieg w kółko")
    if letter.automatic:
        return Sorted(kind=Kind.ROBOT, why=letter.automatic, number=_number(letter, settings))
    return _about_case(letter, settings)


def _report(letter: Letter, bounce: Bounce, settings: EmailSettings) -> Sorted:
    """Name the mail a report is about; only a final failure is a bounce."""
    certain = _returned_to(letter, settings)
    by_id = [key for each in bounce.message_ids if (key := key_of_message(each, settings.domain))]
    keys = tuple(dict.fromkeys([*([certain] if certain else []), *by_id]))
    if bounce.fate is not Fate.FAILED:
        return Sorted(
            kind=Kind.REPORT, keys=keys, bounce=bounce, why=f"{bounce.fate} {bounce.status}".strip()
        )
    return Sorted(kind=Kind.BOUNCE, keys=keys, certain=bool(certain), bounce=bounce)


def _returned_to(letter: Letter, settings: EmailSettings) -> str | None:
    if not settings.token:
        return None
    base = settings.bounces or settings.sender
    found = (return_address.key_of(each, base, settings.token) for each in letter.recipients)
    return next((key for key in found if key), None)


def key_of_message(message_id: str, domain: str) -> str | None:
    """Return the idempotency key in a Message-ID of ours, None for anybody else's."""
    match = _KEY.fullmatch(message_id)
    return match[1] if match is not None and match[2].lower() == domain.lower() else None


def _about_case(letter: Letter, settings: EmailSettings) -> Sorted:
    number = _number(letter, settings)
    keys = tuple(key for each in letter.answers if (key := key_of_message(each, settings.domain)))
    if not number and not keys:
        return Sorted(kind=Kind.UNKNOWN, why="nie wskazuje żadnej sprawy")
    if letter.passed_on:  # perhaps a robot's: a clerk reads it, no case takes it by itself
        return Sorted(kind=Kind.ABOUT_CASE, why=letter.passed_on, number=number, keys=keys)
    asks = _EXTENSION.search(f"{letter.subject}\n{own_words(letter.text)}") is not None
    return Sorted(kind=Kind.EXTENSION if asks else Kind.ABOUT_CASE, number=number, keys=keys)


def _number(letter: Letter, settings: EmailSettings) -> str:
    """Return the one case a letter is about: by the address it was sent to, else by its subject."""
    mailbox = settings.replies or settings.sender
    addressed = {number for each in letter.recipients if (number := return_address.case_of(each, mailbox))}
    if len(addressed) == 1:
        return addressed.pop()
    named = set(_CASE.findall(letter.subject))
    return named.pop() if len(named) == 1 and not addressed else ""


def own_words(text: str) -> str:
    """Return what the sender has written, without the lines quoted from us."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">")).strip()


def wanted_day(text: str) -> str | None:
    """Return the only day a text names, as it names it; None where there is none, or more than one."""
    found = set(_DAY.findall(own_words(text)))
    return found.pop() if len(found) == 1 else None
