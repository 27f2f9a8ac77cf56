"""Reading what a field accepts: its answers, bounds, pattern and named checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import EvaluationError
from engine.feel import pattern_occurs
from engine.forms.checks import CHECKS
from engine.forms.json_source import Refusal, flag, items, mapping, text
from engine.forms.parts import MAX_ROWS, MAX_TEXT_BYTES, ComponentType, Option

# What may stand in a filepicker's accept, and the media types it means.
ACCEPTED: dict[str, tuple[str, ...]] = {
    ".pdf": ("application/pdf",),
    "application/pdf": ("application/pdf",),
    ".jpg": ("image/jpeg",),
    ".jpeg": ("image/jpeg",),
    "image/jpeg": ("image/jpeg",),
    ".png": ("image/png",),
    "image/png": ("image/png",),
    "image/*": ("image/jpeg", "image/png"),
    ".xml": ("application/xml",),
    "application/xml": ("application/xml",),
    "text/xml": ("application/xml",),
}
_USUAL = (".pdf", ".jpg", ".png")
_SUBTYPES = frozenset({"date", "time", "datetime"})


def options(part: Mapping[str, Any]) -> tuple[Option, ...]:
    """Return the answers of a radio, select or checklist; they must differ."""
    found = tuple(
        Option(value=text(value, "value"), label=text(value, "label"))
        for value in items(part, "values")
        if isinstance(value, dict)
    )
    values = {option.value for option in found}
    if not found or "" in values or len(values) != len(found):
        message = "expected answers with different, non-empty values, but there are none or two are alike"
        raise Refusal("form-options", message, "correct the answers of the field")
    return found


def named_checks(part: Mapping[str, Any], kind: ComponentType) -> tuple[str, ...]:
    """Return the names in ``obieg:validate``; each must exist and be about this type of field."""
    listed = str(mapping(part, "properties").get("obieg:validate", ""))
    names = tuple(name.strip() for name in listed.split(",") if name.strip())
    about_dates = kind is ComponentType.DATETIME
    for name in names:
        check = CHECKS.get(name)
        fits = kind is ComponentType.TEXTFIELD or (about_dates and part.get("subtype") != "time")
        if check is None or not fits or check.about_dates is not about_dates:
            known = ", ".join(known for known, check in CHECKS.items() if check.about_dates is about_dates)
            message = f"expected obieg:validate of a {kind} to be one of {known}, but it is {name[:40]!r}"
            raise Refusal("form-check", message, "correct obieg:validate")
    return names


def limits(part: Mapping[str, Any], rules: Mapping[str, Any], kind: ComponentType) -> dict[str, Any]:
    """Return the bounds of a field as arguments of ``Component``."""
    read = _LIMITS.get(kind)
    return {} if read is None else read(part, rules)


def _text_limits(_part: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
    least, most = _whole(rules, "minLength", 0), _whole(rules, "maxLength", MAX_TEXT_BYTES)
    kind = text(rules, "validationType")
    if least > most or kind not in ("", "custom", "email"):
        message = "expected minLength ≤ maxLength and no validationType but email, but it is not so"
        raise Refusal("form-limits", message, "correct the validation; for phones use obieg:validate")
    return {"min_length": least, "max_length": most, "pattern": _pattern(rules), "email": kind == "email"}


def _pattern(rules: Mapping[str, Any]) -> str:
    """Return the pattern, one that can be run: in bounded time, as FEEL's ``matches`` does."""
    pattern = text(rules, "pattern")
    if pattern:
        try:
            pattern_occurs(pattern, "")
        except EvaluationError as error:
            message = f"expected a pattern, but {error}"
            raise Refusal("form-pattern", message, "correct the pattern") from None
    return pattern


def _number_limits(part: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
    least, most = _decimal(rules, "min"), _decimal(rules, "max")
    if least is not None and most is not None and least > most:
        raise Refusal("form-limits", "expected min ≤ max, but it is not so", "correct the validation")
    decimals = _whole(part, "decimalDigits", 0) if "decimalDigits" in part else None
    return {"minimum": least, "maximum": most, "decimals": decimals}


def _whole(part: Mapping[str, Any], name: str, default: int) -> int:
    value = part.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_TEXT_BYTES:
        message = f"expected {name} to be a number from 0 to {MAX_TEXT_BYTES}"
        raise Refusal("form-limits", message, f"correct {name}")
    return value


def _decimal(rules: Mapping[str, Any], name: str) -> Decimal | None:
    value = rules.get(name)
    if value in (None, ""):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Refusal("form-limits", f"expected {name} to be a number, but it is not", f"correct {name}")
    return number


def _temporal_limits(part: Mapping[str, Any], _rules: Mapping[str, Any]) -> dict[str, Any]:
    subtype = text(part, "subtype") or "date"
    future_only = flag(part, "disallowPassedDates")
    if subtype not in _SUBTYPES or (future_only and subtype == "time"):
        message = "expected subtype date, time or datetime (past dates only with a date), but it is not so"
        raise Refusal("form-limits", message, "correct the field's subtype")
    return {"subtype": subtype, "future_only": future_only}


def _file_limits(part: Mapping[str, Any], _rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return which files are taken; with no ``accept`` PDF and pictures."""
    listed = [each.strip().lower() for each in text(part, "accept").split(",") if each.strip()]
    unknown = [each for each in listed if each not in ACCEPTED]
    if unknown:
        known = ", ".join(ACCEPTED)
        message = f"expected accept to be some of {known}, but it has {unknown[0][:40]!r}"
        raise Refusal("form-limits", message, "correct the files the field accepts")
    taken = [media_type for each in listed or _USUAL for media_type in ACCEPTED[each]]
    return {"accept": tuple(dict.fromkeys(taken)), "multiple": flag(part, "multiple")}


def _list_limits(part: Mapping[str, Any], _rules: Mapping[str, Any]) -> dict[str, Any]:
    rows = _whole(part, "defaultRepetitions", 1)
    if rows > MAX_ROWS:
        message = f"expected at most {MAX_ROWS} rows to begin with, but there are {rows}"
        raise Refusal("form-limits", message, "correct the number of rows")
    return {"rows": rows, "grows": flag(part, "allowAddRemove")}


_LIMITS: dict[ComponentType, Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
    ComponentType.TEXTFIELD: _text_limits,
    ComponentType.FILEPICKER: _file_limits,
    ComponentType.DYNAMICLIST: _list_limits,
    ComponentType.TEXTAREA: _text_limits,
    ComponentType.NUMBER: _number_limits,
    ComponentType.DATETIME: _temporal_limits,
}
