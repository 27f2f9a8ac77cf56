"""Texts of a diagram as expressions: which are FEEL, which are meant literally (``engine.md`` §5)."""

from __future__ import annotations

from engine import xml
from engine.model.definition import Expression


def value(text: str, line: int) -> Expression | None:
    """Return a dialect value: FEEL after a leading ``=``, else the text itself; None where it is empty."""
    stripped = text.strip()
    if not stripped:
        return None
    if stripped.startswith("="):
        return Expression(source=stripped[1:].strip(), line=line)
    return Expression(source=stripped, literal=True, line=line)


def feel(text: str, line: int) -> Expression | None:
    """Return a text that is always FEEL, with or without the leading ``=``; None where it is empty."""
    stripped = text.strip()
    return Expression(source=stripped.removeprefix("=").strip(), line=line) if stripped else None


def attribute_value(node: xml.Node | None, name: str) -> Expression | None:
    """Return an attribute as a dialect value."""
    return None if node is None else value(node.get(name) or "", xml.line(node))


def attribute_feel(node: xml.Node | None, name: str) -> Expression | None:
    """Return an attribute that is always FEEL."""
    return None if node is None else feel(node.get(name) or "", xml.line(node))


def body_feel(node: xml.Node | None) -> Expression | None:
    """Return an expression element's body, always FEEL."""
    return None if node is None else feel(xml.text(node), xml.line(node))


def body_value(node: xml.Node | None) -> Expression | None:
    """Return an expression element's body as a dialect value."""
    return None if node is None else value(xml.text(node), xml.line(node))


def literal(text: str, line: int) -> Expression | None:
    """Return a text that is never FEEL; None where it is empty."""
    return Expression(source=text, literal=True, line=line) if text else None


NULL = Expression(source="null")
