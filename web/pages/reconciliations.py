"""Reconciliations: a list exported from SIO, SEOD or ZSZO against the registers; nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import ProcessEngine
from web.translation import N_, Table, _
from web.visits import NOT_FOUND, UNPROCESSABLE, Visit

SYSTEMS = Table(
    {
        "zszo": N_("Hasła startowe ustawione w ZSZO i rejestr incydentów"),
        "seod": N_("Zgłoszenia w SEOD i sprawy ZSZO-03"),
        "sio": N_("Upoważnienia w SIO i rejestr upoważnień"),
    }
)
COLUMNS = {"zszo": "login;data", "seod": "numer;sprawa;stan", "sio": "numer;do;stan"}
SAID = Table(
    {
        "only_there": N_("jest tylko w drugim systemie"),
        "only_here": N_("u nas obowiązuje, w drugim systemie nie"),
        "other_end": N_("inny dzień końca"),
        "still_open": N_("sprawa zakończona, a zgłoszenie otwarte"),
        "reset_without_incident": N_("zmiana hasła bez wpisu w rejestrze incydentów"),
        "incident_without_reset": N_("wpis w rejestrze incydentów bez zmiany hasła (na przykład odmowa)"),
        "no_ticket": N_("zakończona sprawa bez zgłoszenia (na przykład odmowa przed podjęciem)"),
    }
)


class Difference(Protocol):
    """One thing the two sides say differently."""

    @property
    def what(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def ours(self) -> str: ...
    @property
    def theirs(self) -> str: ...


class Outcome(Protocol):
    """What came of a comparison; ``found`` holds the differences and what is only to be seen."""

    @property
    def ours(self) -> int: ...
    @property
    def theirs(self) -> int: ...
    @property
    def found(self) -> Sequence[Difference]: ...
    @property
    def differences(self) -> Sequence[Difference]: ...


# Raises ValueError for a list that cannot be compared.
Reconcile: TypeAlias = Callable[[ProcessEngine, str, bytes], Outcome]


def show(visit: Visit) -> Response:
    """Show what can be compared."""
    _reconcile(visit)
    return _page(visit)


def compare(visit: Visit) -> Response:
    """Compare the list that was sent, and show what is different."""
    reconcile, system = _reconcile(visit), visit.field("system")
    if system not in SYSTEMS:
        raise HTTPException(NOT_FOUND)
    sent = visit.form.get("list")
    content = sent.file.read() if isinstance(sent, UploadFile) else b""
    try:
        outcome = reconcile(visit.engine, system, content)
    except ValueError:
        told = _(
            "Tego zestawienia nie da się odczytać. Potrzebny jest plik CSV z wierszem tytułów: %(columns)s, "
            "dni w postaci rrrr-mm-dd albo dd.mm.rrrr, najwyżej 50 000 wierszy.",
            columns=COLUMNS[system],
        )
        return _page(visit, system=system, refused=told)
    visit.engine.note_office_disclosure(f"reconciliation {system}", actor=visit.person.id)
    return _page(visit, system=system, outcome=outcome)


def _reconcile(visit: Visit) -> Reconcile:
    found: Reconcile | None = visit.request.app.state.reconcile
    if found is None:
        raise HTTPException(NOT_FOUND)
    return found


def _page(visit: Visit, *, system: str = "", outcome: Outcome | None = None, refused: str = "") -> Response:
    serious = {id(each) for each in outcome.differences} if outcome is not None else set()
    found = list(outcome.found) if outcome is not None else []
    return visit.page(
        "reconciliations.html",
        status=UNPROCESSABLE if refused else 200,
        systems=[(name, SYSTEMS[name], COLUMNS[name]) for name in SYSTEMS],
        system=system,
        outcome=outcome,
        differences=[(SAID[each.what], each) for each in found if id(each) in serious],
        notes=[(SAID[each.what], each) for each in found if id(each) not in serious],
        refused=refused,
    )
