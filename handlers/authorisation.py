"""``authorisation.*``: the register of authorisations (art. 76, B11, B33, B45) and of applications.

Both are registers of the engine: entries are added in the transaction that completes the job, never changed
or deleted. What is in force is read from all entries of an authorisation, oldest first; whoever concludes
from that writes only if nobody has written since (``RegisterEntry.after``), so two grants cannot overlap.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

from engine import WARSAW, BpmnError, Completed, Entry, HandlerRegistry, JobContext, JobFailure, RegisterEntry
from handlers import inputs

AUTHORISATIONS, APPLICATIONS = "upowaznienia", "wnioski_sio"
HEADS = ("kierownik", "po")
MOST_YEARS = 5
COLLISION, NOT_THERE = "KOLIZJA_UPOWAZNIEN", "BRAK_UPOWAZNIENIA"
_KEPT = (
    "podstawa", "rodzaj_podmiotu", "przekazujacy", "numer_rspo", "regon", "nazwa_podmiotu", "imie",
    "nazwisko", "funkcja", "udzielajacy", "data_upowaznienia", "zakresy_wewnetrzne", "zakresy",
    "potwierdzanie", "numer_sprawy", "numer_sio", "adres_email", "organ",
)  # fmt: skip


def register(registry: HandlerRegistry) -> None:
    """Register the job types of both registers."""
    registry.handler("authorisation.check")(check)
    registry.handler("authorisation.conclude")(conclude)
    registry.handler("authorisation.grant", errors=(COLLISION,))(grant)
    registry.handler("authorisation.find", errors=(NOT_THERE,))(find)
    registry.handler("authorisation.extend", errors=(COLLISION,))(extend)
    registry.handler("authorisation.end")(end)


def check(context: JobContext) -> Completed:
    """Look for what the person and the unit have already; write the application down (B31–B33, BB18).

    Variables: the application's; out: ``rejestr`` with the authorisations in force (``przyznane``), those of
    other heads that overlap (``kolizje``), the person's open cases (``otwarte``) and a ``podpowiedz``.
    """
    person, unit = _person(context), _unit(context)
    known, _ = _read(context)
    granted = [each for each in known if (each["osoba"], each["jednostka"]) == (person, unit)]
    others = [each for each in _overlapping(context, known) if each["osoba"] != person]
    number = inputs.text(context, "numer_sprawy")
    cases = _open_cases(context.register(APPLICATIONS))
    still = [case for case, about in cases.items() if about == (person, unit) and case != number]
    found = {"przyznane": _shown(granted), "kolizje": _shown(others), "otwarte": still}
    entry = {"zdarzenie": "zlozony", "numer_sprawy": number, "osoba": person, "jednostka": unit}
    hint = _hint(found)
    return Completed(
        {"rejestr": {**found, "podpowiedz": hint}, "podpowiedz_rejestru": _told(found)},
        [_entry(context, APPLICATIONS, f"wniosek:{number}", {**entry, "podpowiedz": hint})],
    )


def conclude(context: JobContext) -> Completed:
    """Write down how a case ended: variables ``numer_sprawy`` and ``wynik_wniosku``."""
    number, outcome = inputs.text(context, "numer_sprawy"), inputs.text(context, "wynik_wniosku")
    data = {"zdarzenie": "zakonczony", "numer_sprawy": number, "wynik": outcome}
    return Completed({}, [_entry(context, APPLICATIONS, f"wniosek:{number}", data)])


def grant(context: JobContext) -> Completed:
    """Write an authorisation; out: ``upowaznienie``. BPMN error KOLIZJA_UPOWAZNIEN where a head's overlaps.

    A period that is none, or longer than five years, is refused: no model may let it come so far.
    """
    number, start, last = inputs.text(context, "numer_upowaznienia"), *_period(context)
    known, last_number = _read(context)
    in_the_way = _overlapping(context, known)
    if in_the_way:
        raise BpmnError(COLLISION, f"the period overlaps {in_the_way[0]['numer']}")
    data = {name: context.job.variables.get(name) for name in _KEPT}
    data |= {"zdarzenie": "nadano", "numer": number, "od": start, "do": last}
    data |= {"osoba": _person(context), "jednostka": _unit(context)}
    written = _entry(context, AUTHORISATIONS, f"upowaznienie:{number}", data, after=last_number)
    return Completed({"upowaznienie": {**data, "obowiazuje": True}}, [written])


def find(context: JobContext) -> Completed:
    """Return the authorisation ``numer_upowaznienia`` as ``upowaznienie``; ``pesel``, if given, must fit."""
    found, _, _ = _found(context)
    given = context.job.variables.get("pesel") or context.job.variables.get("dokument_cudzoziemca")
    if given and found["osoba"] != fingerprint(str(given)):
        raise BpmnError(NOT_THERE, "the authorisation is another person's")
    return Completed({"upowaznienie": found})


def extend(context: JobContext) -> Completed:
    """Write that an authorisation goes on until ``upowaznienie_do`` (B49); out: ``upowaznienie``.

    BPMN error KOLIZJA_UPOWAZNIEN where another head has been authorised for the time after the old end (B33).
    """
    try:
        found, known, last_number = _found(context)
    except BpmnError as error:  # it was found before: somebody has ended it since, a person must look
        raise JobFailure(f"{error}; look it up in the register", permanent=True) from None
    last = _day(context, "upowaznienie_do")
    if not found["do"] < last <= years_later(found["do"], MOST_YEARS):
        raise inputs.refuse(context, "upowaznienie_do at most 5 years after the old end", "it is not")
    in_the_way = _after(known, found, last)
    if in_the_way:
        raise BpmnError(COLLISION, f"the period overlaps {in_the_way[0]['numer']}")
    data = {
        "zdarzenie": "przedluzono", "numer": found["numer"], "do": last,
        "numer_sprawy": inputs.text(context, "numer_sprawy"),
    }  # fmt: skip
    entry = _entry(context, AUTHORISATIONS, f"upowaznienie:{found['numer']}", data, after=last_number)
    return Completed({"upowaznienie": found | {"do": last}}, [entry])


def end(context: JobContext) -> Completed:
    """Write that an authorisation has ended; header ``zdarzenie``: ``wygaslo`` or ``zablokowano``.

    One that has ended otherwise meanwhile is written down once more: the register tells what was done.
    """
    number = inputs.text(context, "numer_upowaznienia")
    happened = context.job.headers.get("zdarzenie", "")
    if happened not in ("wygaslo", "zablokowano"):
        raise inputs.refuse(context, "the header zdarzenie to be wygaslo or zablokowano", f"got {happened!r}")
    data = {
        "zdarzenie": happened, "numer": number, "o": context.now,
        "podstawa": inputs.optional_text(context, "podstawa_blokady"),
    }  # fmt: skip
    return Completed({}, [_entry(context, AUTHORISATIONS, f"upowaznienie:{number}", data)])


def fingerprint(identity: str) -> str:
    """Return 16 hexadecimal digits that stand for a person in the registers."""
    plain = "".join(identity.split()).casefold()
    return hashlib.sha256(f"sio:{plain}".encode()).hexdigest()[:16]


def years_later(day: dt.date, years: int) -> dt.date:
    """Return the anniversary; of 29 February in a common year, the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def in_force(entries: Iterable[Entry], today: dt.date) -> dict[str, dict[str, Any]]:
    """Return the authorisations that are or will be in force, by number, as their entries say."""
    known: dict[str, dict[str, Any]] = {}
    for entry in entries:
        number, happened = str(entry.data["numer"]), entry.data["zdarzenie"]
        if happened == "nadano":
            known[number] = dict(entry.data)
        elif happened == "przedluzono" and number in known:
            known[number]["do"] = entry.data["do"]
        elif number in known:
            del known[number]
    return {number: each for number, each in known.items() if each["do"] >= today}


def _read(context: JobContext) -> tuple[list[dict[str, Any]], int]:
    """Return what is in force, and the number of the register's last entry at that moment."""
    entries = context.register(AUTHORISATIONS)
    known = list(in_force(entries, _today(context)).values())
    return known, entries[-1].number if entries else 0


def _found(context: JobContext) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    number = inputs.text(context, "numer_upowaznienia")
    known, last_number = _read(context)
    for each in known:
        if each["numer"] == number:
            return each, known, last_number
    raise BpmnError(NOT_THERE, "there is no such authorisation in force")


def _overlapping(context: JobContext, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the authorisations of this unit for the same office of head whose period overlaps (B33)."""
    office, unit = context.job.variables.get("funkcja"), _unit(context)
    if office not in HEADS:
        return []
    start, last = _day(context, "upowaznienie_od"), _day(context, "upowaznienie_do")
    same = [each for each in known if each["jednostka"] == unit and each["funkcja"] == office]
    return [each for each in same if each["od"] <= last and start <= each["do"]]


def _after(known: list[dict[str, Any]], own: dict[str, Any], last: dt.date) -> list[dict[str, Any]]:
    """Return who else holds a head's office of the same unit between the end of one's own and ``last``."""
    if own["funkcja"] not in HEADS:
        return []
    about = (own["jednostka"], own["funkcja"])
    others = [each for each in known if (each["jednostka"], each["funkcja"]) == about and each is not own]
    return [each for each in others if each["od"] <= last and each["do"] > own["do"]]


def _period(context: JobContext) -> tuple[dt.date, dt.date]:
    start, last = _day(context, "upowaznienie_od"), _day(context, "upowaznienie_do")
    if not start <= last <= years_later(start, MOST_YEARS):
        raise inputs.refuse(context, f"a period of at most {MOST_YEARS} years", f"it is {start} to {last}")
    return start, last


def _open_cases(entries: Iterable[Entry]) -> dict[str, tuple[str, str]]:
    cases: dict[str, tuple[str, str]] = {}
    for entry in entries:
        if entry.data["zdarzenie"] == "zlozony":
            cases[str(entry.data["numer_sprawy"])] = (entry.data["osoba"], entry.data["jednostka"])
        else:
            cases.pop(str(entry.data["numer_sprawy"]), None)
    return cases


def _hint(found: dict[str, Any]) -> str:
    answers = (("przyznane", "juz_przyznano"), ("kolizje", "kolizja"), ("otwarte", "otwarty_wniosek"))
    return next((answer for kind, answer in answers if found[kind]), "brak")


def _told(found: dict[str, Any]) -> str:
    """Return the findings as a Polish sentence for the clerk's form."""
    of_them = [f"{each['numer']} (do {each['do']:%d.%m.%Y})" for each in found["przyznane"]]
    of_others = [f"{each['numer']} (do {each['do']:%d.%m.%Y})" for each in found["kolizje"]]
    parts = [
        f"{title}: {', '.join(listed)}."
        for title, listed in (
            ("Czynne upoważnienie tej osoby", of_them),
            ("Czynne upoważnienie innego kierownika w tym okresie", of_others),
            ("Otwarty wniosek tej osoby", found["otwarte"]),
        )
        if listed
    ]
    return " ".join(parts) or "W rejestrze nie ma upoważnień ani otwartych wniosków tej osoby."


def _shown(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: each[name] for name in ("numer", "od", "do", "funkcja")} for each in found]


def _person(context: JobContext) -> str:
    given = context.job.variables.get("pesel") or context.job.variables.get("dokument_cudzoziemca")
    if not given:
        raise inputs.refuse(context, "pesel or dokument_cudzoziemca", "both are missing")
    return fingerprint(str(given))


def _unit(context: JobContext) -> str:
    number = context.job.variables.get("numer_rspo")
    return f"rspo:{number}" if number else f"regon:{inputs.text(context, 'regon')}"


def _day(context: JobContext, name: str) -> dt.date:
    value = context.job.variables.get(name)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    raise inputs.refuse(context, f"the variable {name} to be a date", f"it is {type(value).__name__}")


def _today(context: JobContext) -> dt.date:
    return context.now.astimezone(WARSAW).date()


def _entry(
    context: JobContext, name: str, subject: str, data: dict[str, Any], *, after: int | None = None
) -> RegisterEntry:
    return RegisterEntry(register=name, subject=subject, data=data, after=after)
