"""What came from outside and no case took: letters, bounces, reports, changes in RSPO, for a clerk.

An entry is brought to a case that waits for it, or closed with what was done about it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import WARSAW, EngineError, Entry, NotFound
from web.translation import _
from web.visits import CONFLICT, LARGEST_NUMBER, NOT_FOUND, Visit, go_to, whole_number

REGISTERS = ("poczta_przychodzaca", "raporty_sms", "zmiany_rspo")
FORWARDED = "poczta_przekazana"
MESSAGES = ("wniosek_o_przedluzenie", "email_zwrocony")
_MOST = 200
_TEXT = "tresc.txt"
_LONGEST = 4_000


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One open entry as the page shows it."""

    register: str
    entry: Entry

    def of(self, name: str) -> Any:
        """Return a field of the entry, "" where it has none."""
        return self.entry.data.get(name) or ""

    @property
    def path(self) -> str:
        """Return the entry's address."""
        return f"/letters/{self.register}/{self.entry.number}"

    @property
    def files(self) -> list[dict[str, str]]:
        """Return what came with it: name, type, reference."""
        return list(self.entry.data.get("dokumenty") or [])


def overview(visit: Visit) -> Response:
    """Show what waits for a clerk, the newest first."""
    found = [letter for register in REGISTERS for letter in _open(visit, register)]
    found.sort(key=lambda letter: letter.entry.at, reverse=True)
    return visit.page("letters.html", letters=found[:_MOST])


def show(visit: Visit) -> Response:
    """Show one entry with its text and its files."""
    return _page(visit, _letter(visit))


def close(visit: Visit) -> Response:
    """Close an entry, saying what was done about it."""
    letter = _letter(visit)
    try:
        visit.engine.registers.resolve(
            letter.register, letter.entry.number, resolution=visit.field("resolution").strip(),
            by=visit.person.id,
        )  # fmt: skip
    except EngineError:
        return _page(
            visit, letter, refused=_("Napisz, co zrobiono, albo sprawdź, czy ktoś już tego nie zrobił.")
        )
    return go_to("/letters")


def forward(visit: Visit) -> Response:
    """Bring a letter to a case that waits for it; where none waits, it stays."""
    letter = _letter(visit)
    message, number = visit.field("message"), visit.field("number").strip()
    if message not in MESSAGES or not number:
        return _page(visit, letter, refused=_("Wybierz, czym jest to pismo, i podaj numer sprawy."))
    cases = visit.engine.instances(business_key=number, roots=True, limit=1)
    try:
        visit.engine.take_in(
            request_id=f"forward {letter.register} {letter.entry.number}",
            register=FORWARDED,
            subject=letter.entry.subject,
            data={"wpis": letter.entry.number, "kto": visit.person.id, "numer_sprawy": number},
            message=message,
            correlation_key=number,
            variables=_variables(visit, letter, message),
            root_key=cases[0].root_key if cases else None,
            required=True,
        )
        visit.engine.registers.resolve(
            letter.register, letter.entry.number, by=visit.person.id,
            resolution=f"przekazano sprawie {number}: {message}",
        )  # fmt: skip
    except NotFound:
        return _page(
            visit, letter, refused=_("Sprawa o tym numerze na to nie czeka. Pismo zostaje na liście.")
        )
    return go_to("/letters")


def file(visit: Visit) -> Response:
    """Give a file as an attachment, whatever its sender says it is."""
    letter = _letter(visit)
    at = whole_number(visit.path("at"), LARGEST_NUMBER)
    if at is None or at >= len(letter.files):
        raise HTTPException(NOT_FOUND)
    kept = letter.files[at]
    if letter.entry.instance_key is not None:
        visit.engine.note_disclosure(
            letter.entry.instance_key, f"document {kept['ref']}", actor=visit.person.id
        )
    name = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in kept["nazwa"]
    )
    return Response(
        visit.engine.documents.read(kept["ref"]),
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name or "plik"}"'},
    )


def _open(visit: Visit, register: str) -> list[Letter]:
    entries = visit.engine.registers.entries(register, unresolved=True, limit=_MOST)
    return [Letter(register=register, entry=entry) for entry in entries]


def _letter(visit: Visit) -> Letter:
    """Return the open entry of the address; one that is closed, or of another register, is not there."""
    register = visit.path("register")
    number = whole_number(visit.path("number"), LARGEST_NUMBER)
    found = _open(visit, register) if register in REGISTERS else []
    letter = next((each for each in found if each.entry.number == number), None)
    if letter is None:
        raise HTTPException(NOT_FOUND)
    return letter


def _page(visit: Visit, letter: Letter, *, refused: str = "") -> Response:
    return visit.page(
        "letter.html", status=CONFLICT if refused else 200, letter=letter, text=_text(visit, letter),
        messages=MESSAGES if letter.register == REGISTERS[0] else (), refused=refused,
    )  # fmt: skip


def _text(visit: Visit, letter: Letter) -> str:
    kept = next((each["ref"] for each in letter.files if each["nazwa"] == _TEXT), None)
    try:
        return visit.engine.documents.read(kept).decode("utf-8", "replace") if kept else ""
    except EngineError:  # its case was erased
        return ""


def _variables(visit: Visit, letter: Letter, message: str) -> dict[str, Any]:
    """Return what a case is told: as if the letter had been recognised at once, with the time it came."""
    at = letter.entry.data.get("otrzymano") or letter.entry.at
    if message == "email_zwrocony":
        return {"zwrot_otrzymano": at, "zwrot_powod": letter.entry.subject}
    return {
        "wniosek_uzasadnienie": _text(visit, letter)[:_LONGEST] or letter.entry.subject,
        "wybrany_termin": None,
        "wniosek_otrzymano": at.astimezone(WARSAW),
    }
