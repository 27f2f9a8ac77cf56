"""What came of the demonstration's case: each function shows it and refuses anything less."""

from __future__ import annotations

import re
from email.message import EmailMessage
from urllib.request import Request, urlopen

import msgspec

from commands import history as history_command
from commands import output
from commands import verify as verify_command
from commands.demonstration.stage import Stage
from demo.pdf import encryption, open_text

KEY = re.compile(r"\b[0-9A-Za-z]{4}(?:-[0-9A-Za-z]{4}){3}\b")
WRONG_KEY = "aaaa-bbbb-cccc-dddd"
_AES_256 = (6, 256)
_TOLD = (
    "instance_started", "user_task_created", "user_task_ended", "timer_scheduled", "timer_ended", "job_ended",
    "message_correlated", "incident_raised", "instance_ended",
)  # fmt: skip


def mailed_package(stage: Stage) -> bytes:
    """Show the mails as they arrived; return the encrypted document of the last."""
    stage.wait_for(
        "the mail with the package", lambda: next(filter(_attachment, stage.servers.mails()), None)
    )
    stage.scene("What arrived in the school's mailbox")
    package = b""
    for mail in stage.servers.mails():
        for header in ("From", "To", "Subject", "Date", "Message-ID"):
            output.show(f"  {header}: {mail[header]}")
        content = _attachment(mail)
        if content:
            package = content
            output.show(f"  attachment: dane-dostepowe.pdf, {len(content)} bytes")
        output.show()
    (stage.folder / "dane-dostepowe.pdf").write_bytes(package)
    return package


def opened_package(stage: Stage, package: bytes) -> str:
    """Show the SMS, open the document with its key and with a wrong one; return the start password."""
    sms = stage.wait_for("the SMS with the key", stage.servers.sms)
    stage.scene("What arrived on the director's service mobile")
    output.show(f"  to {sms[0]['to']}: {sms[0]['message']}")
    keys = KEY.findall(sms[0]["message"])
    stage.require("there is exactly one SMS, with one key", len(sms) == len(keys) == 1)
    stage.require("a wrong key does not open the package", open_text(package, WRONG_KEY) is None)
    text = open_text(package, keys[0]) or ""
    stage.require("the key from the SMS opens it", bool(text))
    stage.require("it is encrypted with AES-256", encryption(package, keys[0]) == _AES_256)
    lines = text.splitlines()
    for line in lines[:8]:
        output.show(f"  │ {line}")
    password = lines[lines.index("Hasło startowe") + 1]
    stage.require("it names the login", "jkowalska" in lines)
    return password


def logged_in(stage: Stage, password: str) -> None:
    """Log in to the reference ZSZO as the user would."""
    stage.scene("jkowalska logs in to ZSZO")
    url = stage.servers.environment["OBIEG_ZSZO_URL"] + "/logowanie"
    answer = _post(url, {"login": "jkowalska", "haslo": password})
    stage.require("the start password works and must be changed", answer.get("zmiana_wymagana") is True)
    changed = _post(url, {"login": "jkowalska", "haslo": password, "nowe_haslo": "Własne-hasło-2026"})
    stage.require("it was changed to her own", changed.get("zmiana_wymagana") is False)


def history(stage: Stage, key: int) -> None:
    """Show what happened, with deadlines; everything is in `obieg history`."""
    events = stage.engine.history(key)
    stage.scene(f"What the history says ({len(events)} events; the telling ones)")
    history_command.tell([each for each in events if each.type in _TOLD])


def verified(stage: Stage, key: int) -> None:
    """Verify the case."""
    stage.scene("Is the history what was written?")
    report = stage.engine.verify(key)
    verify_command.tell(report)
    stage.require("chain, fold and re-execution are in order", report.ok)


def nothing_in_clear(stage: Stage, password: str) -> None:
    """Look for the password in every byte that was written."""
    places = [*stage.folder.glob("obieg.db*"), *(stage.folder / "outside").rglob("*")]
    found = [each.name for each in places if each.is_file() and password.encode() in each.read_bytes()]
    stage.require("the password stands in no byte of the database, the mails or the journals", not found)


def _attachment(mail: EmailMessage) -> bytes:
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            return content
    return b""


def _post(url: str, body: dict[str, str]) -> dict[str, object]:
    request = Request(url, data=msgspec.json.encode(body))  # noqa: S310  the demo server on this machine
    with urlopen(request, timeout=10) as reply:  # noqa: S310
        return dict(msgspec.json.decode(reply.read()))
