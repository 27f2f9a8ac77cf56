"""How states, kinds of elements, instants and deadlines are said in Polish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from engine import WARSAW

INSTANCE_STATES = {
    "active": "w toku",
    "suspended": "zawieszona",
    "completed": "zakończona",
    "terminated": "przerwana przez proces",
    "cancelled": "anulowana",
}
ELEMENT_STATES = {"active": "trwa", "completed": "wykonano", "terminated": "przerwano"}
ELEMENT_TYPES = {
    "process": "proces",
    "startEvent": "początek",
    "endEvent": "koniec",
    "intermediateCatchEvent": "oczekiwanie",
    "intermediateThrowEvent": "zdarzenie",
    "boundaryEvent": "zdarzenie przy zadaniu",
    "task": "zadanie",
    "userTask": "zadanie użytkownika",
    "manualTask": "czynność ręczna",
    "serviceTask": "czynność systemu",
    "sendTask": "wysłanie",
    "receiveTask": "odbiór wiadomości",
    "scriptTask": "obliczenie",
    "businessRuleTask": "decyzja z tabeli",
    "callActivity": "wywołanie procesu",
    "subProcess": "podproces",
    "transaction": "transakcja",
    "adHocSubProcess": "podproces swobodny",
    "exclusiveGateway": "rozstrzygnięcie",
    "parallelGateway": "rozdzielenie lub połączenie",
    "inclusiveGateway": "wybór jednej lub kilku dróg",
    "complexGateway": "bramka złożona",
    "eventBasedGateway": "oczekiwanie na pierwsze zdarzenie",
}
_DAYS = ("pn", "wt", "śr", "cz", "pt", "sb", "nd")
_DAY = dt.timedelta(days=1)


def instant(at: dt.datetime | None) -> str:
    """Return an instant as people write it: 27.11.2026, 14:05."""
    return "" if at is None else at.astimezone(WARSAW).strftime("%d.%m.%Y, %H:%M")


def deadline(due_at: dt.datetime | None) -> str:
    """Return a deadline: "pt 27.11.2026, 24:00" where it is the end of a day (00:00 of the next)."""
    if due_at is None:
        return ""
    local = due_at.astimezone(WARSAW)
    if (local.hour, local.minute, local.second) != (0, 0, 0):
        return f"{_DAYS[local.weekday()]} {local:%d.%m.%Y, %H:%M}"
    last = (local - _DAY).date()
    return f"{_DAYS[last.weekday()]} {last:%d.%m.%Y}, 24:00"


def last_day(due_at: dt.datetime) -> dt.date:
    """Return the last day something can be done on before a deadline."""
    local = due_at.astimezone(WARSAW)
    return (local - dt.timedelta(microseconds=1)).date()


def time_left(due_at: dt.datetime, now: dt.datetime, working_days: int) -> str:
    """Return how long there is yet, in words; ``working_days`` are those after today up to the last day."""
    if due_at <= now:
        return "termin minął"
    today = now.astimezone(WARSAW).date()
    if last_day(due_at) == today:
        return "ostatni dzień: dzisiaj"
    if working_days == 0:
        return "nie został żaden dzień roboczy"
    return f"{left(working_days)} {counted(working_days, 'dzień roboczy', 'dni robocze', 'dni roboczych')}"


def left(count: int) -> str:
    """Return the verb that fits a number of things left."""
    if count == 1:
        return "został"
    return "zostały" if _few(count) else "zostało"


def counted(count: int, one: str, few: str, many: str) -> str:
    """Return a number with its noun: 1 dzień, 2 dni, 5 dni."""
    if count == 1:
        return f"1 {one}"
    return f"{count} {few if _few(count) else many}"


def _few(count: int) -> bool:
    return count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14)


def value(given: Any) -> str:
    """Return a variable's value as people write it."""
    for kinds, say in _SAID:
        if isinstance(given, kinds):
            return say(given)
    return "—" if given is None else str(given)


def _number(given: int | Decimal) -> str:
    return f"{given:,}".replace(",", "\u00a0").replace(".", ",")


def _moment(given: dt.datetime) -> str:
    return instant(given) if given.tzinfo else f"{given:%d.%m.%Y, %H:%M}"


def _several(given: Iterable[Any]) -> str:
    return "; ".join(value(each) for each in given) or "—"


def _named(given: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {value(each)}" for name, each in given.items()) or "—"


# a boolean is also an int, an instant is also a date: the narrower kind first
_SAID: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (bool, lambda given: "tak" if given else "nie"),
    ((int, Decimal), _number),
    (dt.datetime, _moment),
    (dt.date, lambda given: f"{given:%d.%m.%Y}"),
    ((list, tuple), _several),
    (dict, _named),
)
EVENTS = {
    "instance_started": "sprawę rozpoczęto",
    "instance_ended": "sprawa się zakończyła",
    "instance_suspended": "sprawę zawieszono",
    "instance_activated": "sprawę wznowiono",
    "instance_modified": "sprawę skorygowano",
    "instance_migrated": "sprawę przeniesiono do innej wersji procedury",
    "element_activated": "rozpoczęto krok",
    "element_completed": "wykonano krok",
    "element_terminated": "przerwano krok",
    "variables_set": "zapisano dane",
    "user_task_created": "utworzono zadanie",
    "user_task_updated": "zmieniono zadanie",
    "user_task_ended": "zamknięto zadanie",
    "job_created": "zlecono czynność systemowi",
    "job_failed": "czynność się nie powiodła",
    "job_ended": "czynność zakończono",
    "timer_scheduled": "wyznaczono termin",
    "timer_rescheduled": "przesunięto termin",
    "timer_ended": "termin minął lub go odwołano",
    "subscription_opened": "czeka na wiadomość lub sygnał",
    "subscription_closed": "nie czeka już na wiadomość lub sygnał",
    "message_correlated": "nadeszła wiadomość",
    "message_thrown": "wysłano wiadomość",
    "signal_received": "nadszedł sygnał",
    "signal_thrown": "nadano sygnał",
    "error_thrown": "zgłoszono błąd",
    "escalation_thrown": "zgłoszono eskalację",
    "condition_evaluated": "sprawdzono warunek",
    "decision_evaluated": "podjęto decyzję z tabeli",
    "incident_raised": "sprawa czeka na operatora",
    "incident_resolved": "operator wznowił sprawę",
    "instance_called": "wywołano inny proces",
    "call_ended": "wywołany proces się zakończył",
    "token_arrived": "jedna z dróg dotarła do połączenia",
    "tokens_consumed": "drogi się połączyły",
}
