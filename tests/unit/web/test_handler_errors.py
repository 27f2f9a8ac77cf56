"""Every error that may end a handler in an incident has a Polish sentence; they are read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from web import handler_errors
from web.handler_errors import explained, known

HANDLERS = Path(__file__).parents[3] / "handlers"
# Whose errors no incident shows: refused when the program starts, told by a command, written into a report.
ELSEWHERE = {
    "connection", "mail_signature", "password", "imap", "reconciliation", "rspo_records", "seals",
    "signed_pdf", "signed_xml", "trusted_signature",
}  # fmt: skip
GAP = "x 1"  # stands where a message names something


def worded(node: ast.AST) -> str | None:
    """Return a text of the code, with gaps where it is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)
    return None


def errors_of_handlers() -> Iterator[tuple[str, str]]:
    """Yield where each error is worded, and how."""
    for path in sorted(HANDLERS.rglob("*.py")):
        if path.stem in ELSEWHERE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            text = worded(node) if id(node) not in inside else None
            if (
                text is not None
                and text.startswith("expected ")
                and "OBIEG_" not in text.partition(", but")[0]
            ):
                yield f"{path.name}:{getattr(node, 'lineno', 0)}", text


def test_every_error_of_a_handler_has_a_sentence() -> None:
    found = dict(errors_of_handlers())
    assert len(found) > 30
    assert {place: text for place, text in found.items() if not known(text)} == {}


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("KeyError: 'adres'", "program"),
        ("the handler's answer cannot be stored: it is too deep", "unstorable"),
        ("expected SEOD to answer 2xx, but got 503", "refused"),
        ("expected the SMS gateway to answer, but TimeoutError", "silent"),
        ("expected powod to be one of a, b for incident.register at x, but got 'c'; correct the input "
         "mapping or the headers of the task", "prepared"),
        ("baza odpowiada 500", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_an_error_is_known_by_how_it_is_worded(message: str, name: str) -> None:
    assert known(message) == name
    assert explained(message)


def test_each_sentence_says_what_to_do() -> None:
    for name in (*handler_errors._PATTERNS, "other"):
        sentence = handler_errors._SENTENCES[name]
        assert any(word in sentence for word in ("znów", "administratorowi", "Przekaż")), name
