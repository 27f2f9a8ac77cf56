"""Both procedures carried through by everybody they need, on the pages and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine import ProcessInstance
from tests.browser.accessibility import barriers
from tests.browser.office import ServedOffice
from tests.browser.visitor import DESKTOP, PHONE, Visitor

Windows = Callable[..., Visitor]
REPORT = {
    "login": "jkowalska", "powod": "zgubienie", "data_wykrycia": "2026-12-17", "dane_zweryfikowane": "on",
    "sposob_przekazania": "elektronicznie", "oswiadczenie": "on",
}  # fmt: skip
RECEIPT = {
    "data_otrzymania": "2026-12-17", "otworzono_plik": "on", "data_przekazania": "2026-12-17",
    "sposob_przekazania_pracownikowi": "osobiscie",
}  # fmt: skip
ACCESS = {
    "podstawa": "ustawa", "rodzaj_podmiotu": "szkola", "przekazujacy": "jst", "numer_rspo": "999001",
    "regon": "351554353", "nazwa_podmiotu": "Szkoła Podstawowa nr 900 w Krakowie", "imie": "Anna",
    "nazwisko": "Przykładowa", "pesel": "44051401359", "adres_email": "dyrektor@sp900.example",
    "funkcja": "kierownik", "sposob_potwierdzenia": "osobiscie", "tajemnica": "on",
}  # fmt: skip
# A school has one head at a time: two journeys in one office ask for two terms.
TERMS = {
    True: {"upowaznienie_od": "2027-01-01", "upowaznienie_do": "2031-08-31"},
    False: {"upowaznienie_od": "2031-09-01", "upowaznienie_do": "2035-08-31"},
}
IDENTITY = {
    "dokument": "dowod", "dokument_wazny_do": "2030-01-01", "dokument_koncowka": "A123",
    "osoba_zgodna": "tak", "nazwisko_zgodne": "tak", "zgloszono_sie": "2026-12-17",
}  # fmt: skip


class Cast:
    """The people of a journey, each at a window of their own; ``by_keys`` also takes JavaScript away."""

    def __init__(self, windows: Windows, office: ServedOffice, *, by_keys: bool) -> None:
        self.windows = windows
        self.office = office
        self.by_keys = by_keys
        self._open: dict[str, Visitor] = {}

    def window(self, person: str) -> Visitor:
        """Return the window of somebody."""
        if person not in self._open:
            size = PHONE if self.by_keys else DESKTOP
            self._open[person] = self.windows(person, javascript=not self.by_keys, size=size)
        return self._open[person]

    def file(self, person: str, process_id: str, form: dict[str, str]) -> ProcessInstance:
        """File an application and return its case."""
        window = self.window(person)
        window.open("/start")
        self._follow(window, f"/start/{process_id}")
        window.fill_in(form, by_keys=self.by_keys)
        window.send("Złóż", by_keys=self.by_keys)
        assert window.path.startswith("/instances/"), window.page.inner_text("main")
        self.office.work()
        [case] = self.office.engine.instances(process_id=process_id, state=("active",))
        return case

    def do(self, case: ProcessInstance, element_id: str, person: str, form: dict[str, str]) -> None:
        """Find a task of the case in the worklist, fill it in and complete it."""
        family = self.office.engine.instances(root_key=case.key)
        [task] = [
            task
            for instance in family
            for task in self.office.engine.user_tasks(instance_key=instance.key, element_id=element_id)
        ]
        window = self.window(person)
        window.open("/tasks")
        self._follow(window, f"/tasks/{task.key}")
        if form:
            window.fill_in(form, by_keys=self.by_keys)
        window.send("Zakończ zadanie", by_keys=self.by_keys)
        assert window.path.startswith("/tasks?done="), window.page.inner_text("main")
        self.office.work()

    def _follow(self, window: Visitor, path: str) -> None:
        if self.by_keys:
            window.follow(path)
        else:
            window.page.locator(f"a[href='{path}']").first.click()


@pytest.fixture
def cast(request: pytest.FixtureRequest, visitor: Windows, served_anew: ServedOffice) -> Cast:
    return Cast(visitor, served_anew, by_keys=request.param == "keys")


@pytest.fixture
def served_anew(office: ServedOffice) -> Iterator[ServedOffice]:
    """The office without the cases of the journey before."""
    yield office
    for case in office.engine.instances(state=("active", "suspended"), roots=True):
        office.engine.cancel(case.key, actor="wlasciciel", reason="koniec próby")


@pytest.mark.parametrize("cast", ["keys", "mouse"], indirect=True)
def test_a_lost_password_is_replaced(cast: Cast) -> None:
    case = cast.file("dyrektor.sp900", "zszo03_haslo_startowe", REPORT)
    cast.do(case, "podejmij_wniosek", "admin.zszo", {"decyzja": "generuj"})
    cast.do(case, "zatwierdz_wysylke", "ek04.nowak", {"zatwierdzono": "on"})
    clerk = cast.window("ek04.nowak")
    page = clerk.open("/demonstration")
    package = page.get_by_role("link", name="Pobierz załącznik dane-dostepowe.pdf").first
    answer = page.request.get(cast.office.address + str(package.get_attribute("href")))
    assert answer.body().startswith(b"%PDF-")
    assert "attachment" in answer.headers["content-disposition"]
    cast.office.pass_time(hours=1)
    page = clerk.open("/demonstration")
    assert "Haslo do pliku" in page.inner_text("main")
    cast.do(case, "potwierdz_odbior", "dyrektor.sp900", RECEIPT)
    assert str(cast.office.engine.instance(case.key).state) == "completed"
    page = cast.windows("dyrektor.sp900").open(f"/instances/{case.key}")
    assert "zakończona" in page.inner_text("main").lower()
    assert barriers(page) == []


@pytest.mark.parametrize("cast", ["keys", "mouse"], indirect=True)
def test_access_to_sio_is_granted(cast: Cast) -> None:
    case = cast.file("dyrektor.sp900", "sio_weryfikacja_dostepu", ACCESS | TERMS[cast.by_keys])
    cast.do(case, "sprawdz_dostep", "sio.kowal", {"wynik_sprawdzenia": "brak"})
    cast.do(case, "oznacz_rozpatrywany", "sio.kowal", {})
    cast.do(
        case, "rozstrzygnij_poprawnosc", "sio.kowal", {"wynik_danych": "poprawne", "mam_upowaznienie": "on"}
    )
    cast.do(case, "potwierdz_tozsamosc", "sio.kowal", IDENTITY)
    cast.do(case, "przyznaj_dostep", "sio.kowal", {"mam_upowaznienie": "on"})
    assert str(cast.office.engine.instance(case.key).state) == "completed"
