"""Bounces: which mail could not be delivered, and is that final?

RFC 3464 says how a server tells it; many tell it another way. A return address of its own (VERP) names the
mail for certain; else its Message-ID does, found in what was returned, in the threading headers or in the
text.
"""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from handlers.mail_in.letter import Letter

_ROBOTS = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon|noreply-dmarc|bounce[s]?)(?:[+.-].*)?@"
)
_ADDRESS = re.compile(r"[\w.%+-]{1,64}@[\w.-]{1,253}")
_MESSAGE_ID_LINE = re.compile(r"^[ \t>]*message-id:\s*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)
_FINAL = re.compile(
    r"address not found|user unknown|unknown user|no such (?:user|recipient|mailbox)"
    r"|mailbox (?:is )?(?:unavailable|full)|(?:could not|couldn't|can't|cannot) be delivered"
    r"|delivery (?:has )?failed|undeliverable|undelivered|delivery status notification \(failure\)"
    r"|returned to sender|permanent(?: fatal)? error"
    r"|niedor[eę]cz|nie (?:została|mogła zostać|można) dor[eę]cz|nieznany (?:adresat|odbiorca|użytkownik)"
    r"|adres nie istnieje|skrzynka (?:jest )?pełna|zwrot wiadomości",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delivery (?:is |status notification \()?delay|warning: (?:could not send|message)|still trying"
    r"|will (?:be )?retr|temporar|op[óo]źni",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


class Fate(StrEnum):
    """What a report says of a mail."""

    FAILED = "failed"
    DELAYED = "delayed"
    OTHER = "other"  # delivered, relayed, expanded: good news, or none


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    """A report about a mail of ours: its fate, whose mailbox, which mail it may be (best first)."""

    fate: Fate
    recipients: tuple[str, ...]
    message_ids: tuple[str, ...]
    status: str
    reason: str


def read(letter: Letter) -> Bounce | None:
    """Return what a letter reports about a mail of ours; None where it is no report."""
    if letter.reports:
        return _standard(letter)
    robot = _ROBOTS.match(letter.sender) is not None or letter.return_path == ""
    if not (letter.failed_recipients or (robot and _says_something(letter))):
        return None
    return Bounce(
        fate=_told_fate(letter),
        recipients=_told_recipients(letter),
        message_ids=_message_ids(letter),
        status=next(iter(_STATUS.findall(letter.text)), ""),
        reason=_first_lines(letter.text),
    )


def _says_something(letter: Letter) -> bool:
    said = f"{letter.subject}\n{letter.text[:4_000]}"
    return _FINAL.search(said) is not None or _DELAYED.search(said) is not None


def _standard(letter: Letter) -> Bounce:
    """Read the fields of RFC 3464 §2.3; the worst action counts, for a mail of ours has one recipient."""
    actions = [block.get("action", "").strip().lower() for block in letter.reports]
    worst = next(
        (each for each in letter.reports if each.get("action", "").strip().lower() == "failed"), None
    )
    chosen = worst or next((each for each in letter.reports if each.get("action")), {})
    fate = Fate.FAILED if worst is not None else Fate.DELAYED if "delayed" in actions else Fate.OTHER
    if not any(actions):  # the field is mandatory, and left out by some
        fate = _told_fate(letter)
    fields = ("final-recipient", "original-recipient")
    given = (block.get(name, "").rpartition(";")[2] for block in letter.reports for name in fields)
    addresses = (address.strip().strip("<>").lower() for address in given)
    reason = chosen.get("diagnostic-code", "").partition(";")[2].strip()
    return Bounce(
        fate=fate,
        recipients=tuple(dict.fromkeys(each for each in addresses if "@" in each))
        or _told_recipients(letter),
        message_ids=_message_ids(letter),
        status=chosen.get("status", "").strip()[:12],
        reason=reason[:500] or _first_lines(letter.text),
    )


def _told_fate(letter: Letter) -> Fate:
    """Judge a report in words only: what says that it is still being tried is no failure."""
    said = f"{letter.subject}\n{letter.text[:4_000]}"
    if _FINAL.search(said):
        return Fate.FAILED
    if _DELAYED.search(said):
        return Fate.DELAYED
    return Fate.FAILED if letter.failed_recipients else Fate.OTHER


def _told_recipients(letter: Letter) -> tuple[str, ...]:
    own = {letter.sender, *letter.recipients}
    said = f"{letter.failed_recipients}\n{letter.text[:4_000]}\n{letter.returned}"
    found = (each.lower().strip(".") for each in _ADDRESS.findall(said))
    return tuple(dict.fromkeys(each for each in found if each not in own))[:20]


def _message_ids(letter: Letter) -> tuple[str, ...]:
    returned = _MESSAGE_ID_LINE.findall(letter.returned)
    quoted = _MESSAGE_ID_LINE.findall(letter.text)
    inside = [each for file in letter.attachments for each in _of_file(file.content)]
    return tuple(dict.fromkeys([*returned, *letter.answers, *quoted, *inside]))[:20]


def _of_file(content: bytes) -> list[str]:
    """Look into a returned mail that came as a plain file (.eml under another type)."""
    return _MESSAGE_ID_LINE.findall(content[:20_000].decode("utf-8", "replace"))


def _first_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:6])[:500]
