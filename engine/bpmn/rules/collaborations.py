"""Rules about pools, message flows and lanes."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, OURS, Rule

_MESSAGES = "BPMN 2.0.2 §7.6.2"

COLLABORATIONS = {
    "message-flow-inside": Rule(
        ERROR,
        _MESSAGES,
        "expected message flow {flow!r} between two pools, but both ends are in {pool!r}",
        "inside a pool use a sequence flow",
        "przepływ komunikatu „{flow}” musi łączyć dwie pule, ale oba końce są w „{pool}”",
        "wewnątrz puli użyj przepływu sekwencji",
    ),
    "message-flow-source": Rule(
        ERROR,
        _MESSAGES,
        "expected message flow {flow!r} to come from a pool, an activity or an event that sends a message, "
        "but {end!r} is a <{tag}> that sends none",
        "let it come from something that sends",
        "przepływ komunikatu „{flow}” musi wychodzić z puli, czynności lub zdarzenia, które go wysyła, "
        "ale „{end}” to <{tag}> i nic nie wysyła",
        "niech wychodzi z czegoś, co wysyła",
    ),
    "message-flow-target": Rule(
        ERROR,
        _MESSAGES,
        "expected message flow {flow!r} to lead to a pool, an activity or an event that receives a message, "
        "but {end!r} is a <{tag}> that receives none",
        "let it lead to something that receives",
        "przepływ komunikatu „{flow}” musi prowadzić do puli, czynności lub zdarzenia, które go odbiera, "
        "ale „{end}” to <{tag}> i nic nie odbiera",
        "niech prowadzi do czegoś, co odbiera",
    ),
    "pool-shared": Rule(
        ERROR,
        "BPMN 2.0.2 §9.3",
        "expected one pool to show process {process!r}, but {one!r} and {other!r} both do",
        "leave the process in one of the two",
        "proces „{process}” może pokazywać jedna pula, ale pokazują „{one}” i „{other}”",
        "zostaw proces w jednej z nich",
    ),
    "pool-multiplicity": Rule(
        ERROR,
        "BPMN 2.0.2 §9.3.1",
        "expected a pool to stand for a least number from 0 and a most number not below it, "
        "but they are {least} and {most}",
        "correct the two numbers",
        "pula oznacza liczbę uczestników od minimum (co najmniej 0) do nie mniejszego maksimum, "
        "ale podano {least} i {most}",
        "popraw obie liczby",
    ),
    "lane-foreign": Rule(
        ERROR,
        "BPMN 2.0.2 §10.8",
        "expected lane {lane!r} to hold elements of its own process, but {element!r} is of another",
        "draw the element in a lane of its process",
        "tor „{lane}” może zawierać elementy własnego procesu, ale „{element}” należy do innego",
        "narysuj element w torze jego procesu",
    ),
    "lane-twice": Rule(
        ERROR,
        "BPMN 2.0.2 §10.8",
        "expected {element!r} in one lane, but it is in {one!r} and in {other!r}",
        "leave it in one of the two",
        "„{element}” może być w jednym torze, ale jest w „{one}” i „{other}”",
        "zostaw go w jednym z dwóch",
    ),
    "message-ambiguous": Rule(
        ERROR,
        "BPMN 2.0.2 §9.4",
        "expected the message flows of {element!r} to carry one message, but they name {messages}",
        "choose the message of the element itself",
        "przepływy komunikatów „{element}” muszą nieść jeden komunikat, ale wskazują {messages}",
        "wybierz komunikat w samym elemencie",
    ),
    "correlation/several": Rule(
        ERROR,
        "BPMN 2.0.2 §8.4.2",
        "expected one correlation key for {message!r}, but it fits {keys}",
        "leave one of them, or say the key with zeebe:subscription",
        "komunikat „{message}” może mieć jeden klucz korelacji, ale pasuje do {keys}",
        "zostaw jeden z nich albo podaj klucz w zeebe:subscription",
    ),
    "correlation/many": Rule(
        ERROR,
        OURS,
        "expected at most {most} correlation keys in a file, but there are {count}",
        "split the model into several files",
        "w pliku może być najwyżej {most} kluczy korelacji, a jest ich {count}",
        "podziel model na kilka plików",
    ),
    "correlation/unbound": Rule(
        ERROR,
        "BPMN 2.0.2 §8.4.2",
        "expected a correlation subscription of the process that binds the key {name!r} of {element!r}, "
        "but there is none: values remembered from an earlier message are not executed",
        "bind each property of the key to the process' data (correlationPropertyBinding)",
        "subskrypcja korelacji procesu musi wiązać klucz „{name}”, na który czeka „{element}”, a nie wiąże: "
        "wartości zapamiętane z wcześniejszego komunikatu nie są wykonywane",
        "powiąż każdą właściwość klucza z danymi procesu (correlationPropertyBinding)",
    ),
}
