"""Rules about data: what refers to it, and what moves it."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, OURS, Rule

_DATA = "BPMN 2.0.2 §10.4"
_REMEDY = "correct the association in the modeler, or remove what it moves to leave it a drawing"
_REMEDY_PL = "popraw powiązanie w modelerze albo usuń to, co przenosi, by zostało samym rysunkiem"


def _moves(reason: str, reason_pl: str) -> Rule:
    return Rule(
        ERROR,
        "BPMN 2.0.2 §10.4.2",
        "expected <{tag}> to move data exactly, but " + reason,
        _REMEDY,
        "<{tag}> musi dokładnie przenosić dane, ale " + reason_pl,
        _REMEDY_PL,
    )


DATA = {
    "data-end": Rule(
        ERROR,
        _DATA,
        "expected <{tag}> to mean something that holds data, but {reference!r} is a <{other}>",
        "choose a data object, data store, property, data input or data output",
        "<{tag}> musi wskazywać coś, co przechowuje dane, ale „{reference}” to <{other}>",
        "wybierz obiekt danych, magazyn danych, właściwość, wejście lub wyjście",
    ),
    "data-scope": Rule(
        ERROR,
        _DATA,
        "expected data that are visible here, but {reference!r} belongs to another process or sub-process",
        "use data of this process or of a sub-process around",
        "dane muszą być tu widoczne, ale „{reference}” należy do innego procesu lub podprocesu",
        "użyj danych tego procesu lub podprocesu, w którym to jest",
    ),
    "data-set": Rule(
        ERROR,
        "BPMN 2.0.2 §10.4.2",
        "expected {tag} to mean a <{expected}> of the same specification, but {reference!r} is none",
        "choose one of the ioSpecification around",
        "{tag} musi wskazywać <{expected}> z tej samej specyfikacji, ale „{reference}” nim nie jest",
        "wybierz element z tego samego ioSpecification",
    ),
    "data-name": Rule(
        ERROR,
        OURS,
        "expected one data object or property {name!r} in {container!r}, but there are {count}",
        "give each its own name, or draw references to one data object",
        "obiekt danych lub właściwość „{name}” w „{container}” może być jeden, ale jest ich {count}",
        "nadaj każdemu własną nazwę albo narysuj odwołania do jednego obiektu danych",
    ),
    "data-association/store": _moves(
        "a data store is shared by all instances and outlives them: let a task write to a register",
        "magazyn danych jest wspólny dla wszystkich instancji i trwa dłużej: niech zadanie pisze do rejestru",
    ),
    "data-association/sources": _moves(
        "it copies {count} sources: say with a transformation what becomes of them",
        "kopiuje {count} źródeł: określ transformacją, co z nich powstaje",
    ),
    "data-association/target": _moves(
        "its transformation has no target: let targetRef mean a data element",
        "jego transformacja nie ma celu: niech targetRef wskazuje element danych",
    ),
    "data-association/owner": _moves(
        "{data!r} does not belong to {element!r}", "„{data}” nie należy do „{element}”"
    ),
    "data-association/items": _moves(
        "the items of a multi-instance activity can only be copied or transformed",
        "elementy czynności wieloinstancyjnej można tylko skopiować lub przekształcić",
    ),
    "data-association/collected": _moves(
        "the outputs of a multi-instance activity can only be copied as they are",
        "wyniki czynności wieloinstancyjnej można tylko skopiować bez zmian",
    ),
    "data-association/name": _moves(
        "{data!r} cannot name a variable: give the data element a name of letters, digits and '_'",
        "„{data}” nie może być nazwą zmiennej: nazwij element danych literami, cyframi i „_”",
    ),
    "data-association/hidden": _moves(
        "the data object {data!r} of {container!r} hides it: rename one of them",
        "zasłania je obiekt danych „{data}” w „{container}”: zmień nazwę jednego z nich",
    ),
    "data-association/sight": _moves(
        "{data!r} is not in sight of {element!r}", "„{data}” nie jest widoczny z „{element}”"
    ),
    "data-association/filled": _moves(
        "the data input {data!r} was filled before: give it another name than the data object's",
        "wejście danych „{data}” wypełniono wcześniej: nadaj mu inną nazwę niż obiektowi danych",
    ),
    "unsupported/data-sets": Rule(
        ERROR,
        OURS,
        "expected one <{tag}>, but which of several sets of data a task takes is not decided by this engine",
        "draw one set",
        "może być jeden <{tag}>, bo ten silnik nie rozstrzyga, który z kilku zestawów danych bierze zadanie",
        "narysuj jeden zestaw",
    ),
    "unsupported/data-meanwhile": Rule(
        ERROR,
        OURS,
        "expected data to move when an activity begins and ends, but <{tag}> lets it move meanwhile",
        "move the data at the beginning or at the end",
        "dane przenosi się na początku i na końcu czynności, ale <{tag}> przenosi je w trakcie",
        "przenieś dane na początku albo na końcu",
    ),
}
