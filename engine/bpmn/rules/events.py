"""Rules about events: where which may stand, what they need, links and timers."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, OURS, WARNING, Rule

_PLACES = "BPMN 2.0.2 §10.5.5, table 10.93"
_COMPLETE = "complete the event in the modeler"
_COMPLETE_PL = "uzupełnij zdarzenie w modelerze"
_LINKS = "BPMN 2.0.2 §10.5.5"
_TIMER = "write ISO 8601 (P14D, PT1H30M, 2026-12-24T12:00, R3/PT1H), cron (0 8 * * *), or FEEL after '='"
_TIMER_PL = "wpisz ISO 8601 (P14D, PT1H30M, 2026-12-24T12:00, R3/PT1H), cron (0 8 * * *) albo FEEL po „=”"


def _incomplete(what: str, what_pl: str) -> Rule:
    return Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.5",
        f"expected the {{event}} event {{element!r}} to have {what}, but it has none",
        _COMPLETE,
        f"zdarzenie „{{element}}” typu „{{event}}” musi mieć {what_pl}, ale go nie ma",
        _COMPLETE_PL,
    )


EVENTS = {
    "event-forbidden": Rule(
        ERROR,
        _PLACES,
        "expected {allowed} at <{type}>, but {element!r} is a {event} event",
        "use another kind of event",
        "w miejscu <{type}> mogą stać: {allowed}, ale „{element}” jest typu „{event}”",
        "użyj innego rodzaju zdarzenia",
    ),
    "event-forbidden/sub-process": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.2",
        "expected a none start event in the sub-process {container!r}, but {element!r} waits for a {event}",
        "use a none start event, or make it an event sub-process",
        "podproces „{container}” zaczyna zwykłe zdarzenie początkowe, ale „{element}” jest typu „{event}”",
        "użyj zwykłego zdarzenia początkowego albo podprocesu zdarzeniowego",
    ),
    "unsupported/conditional-start": Rule(
        ERROR,
        OURS,
        "expected the process to start by something outside it, but {element!r} watches data, "
        "and before an instance there are none",
        "start it by a message or a timer, and ask the condition at a gateway",
        "proces musi zaczynać coś spoza niego, ale „{element}” śledzi dane, a przed instancją nie ma żadnych",
        "zacznij go komunikatem lub czasem, a warunek sprawdź bramką",
    ),
    "event-missing/event": Rule(
        ERROR,
        _PLACES,
        "expected <{type}> {element!r} to wait for something, but it has no event definition",
        "choose what it waits for",
        "<{type}> „{element}” musi na coś czekać, ale nie ma definicji zdarzenia",
        "wybierz, na co czeka",
    ),
    "event-missing/start": Rule(
        ERROR,
        "BPMN 2.0.2 §10.3.5",
        "expected the start event {element!r} of an event sub-process to wait for something, "
        "but it is a none start event",
        "choose what triggers it",
        "zdarzenie początkowe „{element}” podprocesu zdarzeniowego musi na coś czekać, ale jest zwykłe",
        "wybierz, co je wyzwala",
    ),
    "event-missing/receive": Rule(
        ERROR,
        "BPMN 2.0.2 §10.3.3",
        "expected receive task {element!r} to wait for a message, but it names none",
        "choose its message",
        "zadanie odbioru „{element}” musi czekać na komunikat, ale żadnego nie wskazuje",
        "wybierz komunikat",
    ),
    "event-not-interrupting": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.4, table 10.91",
        "expected the {event} event {element!r} to interrupt, but it is drawn as non-interrupting",
        "make it interrupting",
        "zdarzenie „{element}” typu „{event}” musi przerywać, ale narysowano je jako nieprzerywające",
        "ustaw je jako przerywające",
    ),
    "event-incomplete/name": _incomplete("a name", "nazwę"),
    "event-incomplete/code": _incomplete("a code", "kod"),
    "event-incomplete/condition": _incomplete("a condition", "warunek"),
    "event-incomplete/literal": _incomplete("a literal code", "kod wpisany wprost"),
    "event-condition-constant": Rule(
        WARNING,
        "BPMN 2.0.2 §10.5.5",
        "expected the condition of event {element!r} to read a variable, but it reads none: it never changes",
        "write a condition that depends on data",
        "warunek zdarzenia „{element}” powinien czytać zmienną, ale żadnej nie czyta: nigdy się nie zmieni",
        "wpisz warunek zależny od danych",
    ),
    "condition-asks-time": Rule(
        ERROR,
        OURS,
        "expected {element!r} to watch variables, but its condition asks for now() or today(): "
        "it is asked again when a variable is written, not when time passes",
        "use a timer event",
        "„{element}” śledzi zmienne, ale jego warunek pyta o now() lub today(): "
        "sprawdza się go po zapisie zmiennej, nie z upływem czasu",
        "użyj zdarzenia czasu",
    ),
    "event-ambiguous": Rule(
        WARNING,
        "BPMN 2.0.2 §10.5.6",
        "expected one event at {around!r} to catch this {event}, but {one!r} and {other!r} both do",
        "remove one of the two, or let them catch different things",
        "zdarzenie typu „{event}” przy „{around}” powinno łapać jedno, ale łapią „{one}” i „{other}”",
        "usuń jedno z dwóch albo niech łapią co innego",
    ),
    "event-never": Rule(
        WARNING,
        "BPMN 2.0.2 §10.5.6",
        "expected something in {host!r} to throw the {event} {code!r}, but nothing does: {element!r} "
        "never happens",
        "draw what throws it, or remove the event",
        "coś w „{host}” powinno zgłaszać „{code}” (typ „{event}”), ale nic nie zgłasza: „{element}” "
        "nigdy nie zajdzie",
        "narysuj, co to zgłasza, albo usuń zdarzenie",
    ),
    "event-flow/none-in": Rule(
        WARNING,
        "BPMN 2.0.2 §10.5.4",
        "expected a flow to intermediate event {element!r}, but none leads to it",
        "connect it, or make it a start event",
        "do zdarzenia pośredniego „{element}” musi prowadzić przepływ, ale żaden nie prowadzi",
        "połącz je albo zamień na zdarzenie początkowe",
    ),
    "event-flow/none-out": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.4",
        "expected a flow out of intermediate event {element!r}, but it has none",
        "draw what follows, or make it an end event",
        "ze zdarzenia pośredniego „{element}” musi wychodzić przepływ, ale żaden nie wychodzi",
        "narysuj, co dalej, albo zamień je na zdarzenie końcowe",
    ),
    "boundary-host": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.4",
        "expected boundary event {element!r} on a task, sub-process or call activity, "
        "but it is attached to {host!r}",
        "attach it to an activity",
        "zdarzenie brzegowe „{element}” musi być na zadaniu, podprocesie lub wywołaniu, ale jest na „{host}”",
        "umieść je na czynności",
    ),
    "boundary-host/elsewhere": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.4",
        "expected boundary event {element!r} beside its activity, but they are in different sub-processes",
        "draw both in the same sub-process",
        "zdarzenie brzegowe „{element}” musi być obok swojej czynności, ale są w różnych podprocesach",
        "narysuj oba w tym samym podprocesie",
    ),
    "boundary-without-flow": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.4",
        "expected boundary event {element!r} to lead somewhere, but it has no outgoing flow",
        "draw what is to happen when it fires",
        "zdarzenie brzegowe „{element}” musi dokądś prowadzić, ale nie ma przepływu wychodzącego",
        "narysuj, co ma się stać, gdy zajdzie",
    ),
    "boundary-with-flow": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.4",
        "expected compensation boundary event {element!r} to be tied to its handler by an association, "
        "but it has an outgoing flow",
        "draw an association to the compensation activity instead",
        "kompensacyjne zdarzenie brzegowe „{element}” łączy się z czynnością kompensującą asocjacją, "
        "ale ma przepływ wychodzący",
        "narysuj zamiast niego asocjację do czynności kompensującej",
    ),
    "start-several": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.2",
        "expected one start event that tells where {container!r} begins, but it has {count}: {starts}",
        "leave one of them",
        "jedno zdarzenie początkowe musi wskazywać, gdzie zaczyna się „{container}”, ale jest ich "
        "{count}: {starts}",
        "zostaw jedno z nich",
    ),
    "start-missing": Rule(
        ERROR,
        "BPMN 2.0.2 §10.3.5",
        "expected event sub-process {container!r} to have a start event, but it has none",
        "draw what triggers it",
        "podproces zdarzeniowy „{container}” musi mieć zdarzenie początkowe, ale go nie ma",
        "narysuj, co go wyzwala",
    ),
    "cancel-outside/end": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.3",
        "expected cancel end event {element!r} inside a transaction, but it is in none",
        "draw it in a transaction, or use another end event",
        "zdarzenie końcowe anulowania „{element}” musi być w transakcji, ale w żadnej nie jest",
        "narysuj je w transakcji albo użyj innego zdarzenia końcowego",
    ),
    "cancel-outside/boundary": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.4",
        "expected cancel event {element!r} on a transaction, but {host!r} is none",
        "attach it to a transaction",
        "zdarzenie anulowania „{element}” musi być na transakcji, ale „{host}” nią nie jest",
        "umieść je na transakcji",
    ),
    "cancel-uncaught": Rule(
        WARNING,
        "BPMN 2.0.2 §10.3.5",
        "expected a cancel boundary event on transaction {transaction!r}, which {element!r} cancels, "
        "but there is none",
        "attach one and draw what follows",
        "na transakcji „{transaction}”, którą anuluje „{element}”, powinno być zdarzenie anulowania, "
        "ale go nie ma",
        "dodaj je i narysuj, co dalej",
    ),
    "link-target/none": Rule(
        ERROR,
        _LINKS,
        "expected a catching link {name!r} on the level of {element!r}, but there is none",
        "draw the other end of the link",
        "na poziomie „{element}” musi być łącze łapiące „{name}”, ale go nie ma",
        "narysuj drugi koniec łącza",
    ),
    "link-target/several": Rule(
        ERROR,
        _LINKS,
        "expected one catching link {name!r} on a level, but there are several: {elements}",
        "leave one of them, or rename the others",
        "na jednym poziomie może być jedno łącze łapiące „{name}”, ale jest kilka: {elements}",
        "zostaw jedno albo zmień nazwy pozostałych",
    ),
    "link-source": Rule(
        ERROR,
        _LINKS,
        "expected a throwing link {name!r} on the level of {element!r}, but there is none",
        "draw the other end of the link",
        "na poziomie „{element}” musi być łącze rzucające „{name}”, ale go nie ma",
        "narysuj drugi koniec łącza",
    ),
    "link-flow/catch": Rule(
        ERROR,
        _LINKS,
        "expected no flow to catching link {element!r}, but one leads to it",
        "remove the flow, or use a throwing link",
        "do łącza łapiącego „{element}” nic nie może prowadzić, ale prowadzi",
        "usuń przepływ albo użyj łącza rzucającego",
    ),
    "link-flow/throw": Rule(
        ERROR,
        _LINKS,
        "expected no flow out of throwing link {element!r}, but it has one",
        "remove the flow, or use a catching link",
        "z łącza rzucającego „{element}” nic nie może wychodzić, ale wychodzi",
        "usuń przepływ albo użyj łącza łapiącego",
    ),
    "link-multiple": Rule(
        ERROR,
        _LINKS,
        "expected link {element!r} to be nothing else, but it has other event definitions",
        "leave the link alone in its event",
        "łącze „{element}” nie może być niczym więcej, ale ma inne definicje zdarzeń",
        "zostaw w zdarzeniu samo łącze",
    ),
    "link-unnamed": Rule(
        ERROR,
        _LINKS,
        "expected link {element!r} to have a name, but it has none",
        "give both ends of the link the same name",
        "łącze „{element}” musi mieć nazwę, ale jej nie ma",
        "nadaj obu końcom łącza tę samą nazwę",
    ),
    "timer-missing": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.5",
        "expected a date, duration or cycle, but there is none",
        _TIMER,
        "oczekiwano daty, czasu trwania lub cyklu, ale nic nie podano",
        _TIMER_PL,
    ),
    "timer-unreadable": Rule(
        ERROR,
        "security limits",
        "{kind}: {reason}",
        _TIMER,
        "{kind}, „{text}”: nie da się odczytać ({reason})",
        _TIMER_PL,
    ),
}
