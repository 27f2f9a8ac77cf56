"""A form as a thing one can submit to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.errors import InvalidSubmission
from engine.feel import Environment, Value
from engine.forms import values
from engine.forms.parts import MAX_ROWS, WITHOUT_DATA, Component, ComponentType, fields_of

_SHOWN_UNKNOWN = 20
_SHOWN_KEY = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A form definition: ``id`` is what ``formDefinition formId`` names, ``file`` where it was read from."""

    id: str
    file: str
    components: tuple[Component, ...]

    @property
    def fields(self) -> tuple[Component, ...]:
        """Return the components that carry data, in document order."""
        return tuple(fields_of(self.components))

    def hidden(
        self,
        submission: Mapping[str, object],
        *,
        now: dt.datetime,
        variables: Mapping[str, Value] | None = None,
    ) -> set[str]:
        """Return the handles of the components that are hidden while this is entered; what cannot be read
        counts as empty. A component in a row of a list is named as in ``validate``."""
        outer = variables or {}
        read = _read(self.fields, submission, outer, now)
        scope = {**outer, **read.answers}
        return read.hidden | set(_hidden_to_see(self.components, scope, Environment(now=now), ""))

    def validate(
        self,
        submission: Mapping[str, object],
        *,
        now: dt.datetime,
        variables: Mapping[str, Value] | None = None,
    ) -> dict[str, Value]:
        """Return the data as FEEL values: one entry per field a person may fill in, null where empty.

        Takes what an HTML form, JSON or YAML gives: texts for everything, or values of the right type.
        ``now`` is the aware business time; ``variables`` are the case's, for the conditions. Hidden fields
        come out as null whatever was sent, read-only ones do not come out at all. Raises
        ``InvalidSubmission`` with one Polish message per field, all at once; the field ``imie`` in the second
        row of the list ``osoby`` is ``osoby.1.imie``.
        """
        read = _read(self.fields, submission, variables or {}, now)
        if read.problems:
            raise InvalidSubmission(read.problems)
        return read.answers


@dataclass(frozen=True, kw_only=True, slots=True)
class FilledForm:
    """A form with the variables it is shown over."""

    form: Form
    variables: Mapping[str, Value]


class _Reading(NamedTuple):
    """What was read of a submission, of a whole form or of one row of a list."""

    answers: dict[str, Value]
    problems: dict[str, str]
    hidden: set[str]


def _read(
    fields: Iterable[Component],
    submission: Mapping[str, object],
    outer: Mapping[str, Value],
    now: dt.datetime,
) -> _Reading:
    """Read a submission field by field, decide what is hidden, then the rows of the lists that are not."""
    every = tuple(fields)
    writable = [field for field in every if not field.read_only]
    problems = _unknown(every, submission)
    answers: dict[str, Value] = {}
    for field in writable:
        try:
            listed = field.type is ComponentType.DYNAMICLIST
            answers[field.key] = None if listed else values.read(field, submission.get(field.key), now)
        except values.Refused as refusal:
            answers[field.key] = None
            problems[field.key] = str(refusal)
    hidden = _hide(writable, answers, outer, now)
    problems = _unmet(writable, {**outer, **answers}, now) | problems
    missing = {field.key: values.missing(field) for field in writable if _is_missing(field, answers)}
    problems = {**missing, **problems}
    for key in hidden:
        problems.pop(key, None)
    found = _Reading(answers, problems, hidden)
    for field in writable:
        if field.type is ComponentType.DYNAMICLIST and field.key not in hidden:
            _read_rows(field, submission.get(field.key), outer, now, found)
    return found


def _read_rows(
    listed: Component,
    given: object,
    outer: Mapping[str, Value],
    now: dt.datetime,
    found: _Reading,
) -> None:
    """Read the rows of a list into what was found; each sees the form's answers, and its own before them."""
    answers, problems, hidden = found
    seen = {**outer, **answers}
    rows = [] if given in (None, "") else given
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        problems[listed.key] = "Wypełnij listę jeszcze raz."
        return
    if len(rows) > MAX_ROWS or (not listed.grows and len(rows) > listed.rows):
        most = MAX_ROWS if listed.grows else listed.rows
        problems[listed.key] = f"Lista może mieć najwyżej {most} wierszy."
        return
    taken: list[Value] = []
    for number, row in enumerate(rows):
        read = _read(listed.row_fields, row, seen, now)
        taken.append(read.answers)
        problems |= {f"{listed.key}.{number}.{key}": told for key, told in read.problems.items()}
        hidden |= {f"{listed.key}.{number}.{key}" for key in read.hidden}
    answers[listed.key] = taken


def _unknown(fields: tuple[Component, ...], submission: Mapping[str, object]) -> dict[str, str]:
    known = {field.key for field in fields}
    unknown = [str(key)[:_SHOWN_KEY] for key in submission if key not in known]
    return dict.fromkeys(unknown[:_SHOWN_UNKNOWN], "Formularz nie ma takiego pola.")


def _hide(
    fields: list[Component], answers: dict[str, Value], variables: Mapping[str, Value], now: dt.datetime
) -> set[str]:
    """Null the answers of hidden fields, top to bottom: what is hidden counts as empty for those below it."""
    environment = Environment(now=now)
    hidden: set[str] = set()
    scope = {**variables, **answers}
    for field in fields:
        if any(condition.evaluate(scope, environment) is True for condition in field.hide):
            hidden.add(field.key)
            scope[field.key] = answers[field.key] = None
    return hidden


def _hidden_to_see(
    components: Iterable[Component], scope: Mapping[str, Value], environment: Environment, before: str
) -> Iterator[str]:
    """Yield what is hidden of that which is only there to be seen: texts, groups, read-only fields."""
    for part in components:
        is_seen = part.read_only or part.type in WITHOUT_DATA
        if is_seen and any(condition.evaluate(scope, environment) is True for condition in part.hide):
            yield before + part.handle
        if part.type is not ComponentType.DYNAMICLIST:
            yield from _hidden_to_see(part.children, scope, environment, before)
            continue
        rows = scope.get(part.key)
        for number, row in enumerate(rows if isinstance(rows, list) else []):
            if isinstance(row, Mapping):
                within = f"{before}{part.key}.{number}."
                yield from _hidden_to_see(part.children, {**scope, **row}, environment, within)


def _unmet(fields: list[Component], scope: Mapping[str, Value], now: dt.datetime) -> dict[str, str]:
    """Return what people are told of answers that do not fit others; one not given yet fits any."""
    environment = Environment(now=now)
    return {
        field.key: field.demand_text
        for field in fields
        if field.demand is not None
        and scope.get(field.key) is not None
        and field.demand.evaluate(scope, environment) is False
    }


def _is_missing(field: Component, answers: Mapping[str, Value]) -> bool:
    if not field.required:
        return False
    answer = answers[field.key]
    return answer is None or (field.type is ComponentType.CHECKBOX and answer is False)
