"""Words that fill placeholders, in Polish; what is not here (ids, tags) is the same in both languages."""

from __future__ import annotations

TERMS = {
    "message": "komunikat",
    "timer": "czas",
    "signal": "sygnał",
    "error": "błąd",
    "escalation": "eskalacja",
    "conditional": "warunek",
    "compensation": "kompensacja",
    "cancel": "anulowanie",
    "link": "łącze",
    "terminate": "zatrzymanie",
    "a flow node": "zdarzenie, czynność lub bramka",
    "date": "data",
    "duration": "czas trwania",
    "cycle": "cykl",
    "incoming": "wchodzące",
    "outgoing": "wychodzące",
    "none": "żadna",
    "the condition": "warunek",
    "the activation condition": "warunek aktywacji",
    "the completion condition": "warunek zakończenia",
    "the loop condition": "warunek pętli",
    "the collection": "kolekcja",
    "the cardinality": "liczba powtórzeń",
    "true or false": "prawda albo fałsz",
    "a list": "lista",
    "a number": "liczba",
}
