"""How states, kinds of elements, instants, deadlines and values are said in the language of the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from engine import WARSAW
from web.translation import N_, Language, Table, _, language, locale

INSTANCE_STATES = Table(
    {
        "active": N_("w toku"),
        "suspended": N_("zawieszona"),
        "completed": N_("zakończona"),
        "terminated": N_("przerwana przez proces"),
        "cancelled": N_("anulowana"),
    }
)
ELEMENT_STATES = Table(
    {
        "active": N_("trwa"),
        "completed": N_("wykonano"),
        "terminated": N_("przerwano"),
    }
)
ELEMENT_TYPES = Table(
    {
        "process": N_("proces"),
        "startEvent": N_("początek"),
        "endEvent": N_("koniec"),
        "intermediateCatchEvent": N_("oczekiwanie"),
        "intermediateThrowEvent": N_("zdarzenie"),
        "boundaryEvent": N_("zdarzenie przy zadaniu"),
        "task": N_("zadanie"),
        "userTask": N_("zadanie użytkownika"),
        "manualTask": N_("czynność ręczna"),
        "serviceTask": N_("czynność systemu"),
        "sendTask": N_("wysłanie"),
        "receiveTask": N_("odbiór wiadomości"),
        "scriptTask": N_("obliczenie"),
        "businessRuleTask": N_("decyzja z tabeli"),
        "callActivity": N_("wywołanie procesu"),
        "subProcess": N_("podproces"),
        "transaction": N_("transakcja"),
        "adHocSubProcess": N_("podproces swobodny"),
        "exclusiveGateway": N_("rozstrzygnięcie"),
        "parallelGateway": N_("rozdzielenie lub połączenie"),
        "inclusiveGateway": N_("wybór jednej lub kilku dróg"),
        "complexGateway": N_("bramka złożona"),
        "eventBasedGateway": N_("oczekiwanie na pierwsze zdarzenie"),
    }
)
ROLES = Table(
    {
        "applicant": N_("wnioskodawca"),
        "clerk": N_("urzędnik"),
        "owner": N_("właściciel procedury"),
        "approver": N_("zatwierdzający wdrożenia"),
        "operator": N_("operator"),
        "auditor": N_("audytor"),
        "administrator": N_("administrator"),
    }
)
SEVERITIES = Table({"error": N_("Błąd"), "warning": N_("Ostrzeżenie"), "hint": N_("Wskazówka")})
_DAYS = Table(
    {
        str(at): name
        for at, name in enumerate([N_("pn"), N_("wt"), N_("śr"), N_("cz"), N_("pt"), N_("sb"), N_("nd")])
    }
)
_DATE = {Language.POLISH: "dd.MM.y", Language.ENGLISH: "d MMM y"}
_DAY = dt.timedelta(days=1)


def day(given: dt.date) -> str:
    """Return a date as people write it: 27.11.2026."""
    return format_date(given, _DATE[language()], locale=locale())


def instant(at: dt.datetime | None) -> str:
    """Return an instant as people write it: 27.11.2026, 14:05."""
    return "" if at is None else _moment(at.astimezone(WARSAW))


def deadline(due_at: dt.datetime | None) -> str:
    """Return a deadline: "pt 27.11.2026, 24:00" where it is the end of a day (00:00 of the next)."""
    if due_at is None:
        return ""
    local = due_at.astimezone(WARSAW)
    if (local.hour, local.minute, local.second) != (0, 0, 0):
        return f"{_DAYS[str(local.weekday())]} {_moment(local)}"
    last = (local - _DAY).date()
    return f"{_DAYS[str(last.weekday())]} {day(last)}, 24:00"


def last_day(due_at: dt.datetime) -> dt.date:
    """Return the last day something can be done on before a deadline."""
    local = due_at.astimezone(WARSAW)
    return (local - dt.timedelta(microseconds=1)).date()


def value(given: Any) -> str:
    """Return a variable's value as people write it."""
    for kinds, say in _SAID:
        if isinstance(given, kinds):
            return say(given)
    return "—" if given is None else str(given)


def _number(given: int | Decimal) -> str:
    return format_decimal(given, format="#,##0.####################", locale=locale())


def _moment(given: dt.datetime) -> str:
    return f"{day(given)}, {given:%H:%M}"


def _several(given: Iterable[Any]) -> str:
    return "; ".join(value(each) for each in given) or "—"


def _named(given: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {value(each)}" for name, each in given.items()) or "—"


# a boolean is also an int, an instant is also a date: the narrower kind first
_SAID: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (bool, lambda given: _("tak") if given else _("nie")),
    ((int, Decimal), _number),
    (dt.datetime, lambda given: instant(given) if given.tzinfo else _moment(given)),
    (dt.date, day),
    ((list, tuple), _several),
    (dict, _named),
)
EVENTS = Table(
    {
        "instance_started": N_("sprawę rozpoczęto"),
        "instance_ended": N_("sprawa się zakończyła"),
        "instance_suspended": N_("sprawę zawieszono"),
        "instance_activated": N_("sprawę wznowiono"),
        "instance_modified": N_("sprawę skorygowano"),
        "instance_migrated": N_("sprawę przeniesiono do innej wersji procedury"),
        "element_activated": N_("rozpoczęto krok"),
        "element_completed": N_("wykonano krok"),
        "element_terminated": N_("przerwano krok"),
        "variables_set": N_("zapisano dane"),
        "user_task_created": N_("utworzono zadanie"),
        "user_task_updated": N_("zmieniono zadanie"),
        "user_task_ended": N_("zamknięto zadanie"),
        "job_created": N_("zlecono czynność systemowi"),
        "job_failed": N_("czynność się nie powiodła"),
        "job_ended": N_("czynność zakończono"),
        "timer_scheduled": N_("wyznaczono termin"),
        "timer_rescheduled": N_("przesunięto termin"),
        "timer_ended": N_("termin minął lub go odwołano"),
        "subscription_opened": N_("czeka na wiadomość lub sygnał"),
        "subscription_closed": N_("nie czeka już na wiadomość lub sygnał"),
        "message_correlated": N_("nadeszła wiadomość"),
        "message_thrown": N_("wysłano wiadomość"),
        "signal_received": N_("nadszedł sygnał"),
        "signal_thrown": N_("nadano sygnał"),
        "error_thrown": N_("zgłoszono błąd"),
        "escalation_thrown": N_("zgłoszono eskalację"),
        "condition_evaluated": N_("sprawdzono warunek"),
        "decision_evaluated": N_("podjęto decyzję z tabeli"),
        "incident_raised": N_("sprawa czeka na operatora"),
        "incident_resolved": N_("operator wznowił sprawę"),
        "instance_called": N_("wywołano inny proces"),
        "call_ended": N_("wywołany proces się zakończył"),
        "token_arrived": N_("jedna z dróg dotarła do połączenia"),
        "tokens_consumed": N_("drogi się połączyły"),
    }
)
