"""Rules about a job's settings: what a diagram gives against what the office's element templates know."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, OURS, WARNING, Rule

_SIMILAR, _SIMILAR_PL = "did you mean {similar!r}?", "czy chodziło o „{similar}”?"
_TEMPLATE = "expected an element template of this office, but there is no {name!r}"
_TEMPLATE_PL = "oczekiwano szablonu czynności tego urzędu, ale „{name}” nie istnieje"
_HEADER = "expected a setting that {job!r} reads, but {name!r} is none"
_HEADER_PL = "oczekiwano ustawienia, które czyta „{job}”, ale „{name}” nim nie jest"
_INPUT = "expected a variable that {job!r} reads, but {name!r} is none: it has no effect"
_INPUT_PL = "oczekiwano zmiennej, którą czyta „{job}”, ale „{name}” nią nie jest: nic nie zmienia"
_WORDS = "expected a deployed message template, but there is no {name!r}"
_WORDS_PL = "oczekiwano wdrożonego wzoru wiadomości, ale „{name}” nie istnieje"
_KNOWN, _KNOWN_PL = "it reads {known}", "czyta: {known}"

SETTINGS = {
    "template-unknown": Rule(
        WARNING,
        OURS,
        _TEMPLATE,
        "choose another template in the modeler, or unlink it",
        _TEMPLATE_PL,
        "wybierz w modelerze inny szablon albo odłącz ten",
    ),
    "template-unknown/similar": Rule(WARNING, OURS, _TEMPLATE, _SIMILAR, _TEMPLATE_PL, _SIMILAR_PL),
    "message-template-unknown": Rule(
        WARNING,
        OURS,
        _WORDS,
        "deploy the procedure's folder with its messages",
        _WORDS_PL,
        "wdróż folder procedury razem z jej wzorami (messages)",
    ),
    "message-template-unknown/similar": Rule(WARNING, OURS, _WORDS, _SIMILAR, _WORDS_PL, _SIMILAR_PL),
    "template-outdated": Rule(
        WARNING,
        OURS,
        "expected version {newest} of the template {template!r}, but {element!r} was made with {version}",
        "open the task in the modeler and choose Update",
        "oczekiwano wersji {newest} szablonu „{template}”, ale „{element}” powstał z wersją {version}",
        "otwórz zadanie w modelerze i wybierz „Uaktualnij”",
    ),
    "template-outdated/newer": Rule(
        WARNING,
        OURS,
        "expected version {newest} of the template {template!r}, but {element!r} was made with {version}: "
        "this office does not have it",
        "install the newer templates, or apply the template anew",
        "oczekiwano wersji {newest} szablonu „{template}”, ale „{element}” powstał z wersją {version}, "
        "której ten urząd nie ma",
        "zainstaluj nowsze szablony albo zastosuj szablon od nowa",
    ),
    "template-mismatch": Rule(
        ERROR,
        OURS,
        "expected {element!r}, made with the template {template!r}, to ask for {job!r}, "
        "but it asks for {other!r}",
        "apply the template anew, or unlink it",
        "„{element}” powstał z szablonu „{template}” i powinien zlecać „{job}”, ale zleca „{other}”",
        "zastosuj szablon od nowa albo go odłącz",
    ),
    "setting-unknown": Rule(WARNING, OURS, _INPUT, _KNOWN, _INPUT_PL, _KNOWN_PL),
    "setting-unknown/similar": Rule(WARNING, OURS, _INPUT, _SIMILAR, _INPUT_PL, _SIMILAR_PL),
    "setting-unknown/header": Rule(ERROR, OURS, _HEADER, _KNOWN, _HEADER_PL, _KNOWN_PL),
    "setting-unknown/header/similar": Rule(ERROR, OURS, _HEADER, _SIMILAR, _HEADER_PL, _SIMILAR_PL),
    "setting-missing": Rule(
        ERROR,
        OURS,
        "expected {element!r} to give {job!r} the setting {name!r}, but it does not",
        "fill it in",
        "„{element}” musi podać „{job}” ustawienie „{name}”, ale go nie podaje",
        "wypełnij je",
    ),
    "setting-choice": Rule(
        ERROR,
        OURS,
        "expected the setting {name!r} to be one of {choices}, but it is {value!r}",
        "choose one of them",
        "ustawienie „{name}” to jedno z: {choices}, ale podano „{value}”",
        "wybierz jedno z nich",
    ),
    "setting-length": Rule(
        ERROR,
        OURS,
        "expected the setting {name!r} to have {least} to {most} characters, but {value!r} has {length}",
        "write it as the template's hint says",
        "ustawienie „{name}” powinno mieć od {least} do {most} znaków, ale „{value}” ma {length}",
        "wpisz je tak, jak mówi podpowiedź szablonu",
    ),
    "setting-pattern": Rule(
        ERROR,
        OURS,
        "expected the setting {name!r} to match {pattern!r}, but it is {value!r}",
        "write it as the template's hint says",
        "ustawienie „{name}” musi pasować do wzorca „{pattern}”, ale podano „{value}”",
        "wpisz je tak, jak mówi podpowiedź szablonu",
    ),
    "setting-pattern/costly": Rule(
        ERROR,
        OURS,
        "expected the template {template!r} to have a pattern for {name!r} that can be tried on {value!r}, "
        "but {pattern!r} needs too many steps",
        "simplify the pattern in the template's file, without back-references",
        "wzorzec „{pattern}” ustawienia „{name}” w szablonie „{template}” wymaga zbyt wielu kroków, "
        "żeby sprawdzić „{value}”",
        "uprość wzorzec w pliku szablonu, bez odwołań wstecznych",
    ),
    "setting-kind": Rule(
        ERROR,
        OURS,
        "expected the setting {name!r} to be an expression, but {value!r} does not begin with '='",
        "put '=' before the variable's name",
        "ustawienie „{name}” to wyrażenie, ale „{value}” nie zaczyna się od „=”",
        "wpisz „=” przed nazwą zmiennej",
    ),
    "setting-kind/text": Rule(
        ERROR,
        OURS,
        "expected the setting {name!r} to be a text, but {value!r} is always {kind}",
        "write an expression that gives a text",
        "ustawienie „{name}” to tekst, ale „{value}” zawsze daje: {kind}",
        "wpisz wyrażenie, które daje tekst",
    ),
    "setting-kind/header": Rule(
        ERROR,
        OURS,
        "expected the setting {name!r} as it is meant, but {value!r} is an expression: it is not evaluated",
        "write the value itself, without '='",
        "ustawienie „{name}” podaje się wprost, ale „{value}” to wyrażenie: nie jest obliczane",
        "wpisz samą wartość, bez „=”",
    ),
}
