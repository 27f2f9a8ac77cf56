"""Rules about gateways."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, HINT, OURS, WARNING, Rule

_EVENT_GATEWAY = "BPMN 2.0.2 §10.6.6"
_FOLLOW = "let a message, timer, signal or conditional event, or a receive task follow the gateway"
_FOLLOW_PL = "za bramką umieść zdarzenie komunikatu, czasu, sygnału lub warunku albo zadanie odbioru"
_TARGET = "expected catching events or receive tasks after event-based gateway {gateway!r}, but {target!r} "
_TARGET_PL = (
    "za bramką zdarzeniową „{gateway}” mogą stać zdarzenia łapiące i zadania odbioru, ale „{target}” "
)


def _target(reason: str, reason_pl: str) -> Rule:
    return Rule(ERROR, _EVENT_GATEWAY, _TARGET + reason, _FOLLOW, _TARGET_PL + reason_pl, _FOLLOW_PL)


def _creates(reason: str, reason_pl: str) -> Rule:
    return Rule(
        ERROR,
        "BPMN 2.0.2 §10.3.3, §10.6.6",
        "expected {element!r} to create instances, but " + reason,
        "redraw the start of the process, or let a start event begin it",
        "„{element}” musi tworzyć instancje, ale " + reason_pl,
        "narysuj początek procesu inaczej albo zacznij go zdarzeniem początkowym",
    )


GATEWAYS = {
    "gateway-without-outgoing": Rule(
        ERROR,
        "BPMN 2.0.2 §10.6",
        "expected gateway {gateway!r} to lead somewhere, but it has no outgoing flow",
        "draw its outgoing flows",
        "bramka „{gateway}” musi dokądś prowadzić, ale nie ma przepływu wychodzącego",
        "narysuj przepływy wychodzące",
    ),
    "gateway-idle": Rule(
        ERROR,
        "BPMN 2.0.2 §10.6",
        "expected gateway {gateway!r} to fork or join, but it does neither",
        "remove it, or draw its other flows",
        "bramka „{gateway}” musi rozdzielać albo łączyć przepływy, ale nie robi żadnej z tych rzeczy",
        "usuń ją albo narysuj pozostałe przepływy",
    ),
    "gateway-idle/asks": Rule(
        WARNING,
        "BPMN 2.0.2 §10.6",
        "expected gateway {gateway!r} to fork or join, but it only asks a condition: "
        "when that does not hold, an incident is raised",
        "draw where to go otherwise",
        "bramka „{gateway}” powinna rozdzielać albo łączyć przepływy, ale tylko sprawdza warunek: "
        "gdy nie zachodzi, powstaje incydent",
        "narysuj, dokąd iść w przeciwnym razie",
    ),
    "gateway-direction": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.9",
        "expected the flows of gateway {element!r} to agree with its direction {direction}, "
        "but {coming} lead to it and {going} leave it",
        "change gatewayDirection, or redraw the flows",
        "przepływy bramki „{element}” muszą zgadzać się z jej kierunkiem {direction}, "
        "ale wchodzących jest {coming}, a wychodzących {going}",
        "zmień gatewayDirection albo narysuj przepływy inaczej",
    ),
    "gateway-self-join": Rule(
        ERROR,
        "BPMN 2.0.2 §13.4.1",
        "expected gateway {gateway!r} to join flows that come from elsewhere, but {flow!r} leaves it: "
        "it would wait for ever",
        "redraw the flow",
        "bramka „{gateway}” musi łączyć przepływy skądinąd, ale „{flow}” wychodzi z niej samej: "
        "czekałaby bez końca",
        "narysuj przepływ inaczej",
    ),
    "activation-condition-missing": Rule(
        ERROR,
        "BPMN 2.0.2 §10.6.5",
        "expected complex gateway {gateway!r} to say when it fires, but it has no activation condition",
        "write its activation condition, such as activationCount >= 2, or use another gateway",
        "bramka złożona „{gateway}” musi określać, kiedy rusza, ale nie ma warunku aktywacji",
        "wpisz warunek aktywacji, np. activationCount >= 2, albo użyj innej bramki",
    ),
    "condition-missing": Rule(
        ERROR,
        "BPMN 2.0.2 §10.6.2",
        "expected flow {flow!r} out of gateway {gateway!r} to have a condition or be the default, "
        "but it has neither",
        "write its condition, or make it the default flow",
        "przepływ „{flow}” z bramki „{gateway}” musi mieć warunek albo być domyślny, ale nie jest",
        "wpisz warunek albo ustaw przepływ jako domyślny",
    ),
    "condition-absent": Rule(
        WARNING,
        "BPMN 2.0.2 §10.6.3",
        "expected flow {flow!r} out of gateway {gateway!r} to have a condition or be the default, "
        "but it has neither and is always taken",
        "write its condition, or make it the default flow",
        "przepływ „{flow}” z bramki „{gateway}” powinien mieć warunek albo być domyślny, "
        "ale nie ma i prowadzi nim każdy obieg",
        "wpisz warunek albo ustaw przepływ jako domyślny",
    ),
    "default-missing": Rule(
        HINT,
        "BPMN 2.0.2 §10.6.2",
        "expected gateway {gateway!r} to have a default flow, but it has none: "
        "when no condition holds, an incident is raised",
        "choose one of its flows as default",
        "bramka „{gateway}” powinna mieć przepływ domyślny, ale go nie ma: "
        "gdy żaden warunek nie zachodzi, powstaje incydent",
        "wybierz jeden z jej przepływów jako domyślny",
    ),
    "event-gateway-single": Rule(
        ERROR,
        _EVENT_GATEWAY,
        "expected event-based gateway {gateway!r} to wait for two or more events, but it has one",
        "draw the other events, or remove the gateway",
        "bramka zdarzeniowa „{gateway}” musi czekać na co najmniej dwa zdarzenia, ale ma jedno",
        "narysuj pozostałe zdarzenia albo usuń bramkę",
    ),
    "event-gateway-target/joined": _target("has other incoming flows", "ma też inne przepływy wchodzące"),
    "event-gateway-target/repeats": _target("repeats", "powtarza się"),
    "event-gateway-target/inputs": _target(
        "has input mappings, which are not evaluated there",
        "ma mapowania wejściowe, których tu nikt nie liczy",
    ),
    "event-gateway-target/boundary": _target("has boundary events", "ma zdarzenia brzegowe"),
    "event-gateway-target/type": _target("is a <{type}>", "to <{type}>"),
    "event-gateway-target/event": _target(
        "does not wait for a message, timer, signal or condition",
        "nie czeka na komunikat, czas, sygnał ani warunek",
    ),
    "event-gateway-target/twice": Rule(
        ERROR,
        _EVENT_GATEWAY,
        "expected event-based gateway {gateway!r} to lead to each event once, but it leads to one twice",
        "remove the second flow",
        "bramka zdarzeniowa „{gateway}” musi prowadzić do każdego zdarzenia raz, ale do jednego "
        "prowadzi dwa razy",
        "usuń drugi przepływ",
    ),
    "event-gateway-mixture": Rule(
        ERROR,
        _EVENT_GATEWAY,
        "expected either receive tasks or message events after {gateway!r}, but there are both",
        "use one of the two",
        "za „{gateway}” mogą stać albo zadania odbioru, albo zdarzenia komunikatu, ale są jedne i drugie",
        "użyj jednego z dwóch",
    ),
    "gateway-unnamed": Rule(
        HINT,
        OURS,
        "expected gateway {element!r} to have a name, because it decides, but it has none",
        "write the question it decides",
        "bramka „{element}” rozstrzyga, więc powinna mieć nazwę, ale jej nie ma",
        "wpisz pytanie, które rozstrzyga",
    ),
    "instantiation/flow": _creates(
        "a flow leads to it",
        "prowadzi do niego przepływ",
    ),
    "instantiation/inside": _creates(
        "it is inside {other!r}: only a process is created by an event",
        "jest w „{other}”: zdarzenie tworzy tylko proces",
    ),
    "instantiation/repeats": _creates(
        "it repeats",
        "powtarza się",
    ),
    "instantiation/parallel": _creates(
        "it is parallel and does not instantiate: the standard knows only the two together",
        "jest równoległy i nie tworzy instancji: standard zna tylko oba naraz",
    ),
    "instantiation/key": _creates(
        "the {event} of {other!r} has no key that tells which instance it is for",
        "„{other}” (typ „{event}”) nie ma klucza, który wskazuje instancję",
    ),
    "instantiation/unheard": _creates(
        "nothing waits for the {event} of {other!r} before there is an instance",
        "przed powstaniem instancji nic nie czeka na „{other}” (typ „{event}”)",
    ),
}
