"""Journals clerks write by hand: telephone calls, appointments, what happened on paper during an outage.

Calls that a step of a procedure asks for are written by that step (``obieg:entry:rozmowy``).

Each entry has two times: when it happened, and when it was entered. An entry is never changed; a mistake is
put right by another. Cards for the paper mode are numbered beforehand, and each is entered once; a slot at
the counter is one person's until the entry is closed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import re
from collections.abc import Mapping

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import WARSAW, Conflict, Entry, InvalidVariables
from web.authorization import Action
from web.pages.registers import newest_first
from web.register_tables import NAMES, TITLES
from web.translation import N_, Table, _
from web.visits import NOT_FOUND, UNPROCESSABLE, Visit, go_to, whole_number

CALLS, PAPER, COUNTER = "rozmowy", "tryb_papierowy", "terminarz"
CARDS = "karty papierowe"  # the series of their numbers, by year
MOST_CARDS = 50
OLDEST = dt.timedelta(days=366)
RESOLVED = "wpis własny"
_CARD = re.compile(r"P/(20[0-9]{2})/([1-9][0-9]{0,5})")  # one spelling each: no other digits
_SHORTEST, _LONGEST = 10, 2_000
DIRECTIONS = Table({"wychodząca": N_("wychodząca"), "przychodząca": N_("przychodząca")})


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One input of a journal's form; ``kind`` as the template draws it."""

    key: str
    kind: str = "text"
    longest: int = 120
    required: bool = True


FIELDS: Mapping[str, tuple[Field, ...]] = {
    CALLS: (
        Field(key="zdarzenie_o", kind="datetime-local"),
        Field(key="kierunek", kind="select"),
        Field(key="telefon", kind="tel", longest=30),
        Field(key="rozmowca"),
        Field(key="tresc", kind="textarea", longest=_LONGEST),
        Field(key="numer_sprawy", required=False),
    ),
    COUNTER: (
        Field(key="termin", kind="datetime-local"),
        Field(key="rozmowca"),
        Field(key="tresc", kind="textarea", longest=_LONGEST),
        Field(key="numer_sprawy", required=False),
    ),
    PAPER: (
        Field(key="numer_karty", longest=20),
        Field(key="zdarzenie_o", kind="datetime-local"),
        Field(key="tresc", kind="textarea", longest=_LONGEST),
        Field(key="numer_sprawy", required=False),
    ),
}


def show(visit: Visit) -> Response:
    """Show the form of a journal."""
    return _page(visit, _name(visit), {}, {})


def write(visit: Visit) -> Response:
    """Write an entry; refused are a card entered already or never issued, and a slot somebody has.

    The same form sent again by the same person is answered as the first time, whatever was written since.
    """
    name = _name(visit)
    given = {field.key: visit.field(field.key).strip() for field in FIELDS[name]}
    errors, asked = _errors(visit, name, given), visit.request_id
    if errors or asked is None:
        return _page(visit, name, given, errors)
    when = "termin" if name == COUNTER else "zdarzenie_o"
    number = given["numer_sprawy"]
    cases = visit.engine.instances(business_key=number, roots=True, limit=1) if number else []
    subject = number or given.get("numer_karty") or given["rozmowca"]
    try:
        visit.engine.take_in(
            request_id=_sent(visit, asked, given), register=name, subject=subject,
            data={**given, when: _moment(given[when]), "kto": visit.person.id},
            resolution="" if name == COUNTER else RESOLVED, root_key=cases[0].root_key if cases else None,
            holds=_held(name, given), until_closed=name == COUNTER,
        )  # fmt: skip
    except InvalidVariables:
        return _page(visit, name, given, {"tresc": _("Tego tekstu nie da się zapisać.")})
    except Conflict:
        return _page(visit, name, given, _taken(name))
    return go_to(f"/registers/{name}")


def _sent(visit: Visit, asked: str, given: Mapping[str, str]) -> str:
    """Return what makes two sendings one: the form, who sent it and what it said."""
    said = msgspec.json.encode([visit.person.id, sorted(given.items())])
    return f"{asked} {hashlib.sha256(said).hexdigest()}"


def _held(name: str, given: Mapping[str, str]) -> str:
    """Return what this entry alone may have: its card, its slot (in UTC, so that it has one spelling)."""
    at = _moment(given["termin"]) if name == COUNTER else None
    if at is not None:
        return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%MZ}"
    return given["numer_karty"] if name == PAPER else ""


def _taken(name: str) -> dict[str, str]:
    if name == PAPER:
        return {"numer_karty": _("Ta karta jest już wpisana.")}
    return {"termin": _("Ten termin jest już zajęty.")}


def cards(visit: Visit) -> Response:
    """Number cards to print: they are filled in by hand while the system is down, and entered afterwards."""
    if _name(visit) != PAPER:
        raise HTTPException(NOT_FOUND)
    count = whole_number(visit.field("count"), MOST_CARDS)
    asked = visit.request_id
    if not count or asked is None:
        raise HTTPException(UNPROCESSABLE, _("Podaj, ile kart: od 1 do %(most)s.", most=MOST_CARDS))
    year = visit.engine.now().astimezone(WARSAW).year
    draw = visit.engine.registers.draw_number
    numbers = [draw(f"{CARDS} {year}", request_id=f"{asked} {at}") for at in range(count)]
    return visit.page("cards.html", numbers=[f"P/{year}/{number}" for number in numbers])


def _name(visit: Visit) -> str:
    name = visit.path("name")
    if name not in FIELDS:
        raise HTTPException(NOT_FOUND)
    return name


def _errors(visit: Visit, name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong, by field."""
    found = {}
    for field in FIELDS[name]:
        wrong = _wrong(visit, field, given[field.key])
        if wrong:
            found[field.key] = wrong
    return found


def _wrong(visit: Visit, field: Field, text: str) -> str:
    if not text:
        return _("Uzupełnij to pole.") if field.required else ""
    if len(text) > field.longest:
        return _("Najwyżej %(most)s znaków.", most=field.longest)
    if field.key == "tresc" and len(text) < _SHORTEST:
        return _("Co najmniej %(least)s znaków.", least=_SHORTEST)
    if field.key == "kierunek" and text not in DIRECTIONS:
        return _("Wybierz odpowiedź.")
    checks = {"zdarzenie_o": _wrong_moment, "numer_karty": _wrong_card, "termin": _wrong_term}
    return checks[field.key](visit, text) if field.key in checks else ""


def _wrong_moment(visit: Visit, text: str) -> str:
    happened, now = _moment(text), visit.engine.now()
    if happened is None:
        return _("Podaj dzień i godzinę.")
    in_order = now - OLDEST <= happened <= now
    return "" if in_order else _("Podaj chwilę, która już była, nie dawniej niż rok temu.")


def _wrong_term(visit: Visit, text: str) -> str:
    """Say what speaks against an appointment: it has passed, the office is closed, it is no slot's begin."""
    at, now = _moment(text), visit.engine.now()
    if at is None:
        return _("Podaj dzień i godzinę.")
    if not now < at <= now + OLDEST:
        return _("Podaj przyszły termin, najdalej za rok.")
    identity = visit.request.app.state.identity
    opens, closes = identity.counter_hours
    if visit.engine.day_off(at.date()) or not opens <= at.time() < closes:
        return _(
            "Wtedy urząd nie przyjmuje. Godziny: %(opens)s–%(closes)s w dni robocze.",
            opens=f"{opens:%H:%M}",
            closes=f"{closes:%H:%M}",
        )
    begins = at - dt.datetime.combine(at.date(), opens, WARSAW)
    if begins % dt.timedelta(minutes=identity.slot_minutes):
        return _(
            "Terminy są co %(minutes)s min od godziny %(opens)s.",
            minutes=identity.slot_minutes,
            opens=f"{opens:%H:%M}",
        )
    return ""


def expected(visit: Visit) -> list[Entry]:
    """Return the appointments that are still open, by their time."""
    found = list(newest_first(visit.engine, COUNTER, unresolved=True))
    return sorted(found, key=lambda entry: entry.data["termin"])


def counter(visit: Visit) -> Response:
    """Show who comes when: the open appointments, day by day; those that have passed wait to be closed."""
    by_day = [(day, list(of_day)) for day, of_day in itertools.groupby(expected(visit), _local_day)]
    opens, closes = visit.request.app.state.identity.counter_hours
    return visit.page(
        "counter.html",
        days=by_day,
        today=visit.engine.now().astimezone(WARSAW).date(),
        opens=opens,
        closes=closes,
        writes=visit.may(Action.RESOLVE_REGISTERS),
    )


def _local_day(entry: Entry) -> dt.date:
    at: dt.datetime = entry.data["termin"]
    return at.astimezone(WARSAW).date()


def _wrong_card(visit: Visit, text: str) -> str:
    found = _CARD.fullmatch(text)
    if found is None:
        return _("Numer karty ma postać P/rok/numer.")
    issued, _waiting = visit.engine.registers.counts(f"{CARDS} {found[1]}")
    return "" if int(found[2]) <= issued else _("Karty o tym numerze nie wydano.")


def _moment(text: str) -> dt.datetime | None:
    """Return a local time of a form in Warsaw, None where it is none."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=WARSAW) if at.tzinfo is None else None


def _page(visit: Visit, name: str, given: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    return visit.page(
        "journal.html",
        status=UNPROCESSABLE if errors or visit.request.method == "POST" else 200,
        name=name,
        title=TITLES[name],
        fields=FIELDS[name],
        labels={field.key: NAMES[field.key] for field in FIELDS[name]},
        directions=[(each, DIRECTIONS[each]) for each in DIRECTIONS],
        given=given,
        errors=errors,
        has_cards=name == PAPER,
        most=MOST_CARDS,
    )
