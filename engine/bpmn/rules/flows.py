"""Rules about sequence flows, their conditions, and what tokens reach."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, HINT, OURS, WARNING, Rule

_CONNECTIONS = "BPMN 2.0.2 §7.6.1"
_REDRAW, _REDRAW_PL = "redraw the flow", "narysuj przepływ inaczej"

FLOWS = {
    "flow-forbidden/border": Rule(
        ERROR,
        _CONNECTIONS,
        "flow {flow!r} crosses the border of a sub-process: {source!r} and {target!r} are not in the "
        "same one",
        _REDRAW,
        "przepływ „{flow}” przekracza granicę podprocesu: „{source}” i „{target}” nie są w tym samym",
        _REDRAW_PL,
    ),
    "flow-forbidden/start": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.2",
        "flow {flow!r} leads to the start event {target!r}, which may have no incoming flow",
        _REDRAW,
        "przepływ „{flow}” prowadzi do zdarzenia początkowego „{target}”, do którego nic nie może prowadzić",
        _REDRAW_PL,
    ),
    "flow-forbidden/boundary": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.4",
        "flow {flow!r} leads to the boundary event {target!r}, which may have no incoming flow",
        _REDRAW,
        "przepływ „{flow}” prowadzi do zdarzenia brzegowego „{target}”, do którego nic nie może prowadzić",
        _REDRAW_PL,
    ),
    "flow-forbidden/end": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.3",
        "flow {flow!r} comes from the end event {source!r}, which may have no outgoing flow",
        _REDRAW,
        "przepływ „{flow}” wychodzi ze zdarzenia końcowego „{source}”, z którego nic nie może wychodzić",
        _REDRAW_PL,
    ),
    "flow-forbidden/event-sub-process": Rule(
        ERROR,
        "BPMN 2.0.2 §10.3.5",
        "flow {flow!r} is connected to the event sub-process {end!r}, which may have no flows",
        _REDRAW,
        "przepływ „{flow}” łączy się z podprocesem zdarzeniowym „{end}”, który nie może mieć przepływów",
        _REDRAW_PL,
    ),
    "flow-forbidden/compensation": Rule(
        ERROR,
        "BPMN 2.0.2 §10.7",
        "flow {flow!r} is connected to the compensation activity {end!r}, which may have no flows",
        _REDRAW,
        "przepływ „{flow}” łączy się z czynnością kompensującą „{end}”, która nie może mieć przepływów",
        _REDRAW_PL,
    ),
    "flow-crosses-border": Rule(
        ERROR,
        _CONNECTIONS,
        "expected flow {flow!r} to stay inside process {process!r}, but {missing!r} is not in it",
        "connect elements of one process; between pools send a message",
        "przepływ „{flow}” musi pozostać w procesie „{process}”, ale „{missing}” do niego nie należy",
        "łącz elementy jednego procesu; między pulami wyślij komunikat",
    ),
    "flow-misplaced": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.7",
        "expected flow {flow!r} to be written in the process or sub-process of its ends, but it is elsewhere",
        "draw the flow again in the modeler",
        "przepływ „{flow}” musi być zapisany w procesie lub podprocesie swoich końców, ale jest "
        "gdzie indziej",
        "narysuj przepływ w modelerze ponownie",
    ),
    "flow-list/incoming": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.8",
        "expected the flows listed as incoming at {element!r} to lead to it, but {flow!r} does not",
        "draw the flow again in the modeler",
        "przepływy wymienione jako wchodzące do „{element}” muszą do niego prowadzić, ale „{flow}” "
        "nie prowadzi",
        "narysuj przepływ w modelerze ponownie",
    ),
    "flow-list/outgoing": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.8",
        "expected the flows listed as outgoing at {element!r} to leave it, but {flow!r} does not",
        "draw the flow again in the modeler",
        "przepływy wymienione jako wychodzące z „{element}” muszą z niego wychodzić, ale „{flow}” "
        "nie wychodzi",
        "narysuj przepływ w modelerze ponownie",
    ),
    "flow-list-partial": Rule(
        WARNING,
        "BPMN 2.0.2 §8.3.8",
        "expected {element!r} to list all its {side} flows or none, but it lists some",
        "export the file again from the modeler",
        "„{element}” powinien wymieniać wszystkie swoje przepływy ({side}) albo żadnego, ale wymienia część",
        "wyeksportuj plik z modelera ponownie",
    ),
    "condition-forbidden": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.13",
        "expected a condition on a flow out of an activity or a deciding gateway, but flow {flow!r} comes "
        "from <{type}> {source!r}",
        "decide with an exclusive gateway",
        "warunek może mieć przepływ z czynności lub bramki decydującej, ale „{flow}” wychodzi z <{type}> "
        "„{source}”",
        "rozstrzygnij bramką wykluczającą",
    ),
    "condition-alone": Rule(
        WARNING,
        "BPMN 2.0.2 §8.3.13",
        "expected another flow beside the conditional one out of {element!r}, but there is none: "
        "when the condition does not hold, an incident is raised",
        "draw where to go otherwise",
        "obok przepływu warunkowego z „{element}” powinien być inny, ale go nie ma: "
        "gdy warunek nie zachodzi, powstaje incydent",
        "narysuj, dokąd iść w przeciwnym razie",
    ),
    "expression-empty": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.6",
        "expected <{tag}> to contain an expression, but it is empty",
        "write the expression, or remove the element",
        "<{tag}> musi zawierać wyrażenie, ale jest puste",
        "wpisz wyrażenie albo usuń element",
    ),
    "default-foreign": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.13",
        "expected the default flow to leave {element!r}, but {flow!r} does not",
        "choose one of its outgoing flows as default",
        "przepływ domyślny musi wychodzić z „{element}”, ale „{flow}” nie wychodzi",
        "wybierz jako domyślny jeden z jego przepływów wychodzących",
    ),
    "default-alone": Rule(
        WARNING,
        "BPMN 2.0.2 §8.3.13",
        "expected conditions beside the default flow of {element!r}, but it has none",
        "add conditions to the other flows, or remove the default",
        "obok przepływu domyślnego z „{element}” powinny być warunki, ale ich nie ma",
        "dodaj warunki pozostałym przepływom albo usuń domyślny",
    ),
    "default-conditional": Rule(
        WARNING,
        "BPMN 2.0.2 §10.3, table 10.3",
        "expected the default flow {flow!r} to have no condition, but it has one, which is ignored",
        "remove the condition",
        "przepływ domyślny „{flow}” nie powinien mieć warunku, ale ma; warunek jest pomijany",
        "usuń warunek",
    ),
    "unreachable": Rule(
        ERROR,
        "BPMN 2.0.2 §10.5.2",
        "expected {element!r} to be reachable from a start event, but no path leads to it",
        "connect it, or remove it",
        "do „{element}” musi prowadzić droga od zdarzenia początkowego, ale żadna nie prowadzi",
        "połącz go albo usuń",
    ),
    "endless-loop": Rule(
        ERROR,
        OURS,
        "expected a path from {element!r} to an end or to something that waits, but there is none: "
        "it would run for ever",
        "draw a way out of the loop that depends on data",
        "od „{element}” musi prowadzić droga do końca albo do czegoś, co czeka, ale jej nie ma: "
        "proces działałby bez końca",
        "narysuj wyjście z pętli, które zależy od danych",
    ),
    "endless-loop/certain": Rule(
        ERROR,
        OURS,
        "expected the loop through {element!r} to wait or to decide somewhere, but it does neither: "
        "every round begins the next",
        "draw a way out of the loop that depends on data",
        "pętla przez „{element}” musi gdzieś czekać albo rozstrzygać, ale tego nie robi: "
        "każdy obieg zaczyna następny",
        "narysuj wyjście z pętli, które zależy od danych",
    ),
    "no-way-out": Rule(
        WARNING,
        OURS,
        "expected a path from {element!r} to an end, but there is none",
        "draw a way out of the loop",
        "od „{element}” powinna prowadzić droga do końca, ale jej nie ma",
        "narysuj wyjście z pętli",
    ),
    "end-missing": Rule(
        HINT,
        "BPMN 2.0.2 §10.5.3",
        "expected an end event in {id!r}, which has a start event, but there is none",
        "draw the end event",
        "w „{id}” jest zdarzenie początkowe, więc powinno być i końcowe, ale go nie ma",
        "narysuj zdarzenie końcowe",
    ),
    "start-implicit": Rule(
        HINT,
        "BPMN 2.0.2 §10.5.2",
        "expected a start event in {id!r}, which has an end event, but there is none: "
        "it begins at everything no flow leads to",
        "draw the start event",
        "w „{id}” jest zdarzenie końcowe, więc powinno być i początkowe, ale go nie ma: "
        "zaczyna się od wszystkiego, do czego nic nie prowadzi",
        "narysuj zdarzenie początkowe",
    ),
}
