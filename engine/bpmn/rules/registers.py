"""Rules about the entries of registers that a start event or a user task declares (``obieg:entry:…``)."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, OURS, Rule

_UNKNOWN = "expected a register of this office, but there is no {name!r}"
_UNKNOWN_PL = "oczekiwano rejestru tego urzędu, ale „{name}” nie istnieje"

REGISTERS = {
    "register-unknown": Rule(
        ERROR, OURS, _UNKNOWN, "its registers are {known}", _UNKNOWN_PL, "rejestry urzędu to: {known}"
    ),
    "register-unknown/similar": Rule(
        ERROR, OURS, _UNKNOWN, "did you mean {similar!r}?", _UNKNOWN_PL, "czy chodziło o „{similar}”?"
    ),
    "register-entry": Rule(
        ERROR,
        OURS,
        "expected an entry of register {register!r} only at a none start event of a process or a user task, "
        "but {element!r} is another element",
        "write it at one of them, or by a service task",
        "wpis w rejestrze „{register}” może mieć tylko zwykłe zdarzenie początkowe procesu albo zadanie "
        "użytkownika, ale „{element}” to inny element",
        "zapisz go przy jednym z nich albo zadaniem usługowym",
    ),
    "register-entry/subject": Rule(
        ERROR,
        OURS,
        "expected {element!r} to say what its entry in register {register!r} is about, but it does not",
        "give the property obieg:entry:{register} a text, or FEEL after '='",
        "„{element}” musi podać, czego dotyczy wpis w rejestrze „{register}”, ale nie podaje",
        "we właściwości obieg:entry:{register} wpisz tekst albo FEEL po „=”",
    ),
    "register-entry/field": Rule(
        ERROR,
        OURS,
        "expected {element!r} to give {field!r} of its entry in register {register!r} a value, "
        "but it gives none",
        "give the property obieg:entry:{register}:{field} a value, or remove it",
        "„{element}” musi podać wartość „{field}” wpisu w rejestrze „{register}”, ale jej nie podaje",
        "we właściwości obieg:entry:{register}:{field} wpisz wartość albo ją usuń",
    ),
}
