"""Rules about files, identifiers and references."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, OURS, WARNING, Rule

IDENTITY = {
    "not-bpmn": Rule(
        ERROR,
        "BPMN 2.0.2 §8.1.1",
        "expected a BPMN 2.0 model (<definitions>), but the file is <{tag}> of namespace {namespace}",
        "upload the .bpmn file the modeler saved",
        "oczekiwano modelu BPMN 2.0 (<definitions>), ale plik to <{tag}> z przestrzeni nazw {namespace}",
        "wyślij plik .bpmn zapisany przez modeler",
    ),
    "xsd": Rule(
        ERROR,
        "BPMN 2.0 and DMN XML schemas",
        "expected what the {language} schema allows, but {reason}",
        "correct the element in the modeler, or export the file again",
        "oczekiwano tego, co dopuszcza schemat {language}, ale walidator zgłasza: {reason}",
        "popraw element w modelerze albo wyeksportuj plik ponownie",
    ),
    "file-duplicate": Rule(
        ERROR,
        OURS,
        "expected each file once, but {file!r} was sent twice",
        "remove or rename one of the two",
        "każdy plik należy wysłać raz, ale „{file}” wysłano dwa razy",
        "usuń jeden z nich albo zmień jego nazwę",
    ),
    "id-duplicate": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.1",
        "expected the id {id!r} once in the file, but it is used again here",
        "give one of the two elements another id",
        "identyfikator „{id}” może wystąpić w pliku raz, ale tu jest użyty ponownie",
        "nadaj jednemu z dwóch elementów inny identyfikator",
    ),
    "id-missing": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.1",
        "expected <{tag}> to have an id, but it has none",
        "give the element an id in the modeler",
        "element <{tag}> musi mieć identyfikator, ale go nie ma",
        "nadaj elementowi identyfikator w modelerze",
    ),
    "id-unusable": Rule(
        ERROR,
        "security limits",
        "expected an id of letters, digits, '_', '.' and '-' that begins with a letter of the Latin alphabet "
        "(at most 255), but it is {id!r}",
        "give the element another id in the modeler",
        "identyfikator składa się z liter, cyfr, „_”, „.” i „-” i zaczyna literą alfabetu łacińskiego "
        "(najwyżej 255 znaków), ale jest nim „{id}”",
        "nadaj elementowi inny identyfikator w modelerze",
    ),
    "process-duplicate": Rule(
        ERROR,
        OURS,
        "expected one process or global task {process!r}, but {file} defines it too",
        "give one of the two another id",
        "proces lub zadanie globalne „{process}” może być jedno, ale definiuje go też {file}",
        "nadaj jednemu z dwóch inny identyfikator",
    ),
    "process-empty": Rule(
        ERROR,
        "BPMN 2.0.2 §13.2",
        "expected process {id!r} to contain something that can be started, but it is empty",
        "draw the process, or make it not executable",
        "proces „{id}” musi zawierać coś, co można rozpocząć, ale jest pusty",
        "narysuj proces albo oznacz go jako niewykonywalny",
    ),
    "not-executable": Rule(
        WARNING,
        "BPMN 2.0.2 §10.2",
        'expected an executable process, but no process of the file has isExecutable="true"',
        "tick 'executable' in the modeler if the process is to be run; otherwise it is only stored",
        'oczekiwano procesu wykonywalnego, ale żaden proces w pliku nie ma isExecutable="true"',
        "zaznacz „wykonywalny” w modelerze, jeśli proces ma działać; inaczej zostanie tylko zapisany",
    ),
    "reference-dangling": Rule(
        ERROR,
        "BPMN 2.0.2 §8",
        "expected {name} to mean an element of the file, but {reference!r} does not exist",
        "draw what is missing, or remove the reference",
        "{name} musi wskazywać element pliku, ale „{reference}” nie istnieje",
        "narysuj brakujący element albo usuń odwołanie",
    ),
    "reference-dangling/to": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.13",
        "flow {flow!r} leads to {reference!r}, which does not exist",
        "draw what is missing, or remove the reference",
        "przepływ „{flow}” prowadzi do „{reference}”, którego nie ma",
        "narysuj brakujący element albo usuń przepływ",
    ),
    "reference-dangling/from": Rule(
        ERROR,
        "BPMN 2.0.2 §8.3.13",
        "flow {flow!r} comes from {reference!r}, which does not exist",
        "draw what is missing, or remove the reference",
        "przepływ „{flow}” wychodzi z „{reference}”, którego nie ma",
        "narysuj brakujący element albo usuń przepływ",
    ),
    "reference-wrong": Rule(
        ERROR,
        "BPMN 2.0.2 §8",
        "expected {name} of <{tag}> to mean {expected}, but {reference!r} is a <{other}>",
        "choose another element in the modeler",
        "{name} elementu <{tag}> musi wskazywać: {expected}, ale „{reference}” to <{other}>",
        "wybierz w modelerze inny element",
    ),
}
