"""Cases to look at in an invented office: filed on different days, in different states, one that needs help.

They are carried as people would carry them, through the engine's verbs; only the clock has been set back.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from demo.servers import DemoServers
from engine import WARSAW, EngineError, ProcessEngine, UserTask

_ZSZO, _SIO = "zszo03_haslo_startowe", "sio_weryfikacja_dostepu"
_CLERK, _HEAD, _VERIFIER = "ek04.nowak", "kierownik.wisz", "sio.kowal"
BEGINNING = dt.timedelta(days=-9)
_HOUR = dt.timedelta(hours=1, minutes=5)


class Seeds:
    """Files and carries cases of one office."""

    def __init__(self, engine: ProcessEngine, servers: DemoServers) -> None:
        self._engine = engine
        self._servers = servers
        self._filed = 0

    def sow(self) -> None:
        """Leave about a dozen cases, from nine days ago until now."""
        self._engine.set_clock_offset(BEGINNING)
        self._first_days()
        self._pass(dt.timedelta(days=6))
        self._this_week()
        self._stuck()
        self._pass(self._engine.clock_offset() * -1)
        self._today()

    def _first_days(self) -> None:
        done = self._password("dyrektor.sp900", "jkowalska", "zgubienie")
        self._complete(done, "podejmij_wniosek", _CLERK, decyzja="generuj")
        self._complete(done, "zatwierdz_wysylke", _CLERK, zatwierdzono=True)
        self._pass(_HOUR)
        today = self._today_is()
        self._complete(
            done, "potwierdz_odbior", "dyrektor.sp900", data_otrzymania=today, otworzono_plik=True,
            data_przekazania=today, sposob_przekazania_pracownikowi="osobiscie",
        )  # fmt: skip
        self._password("dyrektor.sp900", "pzielinski", "zapomnienie")  # a blocked account: refused at once
        access = self._access("Anna", "Przykładowa", "44051401359")
        self._complete(access, "sprawdz_dostep", _VERIFIER, wynik_sprawdzenia="brak")
        self._complete(access, "oznacz_rozpatrywany", _VERIFIER)
        self._complete(
            access, "rozstrzygnij_poprawnosc", _VERIFIER, wynik_danych="poprawne", mam_upowaznienie=True
        )

    def _this_week(self) -> None:
        waiting = self._password("dyrektor.nlo", "cduda", "zgubienie")
        self._complete(waiting, "popraw_kontakt", "dyrektor.nlo", poprawiono=True, rspo_nieaktualne=True)
        self._password("dyrektor.sp902", "anowicka", "zgubienie")
        access = self._access("Celina", "Zmyślona", "02070803628")
        self._complete(access, "sprawdz_dostep", _VERIFIER, wynik_sprawdzenia="brak")

    def _stuck(self) -> None:
        """File a case while the city's register of users is down until nobody tries any more."""
        self._servers.fault("city", "500", times=1000)
        self._password("dyrektor.sp903", "bwozniak", "zgubienie")
        for _ in range(12):
            self._pass(dt.timedelta(hours=2))
        self._servers.city.faults.clear()

    def _today(self) -> None:
        self._password("dyrektor.sp900", "jkowalska", "zapomnienie")
        self._access("Bartłomiej", "Żądło-Próbny", "85010112345")

    def _password(self, director: str, login: str, reason: str) -> int:
        return self._start(
            _ZSZO, director, login=login, powod=reason, data_wykrycia=self._today_is(), oswiadczenie=True,
            sposob_przekazania="elektronicznie", dane_zweryfikowane=True,
        )  # fmt: skip

    def _access(self, first: str, last: str, pesel: str) -> int:
        year = self._today_is().year
        return self._start(
            _SIO, "dyrektor.sp900", podstawa="ustawa", rodzaj_podmiotu="szkola", przekazujacy="jst",
            numer_rspo="999001", regon="351554353", nazwa_podmiotu="Szkoła Podstawowa nr 900 w Krakowie",
            imie=first, nazwisko=last, pesel=pesel, adres_email="dyrektor@sp900.example", funkcja="kierownik",
            upowaznienie_od=dt.date(year + 1, 1, 1), upowaznienie_do=dt.date(year + 4, 8, 31),
            sposob_potwierdzenia="osobiscie", tajemnica=True,
        )  # fmt: skip

    def _start(self, process_id: str, person: str, **form: Any) -> int:
        self._filed += 1
        prefix = process_id.partition("_")[0].upper()
        register = f"sprawy {prefix}/{self._today_is().year}"
        taken = self._engine.registers.draw_number(register, request_id=f"pokaz-{self._filed}")
        number = f"{prefix}/{self._today_is().year}/{taken}"
        started = self._engine.start(
            process_id,
            variables={"numer_sprawy": number, "wnioskodawca": person, **form},
            business_key=number,
            actor=person,
        )
        self._engine.run_until_idle()
        return started.key

    def _complete(self, key: int, element_id: str, person: str, **form: Any) -> None:
        task = self._task(key, element_id)
        if task.assignee is None:
            self._engine.claim(task.key, actor=person)
        self._engine.complete(task.key, variables=form, actor=person)
        self._engine.run_until_idle()

    def _task(self, key: int, element_id: str) -> UserTask:
        """Return an open task of a case or of what it has called."""
        for instance in self._engine.instances(root_key=key):
            for task in self._engine.user_tasks(instance_key=instance.key, element_id=element_id):
                return task
        raise EngineError(f"expected an open task {element_id} in case {key}, but there is none")

    def _pass(self, by: dt.timedelta) -> None:
        self._engine.set_clock_offset(self._engine.clock_offset() + by)
        self._engine.run_until_idle()

    def _today_is(self) -> dt.date:
        return self._engine.now().astimezone(WARSAW).date()
