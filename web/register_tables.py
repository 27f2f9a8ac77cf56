"""What pages and extracts tell of each register: its title, its columns, an entry as texts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine import Entry
from web import words
from web.translation import N_, Table, _

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d$")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d$")
TITLES = Table(
    {
        "incydenty": N_("Rejestr incydentów"),
        "zgloszenia": N_("Rejestr zgłoszeń ZSZO-05"),
        "naruszenia": N_("Rejestr naruszeń ochrony danych"),
        "upowaznienia": N_("Rejestr upoważnień SIO"),
        "wnioski_sio": N_("Rejestr wniosków SIO"),
        "rozmowy": N_("Dziennik rozmów telefonicznych"),
        "tryb_papierowy": N_("Dziennik trybu papierowego"),
        "terminarz": N_("Terminarz okienka"),
        "poczta_przychodzaca": N_("Poczta przychodząca"),
        "raporty_sms": N_("Raporty doręczenia SMS"),
        "zmiany_rspo": N_("Zmiany w RSPO"),
    }
)
# What a page tells of an entry, in order; ``subject`` is the entry's own.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "incydenty": ("case", "category", "discovered_at", "account", "breach_assessment"),
    "zgloszenia": ("case", "reason", "reported_at", "account"),
    "naruszenia": ("case", "stage", "aware_at", "late", "account"),
    "upowaznienia": ("numer", "zdarzenie", "imie", "nazwisko", "funkcja", "nazwa_podmiotu", "od", "do"),
    "wnioski_sio": ("numer_sprawy", "zdarzenie", "wynik"),
    "rozmowy": ("zdarzenie_o", "kierunek", "telefon", "rozmowca", "tresc", "numer_sprawy", "kto"),
    "terminarz": ("termin", "rozmowca", "tresc", "numer_sprawy", "kto"),
    "tryb_papierowy": ("numer_karty", "zdarzenie_o", "tresc", "numer_sprawy", "kto"),
    "poczta_przychodzaca": ("otrzymano", "nadawca", "subject", "rodzaj", "powod", "numer_sprawy"),
    "raporty_sms": ("numer_sprawy", "subject", "zakonczono", "sms_id"),
    "zmiany_rspo": ("rspo_numer", "subject", "rspo_przed", "rspo_po", "zrodlo"),
}
OF_LETTERS = ("poczta_przychodzaca", "raporty_sms", "zmiany_rspo")  # settled on the page "Poczta"
BY_HAND = frozenset({"rozmowy", "terminarz", "tryb_papierowy"})  # written by clerks themselves
CLOSED_BY_HAND = frozenset(
    {"incydenty", "zgloszenia", "naruszenia", "terminarz"}
)  # closed on the register's own page
NAMES = Table(
    {
        "case": N_("Sprawa"),
        "category": N_("Rodzaj"),
        "discovered_at": N_("Wykryto"),
        "account": N_("Konto (odcisk)"),
        "breach_assessment": N_("Ocena naruszenia"),
        "reason": N_("Powód"),
        "reported_at": N_("Zgłoszono"),
        "stage": N_("Etap"),
        "aware_at": N_("Stwierdzono"),
        "late": N_("Po terminie 72 godzin"),
        "numer": N_("Numer"),
        "zdarzenie": N_("Zdarzenie"),
        "imie": N_("Imię"),
        "nazwisko": N_("Nazwisko"),
        "funkcja": N_("Funkcja"),
        "nazwa_podmiotu": N_("Podmiot"),
        "od": N_("Od"),
        "do": N_("Do"),
        "numer_sprawy": N_("Sprawa"),
        "wynik": N_("Wynik"),
        "termin": N_("Termin"),
        "zdarzenie_o": N_("Kiedy się zdarzyło"),
        "kierunek": N_("Rozmowa"),
        "telefon": N_("Telefon"),
        "rozmowca": N_("Z kim"),
        "tresc": N_("Treść i ustalenia"),
        "kto": N_("Kto wpisał"),
        "numer_karty": N_("Numer karty"),
        "subject": N_("Czego dotyczy"),
        "otrzymano": N_("Otrzymano"),
        "nadawca": N_("Nadawca"),
        "rodzaj": N_("Rodzaj"),
        "powod": N_("Powód"),
        "zakonczono": N_("Zakończono"),
        "sms_id": N_("Numer SMS-a"),
        "rspo_numer": N_("Numer RSPO"),
        "rspo_przed": N_("Przed zmianą"),
        "rspo_po": N_("Po zmianie"),
        "zrodlo": N_("Źródło"),
    }
)

HAPPENED = Table(
    {
        "nadano": N_("nadano"),
        "przedluzono": N_("przedłużono"),
        "wygaslo": N_("wpisano wygaśnięcie"),
        "zablokowano": N_("zablokowano"),
        "zlozony": N_("wniosek złożono"),
        "zakonczony": N_("sprawę zakończono"),
    }
)
CODES = Table(  # what the form offers, in fewer words
    {
        "kierownik": N_("kierownik"),
        "po": N_("p.o. kierownika"),
        "pracownik": N_("pracownik"),
        "dostep": N_("dostęp w imieniu kierownika (art. 68 ust. 2)"),
        "przyznawanie_kierownikom": N_("przyznawanie kierownikom"),
        "przyznawanie_pracownikom": N_("przyznawanie pracownikom"),
        "rspo": N_("RSPO"),
        "szkoly": N_("szkoły i placówki"),
        "jednostki": N_("jednostki"),
        "uczniowie": N_("uczniowie"),
        "nauczyciele": N_("nauczyciele"),
    }
)
# What a column keeps as a code, in words; a code without words stays as it is.
_SAID: Mapping[str, Table] = {
    "category": Table(
        {
            "utrata_hasla_startowego": N_("utrata hasła startowego"),
            "nieuprawniony_dostep": N_("nieuprawniony dostęp"),
            "proba_odbioru_przez_nieuprawnionego": N_("próba odbioru przez nieuprawnionego"),
            "inne": N_("inne"),
        }
    ),
    "reason": Table(
        {
            "zgubienie": N_("zgubienie"),
            "zapomnienie": N_("zapomnienie"),
            "nieuprawniony_dostep": N_("nieuprawniony dostęp"),
            "inne": N_("inne"),
        }
    ),
    "stage": Table(
        {
            "ocena": N_("ocena naruszenia"),
            "zgloszenie": N_("zgłoszenie organowi nadzorczemu"),
            "zawiadomienie": N_("zawiadomienie osób"),
        }
    ),
    "wynik": Table(
        {
            "przyznany": N_("dostęp przyznano"),
            "odrzucony": N_("wniosek odrzucono"),
            "nienadany_bieg": N_("wnioskowi nie nadano biegu"),
            "nienadany_bieg_dane": N_("wnioskowi nie nadano biegu: dane niepoprawne"),
            "skierowano_na_przedluzenie": N_("skierowano na przedłużenie"),
        }
    ),
    "zdarzenie": HAPPENED,
    "funkcja": CODES,
}


class Line(NamedTuple):
    """One entry as a page and an extract show it."""

    entry: Entry
    cells: tuple[str, ...]

    @property
    def row(self) -> list[str]:
        """Return the whole line of an extract: number, instant, columns, resolution."""
        entry = self.entry
        return [str(entry.number), words.instant(entry.at), *self.cells, entry.resolution or ""]


def head(name: str) -> list[str]:
    """Return the titles of an extract's columns."""
    return [_("Nr"), _("Wpisano"), *(NAMES[column] for column in COLUMNS[name]), _("Rozstrzygnięcie")]


def line(name: str, entry: Entry) -> Line:
    """Return an entry of a register as a line."""
    return Line(entry, tuple(_told(entry, column) for column in COLUMNS[name]))


def _told(entry: Entry, column: str) -> str:
    if column == "subject":
        return entry.subject
    said = _shown(entry.data.get(column))
    return _SAID[column].get(said, said) if column in _SAID else said


def _shown(value: Any) -> str:
    return "" if value is None else words.value(_dated(value) if isinstance(value, str) else value)


def _dated(text: str) -> object:
    """Return the instant or day a text is: registers of incidents keep them so; any other text as it is."""
    read = dt.datetime.fromisoformat if _ISO.match(text) else dt.date.fromisoformat
    try:
        return read(text) if _ISO.match(text) or _ISO_DAY.match(text) else text
    except ValueError:  # somebody has written what only looks like one
        return text
