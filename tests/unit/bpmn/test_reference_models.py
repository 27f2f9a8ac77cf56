"""The reference models of the BPMN Model Interchange Working Group: what is refused, and why it is right to.

As published most of them are drawings: nothing of the standard's own rules may speak up, for all of them are
valid BPMN. Made executable they lack what only execution needs, or speak other engines' languages.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from engine.bpmn import CheckEnvironment, compile_files
from engine.model.records import Severity

MODELS = Path(__file__).parents[4] / "shared" / "conformance" / "miwg"

# model → errors as published (executable ones only), errors when every process is made executable
REFUSED: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "A.1.0": ({}, {}),
    "A.2.0": ({}, {"condition-missing": 3}),
    "A.2.1": ({}, {"condition-missing": 2, "expression-empty": 4, "unsupported-language": 5}),
    "A.3.0": ({}, {"event-incomplete": 1}),
    "A.4.0": ({}, {}),
    "A.4.1": ({}, {}),
    "B.1.0": ({}, {"condition-missing": 4, "data-association": 1, "event-incomplete": 2, "timer-missing": 1}),
    "B.2.0": (
        {},
        {
            "condition-missing": 3,
            "event-incomplete": 23,
            "event-missing": 1,
            "loop-endless": 1,
            "multi-instance-count": 3,
            "timer-missing": 4,
            "unsupported": 1,
        },
    ),
    "C.1.0": (
        {"expression-unreadable": 4},
        {"event-incomplete": 3, "expression-unreadable": 4, "timer-missing": 1},
    ),
    "C.1.1": ({"expression-unreadable": 4}, {"expression-unreadable": 4}),
    "C.2.0": ({}, {"condition-missing": 6, "event-incomplete": 6}),
    "C.3.0": (
        {"condition-missing": 6, "expression-unreadable": 1, "unsupported-language": 1},
        {"condition-missing": 6, "expression-unreadable": 1, "unsupported-language": 1},
    ),
    "C.4.0": (
        {},
        {
            "condition-missing": 4,
            "data-association": 12,
            "event-incomplete": 6,
            "expression-unreadable": 10,
            "loop-endless": 1,
        },
    ),
    "C.5.0": (
        {},
        {"condition-missing": 12, "data-association": 25, "event-incomplete": 2, "expression-unreadable": 25},
    ),
    "C.6.0": (
        {},
        {"data-association": 1, "event-incomplete": 3, "expression-unreadable": 1, "timer-missing": 2},
    ),
    "C.7.0": (
        {},
        {
            "condition-missing": 2,
            "data-association": 2,
            "expression-unreadable": 2,
            "multi-instance-count": 1,
        },
    ),
    "C.8.0": (
        {},
        {"data-association": 3, "expression-unreadable": 4, "extension-incomplete": 1, "unsupported": 2},
    ),
    "C.8.1": (
        {"data-association": 16, "expression-unreadable": 15, "extension-incomplete": 1, "unsupported": 2},
        {"data-association": 16, "expression-unreadable": 15, "extension-incomplete": 1, "unsupported": 2},
    ),
    "C.9.0": ({"unsupported": 1}, {"unsupported": 1}),
    "C.9.1": ({}, {}),
    "C.9.2": ({"extension-incomplete": 1, "unsupported": 2}, {"extension-incomplete": 1, "unsupported": 2}),
}

# why each of these rules may refuse a model that is drawn to the letter of the standard
REASONS = {
    "condition-missing": "an exclusive gateway whose paths have names but no conditions decides nothing",
    "data-association": "the data stores and names of these drawings are no variables that could be moved",
    "event-incomplete": "execution needs the message, signal, condition or code that the drawing leaves out",
    "event-missing": "a receive task that names no message would wait for ever",
    "expression-empty": "a condition without an expression is neither true nor false",
    "expression-unreadable": "the expressions are prose or JUEL, or data whose names are several words",
    "extension-incomplete": "the forms are inside the diagram or in another system",
    "loop-endless": "a loop without a condition or a maximum never ends",
    "multi-instance-count": "neither a number nor a collection says how often to repeat",
    "timer-missing": "a timer without a date, duration or cycle has nothing to wait for",
    "unsupported": "forms inside the diagram, a conditional start of a process",
    "unsupported-language": "the conditions are written in XPath or another language than FEEL",
}


def errors(name: str, content: bytes) -> dict[str, int]:
    """Return how often each rule refuses a file."""
    findings = compile_files([(name, content)], CheckEnvironment()).findings
    return dict(Counter(each.rule for each in findings if each.severity is Severity.ERROR))


def executable(content: bytes) -> bytes:
    """Return the file with every process marked as executable."""
    plain = re.sub(rb' isExecutable="(?:true|false)"', b"", content)
    return re.sub(rb"<((?:\w+:)?process) ", rb'<\1 isExecutable="true" ', plain)


@pytest.mark.skipif(not MODELS.is_dir(), reason="the reference models are not beside this tree")
@pytest.mark.parametrize("model", REFUSED)
def test_a_reference_model_is_refused_only_for_what_execution_needs(model: str) -> None:
    content = (MODELS / f"{model}.bpmn").read_bytes()
    assert (errors(model, content), errors(model, executable(content))) == REFUSED[model]


@pytest.mark.skipif(not MODELS.is_dir(), reason="the reference models are not beside this tree")
def test_all_reference_models_are_in_the_table_and_every_refusal_has_a_reason() -> None:
    assert sorted(REFUSED) == sorted(path.stem for path in MODELS.glob("*.bpmn"))
    assert {rule for counts in REFUSED.values() for each in counts for rule in each} == REASONS.keys()
