"""How states, kinds of elements, instants, deadlines and values are said in the language of the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from engine import WARSAW, OpenJob
from web.translation import N_, Language, Table, _, language, locale, ngettext

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
ROLES_TOLD = Table(
    {
        "applicant": N_("składa wnioski i widzi własne sprawy"),
        "clerk": N_("wykonuje zadania swoich grup i widzi sprawy"),
        "owner": N_("rysuje i wdraża procedury"),
        "approver": N_("zatwierdza wdrożenia"),
        "operator": N_("usuwa przeszkody w sprawach"),
        "auditor": N_("czyta wszystko oprócz tajemnic, niczego nie zmienia"),
        "administrator": N_("prowadzi konta, nie prowadzi spraw"),
    }
)
PERSON_CHANGES = Table(
    {
        "person_added": N_("dodano osobę"),
        "person_changed": N_("zmieniono"),
        "password_set": N_("nadano hasło"),
        "password_given": N_("nadano hasło pierwszego logowania"),
        "password_chosen": N_("osoba zmieniła hasło"),
    }
)
SEVERITIES = Table({"error": N_("Błąd"), "warning": N_("Ostrzeżenie"), "hint": N_("Wskazówka")})
_DAYS = Table(
    {
        str(at): name
        for at, name in enumerate([N_("pn"), N_("wt"), N_("śr"), N_("cz"), N_("pt"), N_("sb"), N_("nd")])
    }
)
DEADLINE_STATES = Table({"waiting": N_("trwa"), "passed": N_("nadszedł"), "withdrawn": N_("odwołany")})
JOB_STATES = Table(
    {
        "scheduled": N_("zaplanowana"),
        "ready": N_("gotowa"),
        "locked": N_("wykonywana"),
        "failed": N_("zatrzymana"),
        "suspended": N_("zawieszona"),
    }
)
EFFECTS = Table(
    {
        "template": N_("użyto wzoru"),
        "smtp": N_("wysłano e-mail"),
        "sms": N_("wysłano SMS"),
        "seod.open": N_("otwarto zgłoszenie w SEOD"),
        "seod.close": N_("zamknięto zgłoszenie w SEOD"),
        "sio": N_("przekazano do SIO"),
        "zszo.password": N_("ustawiono hasło startowe w ZSZO"),
        "zszo.block": N_("zablokowano konto w ZSZO"),
        "zszo.lock": N_("zablokowano hasło startowe w ZSZO"),
    }
)
COMMANDS = Table(
    {
        "start": N_("rozpoczęcie sprawy"),
        "complete_job": N_("system wykonał czynność"),
        "fail_job": N_("czynność się nie powiodła"),
        "throw_error": N_("zgłoszono błąd"),
        "update_task": N_("zmiana zadania"),
        "complete_user_task": N_("wykonanie zadania"),
        "fire_timer": N_("nadszedł termin"),
        "reschedule_timer": N_("przesunięcie terminu"),
        "correlate_message": N_("nadeszła wiadomość"),
        "broadcast_signal": N_("nadszedł sygnał"),
        "set_variables": N_("poprawienie danych"),
        "resolve_incident": N_("wznowienie po incydencie"),
        "suspend": N_("zawieszenie sprawy"),
        "activate": N_("wznowienie sprawy"),
        "cancel": N_("anulowanie sprawy"),
        "modify": N_("korekta sprawy"),
        "migrate": N_("przeniesienie do innej wersji"),
        "activate_activities": N_("wybór czynności"),
        "proceed": N_("dalszy ciąg kroku"),
        "child_completed": N_("wywołana procedura zakończyła się"),
        "child_failed": N_("wywołana procedura zgłosiła błąd"),
        "child_escalated": N_("wywołana procedura zgłosiła eskalację"),
        "raise_incident": N_("sprawa czeka na operatora"),
    }
)
CHECKS = Table(
    {
        "chain": N_("Łańcuch wpisów"),
        "fold": N_("Stan wynika z wpisów"),
        "reexecution": N_("Ponowne wykonanie"),
    }
)
PROOFS = Table(
    {
        "chain": N_(
            "Nikt nie zmienił, nie usunął, nie przestawił ani nie dopisał żadnego kroku: "
            "każdy wpis zawiera skrót poprzedniego, a ostatnie skróty są podpisane."
        ),
        "fold": N_(
            "To, co widać dziś w sprawie (zadania, terminy, dane), wynika dokładnie z zapisanych kroków."
        ),
        "reexecution": N_(
            "System, wykonując jeszcze raz te same polecenia na tych samych procedurach, "
            "dochodzi do tych samych kroków."
        ),
    }
)
OUTCOMES = Table(
    {
        "ok": N_("w porządku"),
        "failed": N_("nie zgadza się"),
        "erased": N_("dane usunięto, nie da się już sprawdzić"),
    }
)
NOT_REEXECUTABLE = N_("nie da się powtórzyć w tej wersji systemu")
INCIDENTS = Table(
    {
        "job_no_retries": N_("czynność systemu się nie powiodła"),
        "job_crashed": N_("praca systemu się załamała"),
        "expression": N_("błąd w wyrażeniu procedury"),
        "decision": N_("tabela decyzyjna nie dała wyniku"),
        "called_decision": N_("brak tabeli decyzyjnej"),
        "condition": N_("żaden warunek nie jest spełniony"),
        "timer": N_("nie da się wyznaczyć terminu"),
        "multi_instance": N_("błąd w powtórzeniach kroku"),
        "called_element": N_("nie da się wywołać procedury"),
        "unhandled_error": N_("błąd, którego procedura nie obsługuje"),
        "endless_loop": N_("procedura kręci się w kółko"),
        "deadlock": N_("drogi nie mogą się połączyć"),
        "no_flow": N_("żadna droga dalej nie jest otwarta"),
        "ad_hoc": N_("błąd w podprocesie swobodnym"),
    }
)
JOB_KINDS = Table(
    {
        "job": N_("czynność"),
        "timer": N_("termin"),
        "timer_start": N_("rozpoczęcie o czasie"),
        "message_start": N_("rozpoczęcie przez wiadomość"),
        "signal_start": N_("rozpoczęcie przez sygnał"),
        "message": N_("doręczenie wiadomości"),
        "signal": N_("doręczenie sygnału"),
        "publish": N_("wysłanie wiadomości"),
        "broadcast": N_("nadanie sygnału"),
        "call": N_("wywołanie procedury"),
        "continue": N_("dalszy ciąg kroku"),
        "batch": N_("czynność zbiorcza"),
    }
)
BATCHES = Table(
    {
        "suspend": N_("zawieszenie spraw"),
        "activate": N_("wznowienie spraw"),
        "cancel": N_("anulowanie spraw"),
        "set_variables": N_("poprawienie danych"),
        "modify": N_("korekta spraw"),
        "migrate": N_("przeniesienie do innej wersji"),
        "resolve_incidents": N_("wznowienie po incydentach"),
    }
)
BATCH_STATES = Table({"running": N_("trwa"), "completed": N_("wykonano"), "cancelled": N_("anulowana")})
_DAYS_OFF = Table({"saturday": N_("sobota"), "sunday": N_("niedziela"), "closure": N_("urząd nieczynny")})
_DATE = {Language.POLISH: "dd.MM.y", Language.ENGLISH: "d MMM y"}
_DAY = dt.timedelta(days=1)


def day(given: dt.date) -> str:
    """Return a date as people write it: 27.11.2026."""
    return format_date(given, _DATE[language()], locale=locale())


def weekday(given: dt.date) -> str:
    """Return the short name of a date's day: śr."""
    return _DAYS[str(given.weekday())]


def day_off(why: str) -> str:
    """Return why an office does not work on a day; a public holiday is its own name."""
    return _DAYS_OFF.get(why, why)


def job(given: OpenJob) -> str:
    """Return how a job of the system stands: its state, the next attempt, how many are left."""
    state = JOB_STATES[str(given.state)]
    left = ngettext("została %(num)s próba", "zostały %(num)s próby", given.retries)
    if str(given.state) == "scheduled":
        return _("%(state)s na %(at)s, %(left)s", state=state, at=instant(given.due_at), left=left)
    return f"{state}, {left}"


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


def size(count: int) -> str:
    """Return a number of bytes as people write it: 120 kB, 2,5 MB."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} kB"
    return f"{format_decimal(round(count / 1_000_000, 1), locale=locale())} MB"


def value(given: Any) -> str:
    """Return a variable's value as people write it."""
    for kinds, say in _SAID:
        if isinstance(given, kinds):
            return say(given)
    return "—" if given is None else str(given)


def _number(given: int | Decimal) -> str:
    """Write a number; whole ones below a million ungrouped, for most are numbers of something."""
    if given == int(given) and -1_000_000 < given < 1_000_000:
        return str(int(given))
    return format_decimal(given, format="#,##0.####################", locale=locale())


def _moment(given: dt.datetime) -> str:
    return f"{day(given)}, {given:%H:%M}"


def _several(given: Iterable[Any]) -> str:
    return "; ".join(value(each) for each in given) or "—"


def _named(given: Mapping[str, Any]) -> str:
    if set(given) == {"id", "name", "size", "sha256", "type"}:  # a file
        return f"{given['name']} ({size(int(given['size']))})"
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
        "register_entry_made": N_("wpisano do rejestru"),
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
