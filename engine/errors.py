"""Everything that can go wrong, in one tree; a caller needs one ``except EngineError``.

    EngineError
    ├── NotFound             no such instance, task, job, definition …
    ├── Conflict             it is there, but not in a state that allows this (finished task, lost lease)
    │   ├── DoesNotFit           an instance cannot go on in another version; carries every obstacle
    │   └── RefusedEntry         a case cannot start: the entry of a register it begins with cannot be made
    ├── Forbidden            this actor may not do this
    ├── InvalidDefinition    uploaded files refused; carries the findings
    ├── InvalidSubmission    form data refused; carries one message per field
    ├── InvalidVariables     variables that cannot be stored or evaluated (NaN, depth, size, names)
    ├── EvaluationError      a FEEL expression failed or ran out of budget
    │   └── InvalidExpression    it does not even parse; carries the position
    ├── Incompatible         written by a newer program, or not ours
    ├── Busy                 too many ask for this at once; nothing was done, try again in a moment
    ├── Damaged              stored bytes do not open or do not decode
    └── Unavailable          the database is busy, full or gone; nothing was written

Two more are not errors of the engine but answers of a handler (see ``engine.handling``): ``BpmnError`` (the
model may catch it) and ``JobFailure`` (retry, then incident). Bugs are neither: they raise whatever they
raise, the transaction rolls back and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.model.records import Finding


class EngineError(Exception):
    """The engine refused or could not do what was asked."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class NotFound(EngineError):
    """There is no such thing."""


class Conflict(EngineError):
    """The thing is not in a state that allows this."""


class DoesNotFit(Conflict):
    """An instance cannot go on in another version of its process; ``obstacles`` is all in the way."""

    def __init__(self, version: int, obstacles: Sequence[str]) -> None:
        self.obstacles = tuple(dict.fromkeys(obstacles))
        super().__init__(f"the instance does not fit version {version}: {'; '.join(self.obstacles)}")


class RefusedEntry(Conflict):
    """The entry of a register that a case begins with cannot be made, so it does not start."""


class Forbidden(EngineError):
    """This actor may not do this."""


class InvalidDefinition(EngineError):
    """The files were refused; nothing was deployed."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(str(finding) for finding in self.findings[:5]))


class InvalidSubmission(EngineError):
    """The form data were refused; ``fields`` maps a field key to the message for the person."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(f"{key}: {reason}" for key, reason in self.fields.items()))


class InvalidVariables(EngineError):
    """The variables cannot be stored."""


class EvaluationError(EngineError):
    """A FEEL expression failed."""


class InvalidExpression(EvaluationError):
    """A FEEL expression does not parse; ``position`` is the 0-based character offset."""

    def __init__(self, message: str, *, position: int = 0, source: str = "") -> None:
        self.position = position
        self.source = source
        super().__init__(message)


class Incompatible(EngineError):
    """The data were written by a newer program; upgrade this one first."""


class Busy(EngineError):
    """Too many ask for this at once; nothing was done."""


class Damaged(EngineError):
    """Stored bytes do not open or do not decode."""


class Unavailable(EngineError):
    """The database is busy, full or gone; nothing was written."""


class BpmnError(Exception):
    """A handler's answer that the model may catch with an error event (BPMN 2.0.2 §10.5.5).

    ``code`` is matched against the error's ``errorCode``; ``variables`` go to the catching event.
    """

    def __init__(self, code: str, message: str = "", variables: Mapping[str, object] | None = None) -> None:
        self.code = code
        self.message = message
        self.variables = dict(variables or {})
        super().__init__(f"{code}: {message}" if message else code)


class JobFailure(Exception):
    """A handler's technical failure: retried with back-off, then an incident.

    ``permanent=True`` spends all retries at once; ``back_off`` (seconds) overrides the engine's own.
    """

    def __init__(self, reason: str, *, permanent: bool = False, back_off: float | None = None) -> None:
        self.reason = reason
        self.permanent = permanent
        self.back_off = back_off
        super().__init__(reason)
