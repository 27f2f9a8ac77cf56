"""The register of deviations on a page: for owners, who approve readings, and for auditors; its extracts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.responses import Response

from web import words
from web.authorization import Action
from web.deviations import Approved, Deviation, Standing, approve, with_approvals, wording
from web.pages import registers
from web.translation import N_, Table, _
from web.visits import CONFLICT, NOT_FOUND, Visit, go_to

NAME = "rejestr-odstepstw"
STANDINGS = Table(
    {
        Standing.APPROVED: N_("zatwierdzono"),
        Standing.ON_PAPER: N_("zatwierdzono poza Obiegiem"),
        Standing.REWORDED: N_("zmieniono od zatwierdzenia"),
        Standing.OPEN: N_("czeka na zatwierdzenie"),
    }
)
_COLUMNS = (
    N_("Procedura"), N_("Numer"), N_("Co mówi tekst"), N_("Co robi Obieg"), N_("Dlaczego"),
    N_("Gdzie to widać"), N_("Zatwierdzenie"),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """Show the readings, procedure by procedure."""
    return _page(visit)


def download(visit: Visit) -> Response:
    """Return what is asked for as CSV."""
    return registers.csv_of(NAME, _head(), iter(_rows(visit)))


def extract(visit: Visit) -> Response:
    """Return what is asked for as an extract to print."""
    make: registers.Extract | None = visit.request.app.state.extract
    if make is None:
        raise HTTPException(NOT_FOUND)
    return registers.pdf_of(NAME, make(_("Rejestr odstępstw"), _head(), _rows(visit), visit.engine.now()))


def approved(visit: Visit) -> Response:
    """Approve a reading as it was shown; refused where it has been worded anew since."""
    place = (visit.path("procedure"), visit.path("number"))
    found = next((each for each in _known(visit) if (each.procedure, each.number) == place), None)
    if found is None:
        raise HTTPException(NOT_FOUND)
    if visit.field("wording") != wording(found):
        told = _("Brzmienie %(number)s zmieniono. Przeczytaj je jeszcze raz.", number=found.number)
        return _page(visit, refused=told, status=CONFLICT)
    approve(visit.engine, found, by=visit.person.id)
    return go_to(f"/deviations#{found.procedure}-{found.number}")


def _page(visit: Visit, *, refused: str = "", status: int = 200) -> Response:
    every = with_approvals(visit.engine, _known(visit))
    found = _asked(visit, every)
    who = _who(visit, found)
    return visit.page(
        "deviations.html",
        status=status,
        sections=[
            (name, list(of)) for name, of in itertools.groupby(zip(found, who, strict=True), _procedure)
        ],
        procedures=list(dict.fromkeys(each.deviation.procedure for each in every)),
        count=len(found),
        waiting=sum(each.is_open for each in every),
        asked={"procedure": visit.query("procedure"), "open": visit.query("open")},
        states=STANDINGS,
        wording=wording,
        approves=visit.may(Action.APPROVE_DEVIATIONS),
        has_extract=visit.request.app.state.extract is not None,
        refused=refused,
    )


def _known(visit: Visit) -> Sequence[Deviation]:
    known: Sequence[Deviation] = visit.request.app.state.deviations
    return known


def _asked(visit: Visit, every: Sequence[Approved]) -> list[Approved]:
    """Return what is asked for: of one procedure, or only what waits to be approved."""
    procedure, only_open = visit.query("procedure"), bool(visit.query("open"))
    return [
        each
        for each in every
        if procedure in ("", each.deviation.procedure) and (each.is_open or not only_open)
    ]


def _procedure(each: tuple[Approved, str]) -> str:
    return each[0].deviation.procedure


def _head() -> list[str]:
    return [_(each) for each in _COLUMNS]


def _rows(visit: Visit) -> list[list[str]]:
    found = _asked(visit, with_approvals(visit.engine, _known(visit)))
    return [
        [
            each.deviation.procedure.upper(),
            each.deviation.number,
            each.deviation.text,
            each.deviation.reading,
            each.deviation.why,
            ", ".join(each.deviation.carried_by),
            ": ".join(filter(None, (STANDINGS[each.standing], who))),
        ]
        for each, who in zip(found, _who(visit, found), strict=True)
    ]


def _who(visit: Visit, found: Sequence[Approved]) -> list[str]:
    """Return who approved each reading and when, "" where nobody has."""
    names = visit.engine.people.names({each.approval.by for each in found if each.approval is not None})

    def told(each: Approved) -> str:
        if each.standing is Standing.ON_PAPER:
            return f"{each.deviation.approved_by}, {each.deviation.approved_on}"
        if each.approval is None:
            return ""
        return f"{names.get(each.approval.by, each.approval.by)}, {words.instant(each.approval.at)}"

    return [told(each) for each in found]
