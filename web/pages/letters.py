"""What came from outside and no case took: letters, bounces, reports, changes in RSPO, for a clerk.

An entry is brought to a case that waits for it, or closed with what was done about it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import SHORTEST_RESOLUTION, WARSAW, EngineError, Entry, NotFound
from web.register_tables import OF_LETTERS
from web.translation import _
from web.visits import CONFLICT, LARGEST_NUMBER, NOT_FOUND, Visit, go_to, whole_number

REGISTERS = OF_LETTERS
FORWARDED = "poczta_przekazana"
MESSAGES = ("wniosek_o_przedluzenie", "email_zwrocony")
MOST = 100  # letters on a page
_FURTHEST = 100_000
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
    """Show what waits for a clerk, the oldest first, a page at a time."""
    begin = whole_number(visit.query("from"), _FURTHEST) or 0
    end = begin + MOST
    found = [letter for register in REGISTERS for letter in _open(visit, register, end + 1)]
    found.sort(key=lambda letter: letter.entry.at)
    return visit.page(
        "letters.html",
        letters=found[begin:end],
        previous=max(begin - MOST, 0) if begin else None,
        following=end if len(found) > end else None,
    )


def show(visit: Visit) -> Response:
    """Show one entry with its text and its files."""
    return _page(visit, _letter(visit))


def close(visit: Visit) -> Response:
    """Close an entry, saying what was done about it."""
    letter, resolution = _letter(visit), visit.field("resolution").strip()
    if len(resolution) < SHORTEST_RESOLUTION:
        told = _("Rozstrzygnięcie musi mieć co najmniej %(count)s znaków.", count=SHORTEST_RESOLUTION)
        return _page(visit, letter, refused=told)
    try:
        visit.engine.registers.resolve(
            letter.register, letter.entry.number, resolution=resolution, by=visit.person.id
        )
    except EngineError:
        return _page(visit, letter, refused=_("Ten wpis ktoś już zamknął."))
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
            request_id=f"forward {letter.register} {letter.entry.number} {message} {number}",
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
    what, case = f"document {kept['ref']}", letter.entry.instance_key
    if case is None:
        visit.engine.note_office_disclosure(what, actor=visit.person.id)
    else:
        visit.engine.note_disclosure(case, what, actor=visit.person.id)
    name = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in kept["nazwa"]
    )
    return Response(
        visit.engine.documents.read(kept["ref"]),
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name or "plik"}"'},
    )


def _open(visit: Visit, register: str, most: int) -> list[Letter]:
    entries = visit.engine.registers.entries(register, unresolved=True, oldest_first=True, limit=most)
    return [Letter(register=register, entry=entry) for entry in entries]


def _letter(visit: Visit) -> Letter:
    """Return the open entry of the address; one that is closed, or of another register, is not there."""
    register = visit.path("register")
    number = whole_number(visit.path("number"), LARGEST_NUMBER)
    if register not in REGISTERS or number is None:
        raise HTTPException(NOT_FOUND)
    entry = visit.engine.registers.entry(register, number)
    if entry.resolution is not None:
        raise HTTPException(NOT_FOUND)
    return Letter(register=register, entry=entry)


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
