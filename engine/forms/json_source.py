"""Reading JSON strictly: typed members or a refusal, nothing unknown passed over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

MAX_BYTES = 1_000_000
_T = TypeVar("_T")


class Refusal(Exception):
    """One thing wrong with a form: the rule broken, a sentence, the remedy."""

    def __init__(self, rule: str, message: str, remedy: str) -> None:
        self.rule, self.message, self.remedy = rule, message, remedy
        super().__init__(message)


def parse(content: bytes) -> tuple[Mapping[str, Any], str]:
    """Return a JSON object and its text; numbers are exact, a name given twice in one object is refused."""
    remedy = "save the form again from the form editor"
    if len(content) > MAX_BYTES:
        raise Refusal(
            "form-size", f"expected at most {MAX_BYTES} bytes, but it has {len(content)}", "split it"
        )
    try:
        text = content.decode("utf-8")
        schema = json.loads(text, object_pairs_hook=_unique, parse_float=Decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        reason = f"expected JSON, but line {error.lineno}, column {error.colno} is not: {error.msg}"
        raise Refusal("form-json", reason, remedy) from None
    except UnicodeDecodeError:
        raise Refusal("form-json", "expected UTF-8, but it is another encoding", remedy) from None
    except RecursionError:
        raise Refusal("form-json", "expected JSON, but it is nested too deeply", remedy) from None
    except ValueError as error:
        raise Refusal("form-json", f"expected JSON, but {error}", remedy) from None
    if not isinstance(schema, dict):
        raise Refusal("form-json", "expected a JSON object, but it is another value", remedy)
    return schema, text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name is given twice in one object")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def require_known(part: Mapping[str, Any], allowed: frozenset[str], what: str) -> None:
    """Refuse an object with members outside the subset."""
    unknown = sorted(set(part) - allowed)
    if unknown:
        names = ", ".join(name[:40] for name in unknown[:5])
        message = f"expected only what we support of {what}, but it has {names}"
        raise Refusal("form-property", message, f"remove {names}")


def mapping(part: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a member that must be an object; empty when absent."""
    return _typed(part, name, dict, {}, "an object")


def items(part: Mapping[str, Any], name: str) -> list[Any]:
    """Return a member that must be a list; empty when absent."""
    return _typed(part, name, list, [], "a list")


def text(part: Mapping[str, Any], name: str) -> str:
    """Return a member that must be a text; empty when absent."""
    return _typed(part, name, str, "", "a text")


def flag(part: Mapping[str, Any], name: str) -> bool:
    """Return a member that must be true or false; false when absent."""
    return _typed(part, name, bool, False, "true or false")


def _typed(part: Mapping[str, Any], name: str, kind: type[_T], default: _T, what: str) -> _T:
    value = part.get(name, default)
    if not isinstance(value, kind):
        message = f"expected {name} to be {what}, but it is another kind of value"
        raise Refusal("form-property", message, f"correct {name}")
    return value
