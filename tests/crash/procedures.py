"""The two procedures as the people of a crash campaign know them: what is filed, what tasks are given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import cli
from demo.servers import DemoServers
from engine import UserTask
from tests.crash.verbs import Verb

ROOT = Path(cli.__file__).parent
DIRECTOR, CLERK, DECIDES = "dyrektor.sp900", "ek04.nowak", "sio.nowak"
SCHOOL = 999001
_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)  # of a PESEL's digits


class Procedure(Protocol):
    """One of the shipped procedures, and how its people answer."""

    name: str
    process: str
    soon: dt.timedelta  # how far ahead of the next due instant the clock may be moved to it

    def file(self, number: int, today: dt.date, servers: DemoServers) -> Verb:
        """Return the start of case ``number``, having prepared the outside world for it."""

    def answer(self, task: UserTask, today: dt.date) -> Verb | None:
        """Return who completes a task with what; None where nobody ever does."""


def folders(name: str) -> list[Path]:
    """Return what of a procedure is deployed."""
    return [ROOT / "processes" / name, ROOT / "forms" / name]


class Zszo:
    """ZSZO-03, electronic delivery: somebody's start password was lost."""

    name = "zszo03"
    process = "zszo03_haslo_startowe"
    soon = dt.timedelta(hours=2)  # the hour in which a mail may bounce is passed over, the reminders are not

    def file(self, number: int, today: dt.date, servers: DemoServers) -> Verb:
        """Report a lost password of somebody else."""
        login, called = f"pracownik{number}", f"ZSZO/2026/{number:04}"
        account = {
            "login": login, "imie": "Jan", "nazwisko": "Próbny", "numer_rspo": SCHOOL, "zablokowane": False,
        }  # fmt: skip
        servers.city.zszo.accounts[login] = {**account, "haslo": "wlasne"}
        form = {
            "login": login, "powod": "zgubienie", "data_wykrycia": today.isoformat(), "oswiadczenie": True,
            "dane_zweryfikowane": True, "sposob_przekazania": "elektronicznie",
        }  # fmt: skip
        return _start(self.process, f"zszo-{number}", called, form)

    def answer(self, task: UserTask, today: dt.date) -> Verb:
        """Do the task as the shortest way through the procedure wants it."""
        answers: dict[str, dict[str, Any]] = {
            "podejmij_wniosek": {"decyzja": "generuj"},
            "zatwierdz_wysylke": {"zatwierdzono": True},
            "potwierdz_odbior": {
                "data_otrzymania": today.isoformat(), "otworzono_plik": True,
                "data_przekazania": today.isoformat(), "sposob_przekazania_pracownikowi": "osobiscie",
            },
        }  # fmt: skip
        actor = DIRECTOR if task.element_id == "potwierdz_odbior" else CLERK
        return _complete(task, actor, answers[task.element_id])


class Sio:
    """Access to SIO: an employee's authorisation; every third one does not come to be identified."""

    name = "sio"
    process = "sio_weryfikacja_dostepu"
    soon = dt.timedelta(days=9)  # reminders and the day after which nobody need come any more

    def file(self, number: int, today: dt.date, servers: DemoServers) -> Verb:
        """File the application of another person."""
        form = {
            "podstawa": "wewnetrzne", "rodzaj_podmiotu": "szkola", "przekazujacy": "jst",
            "numer_rspo": str(SCHOOL), "regon": "351554353",
            "nazwa_podmiotu": "Szkoła Podstawowa nr 900 w Krakowie", "imie": "Jan", "nazwisko": "Pracowity",
            "pesel": pesel(number), "adres_email": f"osoba{number}@sp900.example", "funkcja": "pracownik",
            "upowaznienie_od": today.isoformat(), "upowaznienie_do": f"{today.year + 4}-08-31",
            "sposob_potwierdzenia": "osobiscie", "tajemnica": True, "zakresy_wewnetrzne": ["dostep"],
            "zakresy": ["rspo", "uczniowie"], "udzielajacy": "Anna Przykładowa, dyrektor",
            "data_upowaznienia": today.isoformat(), "forma_pisemna": True,
        }  # fmt: skip
        return _start(self.process, f"sio-{number}", f"SIO/2026/{number:04}", form)

    def answer(self, task: UserTask, today: dt.date) -> Verb | None:
        """Do the task; for every third one nobody comes to be identified, until it is too late."""
        if task.element_id == "potwierdz_tozsamosc" and task.key % 3 == 0:
            return None
        identified = {
            "dokument": "dowod", "dokument_wazny_do": f"{today.year + 3}-01-01", "dokument_koncowka": "A123",
            "osoba_zgodna": "tak", "nazwisko_zgodne": "tak", "zgloszono_sie": today.isoformat(),
        }  # fmt: skip
        answers: Mapping[str, dict[str, Any]] = {
            "sprawdz_dostep": {"wynik_sprawdzenia": "brak"},
            "oznacz_rozpatrywany": {},
            "rozstrzygnij_poprawnosc": {"wynik_danych": "poprawne", "mam_upowaznienie": True},
            "potwierdz_tozsamosc": identified,
            "stwierdz_niestawiennictwo": {
                "decyzja_niestawiennictwa": "odrzuc",
                "uwagi_tozsamosci": "W księdze wizyt nie ma wpisu.",
            },
            "przyznaj_dostep": {"mam_upowaznienie": True},
        }  # fmt: skip
        return _complete(task, DECIDES, answers[task.element_id])


def pesel(number: int) -> str:
    """Return the number of an invented person born in 1944, with its check digit."""
    digits = f"440514{number % 10_000:04}"
    checked = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return f"{digits}{-checked % 10}"


def _start(process: str, request: str, called: str, form: dict[str, Any]) -> Verb:
    variables = {"numer_sprawy": called, "wnioskodawca": DIRECTOR, **form}
    return Verb(
        kind="start", request=request, actor=DIRECTOR, process=process, number=called, variables=variables
    )


def _complete(task: UserTask, actor: str, answer: dict[str, Any]) -> Verb:
    return Verb(kind="complete", request=f"task-{task.key}", actor=actor, key=task.key, variables=answer)
