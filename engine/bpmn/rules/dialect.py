"""Rules about the dialect: extensions, expressions, and what a process needs from outside."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, HINT, OURS, WARNING, Rule

_SIMILAR, _SIMILAR_PL = "did you mean {similar!r}?", "czy chodziło o „{similar}”?"


def _unknown(what: str, what_pl: str, after: str, after_pl: str) -> dict[str, Rule]:
    """Return the two variants of a rule about what does not exist: with and without a suggestion."""
    message = f"expected an existing {what}, but there is no {{name!r}}"
    message_pl = f"oczekiwano istniejącego elementu ({what_pl}), ale „{{name}}” nie istnieje"
    return {
        f"{what}-unknown": Rule(ERROR, OURS, message, after, message_pl, after_pl),
        f"{what}-unknown/similar": Rule(ERROR, OURS, message, _SIMILAR, message_pl, _SIMILAR_PL),
    }


_HANDLER = "expected a handler for {name!r}, but none is registered here"
_HANDLER_PL = "oczekiwano programu obsługi „{name}”, ale żaden nie jest tu zarejestrowany"
_FUNCTION = "expected a function FEEL has, but there is no {name!r}, in {expression!r}"
_FUNCTION_PL = "oczekiwano funkcji FEEL, ale „{name}” nie istnieje, w „{expression}”"
_PARAMETER = "expected a parameter of the procedure, but there is no {name!r}"
_PARAMETER_PL = "oczekiwano parametru procedury, ale „{name}” nie istnieje"

DIALECT = {
    "unsupported": Rule(
        ERROR,
        OURS,
        "expected notation this engine executes, but {reason}",
        "draw it with elements that are executed, or make the process not executable",
        "oczekiwano notacji, którą ten silnik wykonuje, ale jej nie wykonuje: {reason}",
        "użyj elementów wykonywanych albo oznacz proces jako niewykonywalny",
    ),
    "unsupported-language": Rule(
        ERROR,
        OURS,
        "expected an expression in FEEL, but its language is {language!r}",
        "write the expression in FEEL",
        "oczekiwano wyrażenia w języku FEEL, ale jego językiem jest „{language}”",
        "zapisz wyrażenie w języku FEEL",
    ),
    "foreign-extension": Rule(
        WARNING,
        OURS,
        "expected extensions of this engine, but {name!r} is another one's and not read",
        "say the same with zeebe: elements, or remove the attribute",
        "oczekiwano rozszerzeń tego silnika, ale „{name}” należy do innego i nie jest czytane",
        "zapisz to elementami zeebe: albo usuń atrybut",
    ),
    "extension-incomplete": Rule(
        ERROR,
        OURS,
        "expected zeebe:{tag} to have the attribute {attribute}, but it has none",
        "fill in the field in the modeler, or remove the element",
        "zeebe:{tag} musi mieć atrybut {attribute}, ale go nie ma",
        "wypełnij pole w modelerze albo usuń element",
    ),
    "extension-value": Rule(
        ERROR,
        OURS,
        "expected {attribute} of zeebe:{tag} to be true or false, but it is {value!r}",
        "choose one of the two",
        "{attribute} w zeebe:{tag} musi być true albo false, ale jest „{value}”",
        "wybierz jedno z dwóch",
    ),
    "resource-not-read": Rule(
        WARNING,
        OURS,
        "<{tag}> does not decide who may do the task",
        "use zeebe:assignmentDefinition, or obieg:group on the lane",
        "<{tag}> nie decyduje, kto może wykonać zadanie",
        "użyj zeebe:assignmentDefinition albo obieg:group na torze",
    ),
    "nothing-to-do": Rule(
        WARNING,
        OURS,
        "expected <{type}> {element!r} to say what does the work, but it does not: it completes at once",
        "give it a job type (zeebe:taskDefinition), or draw a task without a type",
        "<{type}> „{element}” powinien wskazywać, co wykonuje pracę, ale nie wskazuje: kończy się od razu",
        "podaj typ zlecenia (zeebe:taskDefinition) albo narysuj zadanie bez typu",
    ),
    "job-misplaced": Rule(
        ERROR,
        OURS,
        "expected a job only where <{type}> {element!r} sends a message, but it sends none",
        "remove the task definition, or make it a message event",
        "zlecenie może mieć <{type}> „{element}” tylko, gdy wysyła komunikat, ale nie wysyła",
        "usuń definicję zlecenia albo użyj zdarzenia komunikatu",
    ),
    "input-forbidden": Rule(
        ERROR,
        OURS,
        "expected no input mappings at <{type}> {element!r}, but it has some: an event brings its "
        "own variables",
        "use output mappings",
        "<{type}> „{element}” nie może mieć mapowań wejściowych, ale ma: zdarzenie przynosi własne zmienne",
        "użyj mapowań wyjściowych",
    ),
    "handler-unknown": Rule(
        WARNING,
        OURS,
        _HANDLER,
        "register it, or run a remote worker for it",
        _HANDLER_PL,
        "zarejestruj go albo uruchom dla niego zdalnego wykonawcę",
    ),
    "handler-unknown/similar": Rule(WARNING, OURS, _HANDLER, _SIMILAR, _HANDLER_PL, _SIMILAR_PL),
    **_unknown(
        "form",
        "formularz",
        "deploy the form first, or together with this file",
        "wdroż formularz wcześniej albo razem z tym plikiem",
    ),
    **_unknown(
        "decision",
        "decyzja",
        "deploy the decision first, or together with this file",
        "wdroż decyzję wcześniej albo razem z tym plikiem",
    ),
    **_unknown(
        "process",
        "proces",
        "deploy the process first, or together with this file",
        "wdroż proces wcześniej albo razem z tym plikiem",
    ),
    "parameter-unknown": Rule(
        ERROR, OURS, _PARAMETER, "add it to parameters.yaml", _PARAMETER_PL, "dodaj go do parameters.yaml"
    ),
    "parameter-unknown/similar": Rule(ERROR, OURS, _PARAMETER, _SIMILAR, _PARAMETER_PL, _SIMILAR_PL),
    "error-never-raised": Rule(
        WARNING,
        OURS,
        "expected an error code that {job!r} raises, but {code!r} is none of them",
        "its codes are {codes}",
        "oczekiwano kodu błędu, który zgłasza „{job}”, ale „{code}” nim nie jest",
        "jego kody to {codes}",
    ),
    "error-never-caught": Rule(
        WARNING,
        OURS,
        "expected the error {code!r} of {job!r} to be caught, but nothing around {element!r} does",
        "attach an error boundary event, otherwise it becomes an incident",
        "błąd „{code}” zlecenia „{job}” powinien być złapany, ale wokół „{element}” nic go nie łapie",
        "dodaj brzegowe zdarzenie błędu, inaczej powstanie incydent",
    ),
    "binding-unknown": Rule(
        ERROR,
        OURS,
        "expected the binding {bindings}, but it is {binding!r}",
        "choose one of them",
        "oczekiwano wiązania {bindings}, ale podano „{binding}”",
        "wybierz jedno z nich",
    ),
    "binding-unknown/tag": Rule(
        ERROR,
        OURS,
        "expected a version tag with the binding versionTag, but there is none",
        "give the version tag",
        "wiązanie versionTag wymaga znacznika wersji, ale go nie podano",
        "podaj znacznik wersji",
    ),
    "priority-unreadable": Rule(
        ERROR,
        OURS,
        "expected a priority from 0 to 100, but it is {priority!r}",
        "write a whole number, or FEEL after '='",
        "priorytet to liczba od 0 do 100, ale podano „{priority}”",
        "wpisz liczbę całkowitą albo FEEL po „=”",
    ),
    "retries-unreadable": Rule(
        ERROR,
        OURS,
        "expected retries from 1 to {most}, but they are {retries!r}",
        "write a whole number",
        "liczba prób to od 1 do {most}, ale podano „{retries}”",
        "wpisz liczbę całkowitą",
    ),
    "expression-unreadable": Rule(
        ERROR,
        "FEEL (DMN 1.5 §10.3)",
        "{reason}, in {expression!r}",
        "correct the FEEL expression",
        "wyrażenia „{expression}” nie da się odczytać: {reason}",
        "popraw wyrażenie FEEL",
    ),
    "expression-unreadable/foreign": Rule(
        ERROR,
        "FEEL (DMN 1.5 §10.3)",
        "{reason}, in {expression!r}",
        "write it in FEEL: ${{…}} is another engine's language",
        "wyrażenia „{expression}” nie da się odczytać: {reason}",
        "zapisz je w języku FEEL: ${{…}} to język innego silnika",
    ),
    "expression-kind": Rule(
        ERROR,
        "FEEL (DMN 1.5 §10.3)",
        "expected {what} {expression!r} to be {kind}, but it is always of the kind {other}",
        "correct the FEEL expression",
        "{what} „{expression}” musi dawać: {kind}, ale zawsze jest to {other}",
        "popraw wyrażenie FEEL",
    ),
    "expression-kind/form": Rule(
        WARNING,
        "FEEL (DMN 1.5 §10.3)",
        "expected {what} {expression!r} to be {kind}, but with what the forms give it is {other}",
        "correct the FEEL expression, or the type of the field",
        "{what} „{expression}” musi dawać: {kind}, ale z tego, co dają formularze, jest to {other}",
        "popraw wyrażenie FEEL albo typ pola",
    ),
    "comparison-kinds": Rule(
        WARNING,
        "FEEL (DMN 1.5 §10.3.2.13)",
        "expected {expression!r} to compare values of one kind, but {operator} has {left} and {right}: "
        "that is neither true nor false",
        "compare values of one kind, or convert one of them",
        "„{expression}” musi porównywać wartości jednego rodzaju, ale „{operator}” łączy {left} i {right}: "
        "to ani prawda, ani fałsz",
        "porównaj wartości jednego rodzaju albo przekształć jedną z nich",
    ),
    "function-unknown": Rule(
        ERROR,
        "FEEL (DMN 1.5 §10.3.4)",
        _FUNCTION,
        "use one of FEEL's functions",
        _FUNCTION_PL,
        "użyj jednej z funkcji FEEL",
    ),
    "function-unknown/similar": Rule(
        ERROR, "FEEL (DMN 1.5 §10.3.4)", _FUNCTION, _SIMILAR, _FUNCTION_PL, _SIMILAR_PL
    ),
    "variable-name": Rule(
        ERROR,
        "FEEL (DMN 1.5 §10.3)",
        "expected the name of a variable to assign to, but it is {name!r}",
        "use letters, digits and '_', beginning with a letter",
        "oczekiwano nazwy zmiennej, której nadać wartość, ale jest nią „{name}”",
        "użyj liter, cyfr i „_”, zaczynając od litery",
    ),
    "variable-misspelt": Rule(
        HINT,
        OURS,
        "expected a variable of the process, but {name!r} is assigned nowhere in it; did you mean "
        "{similar!r}?",
        "correct the name, unless it is a variable the process is started with",
        "oczekiwano zmiennej procesu, ale „{name}” nigdzie nie otrzymuje wartości; czy chodziło o "
        "„{similar}”?",
        "popraw nazwę, chyba że proces rozpoczyna się z tą zmienną",
    ),
}
