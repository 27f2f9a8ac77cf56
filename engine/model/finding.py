"""What the check has to say, as the public door answers it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How grave a finding is; only an error refuses a deployment."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


_POLISH = {Severity.ERROR: "błąd", Severity.WARNING: "ostrzeżenie", Severity.HINT: "wskazówka"}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the check has to say about a file; ``line`` is 1-based, 0 where there is none.

    ``message_pl`` and ``remedy_pl`` say the same in Polish, "" where there is no translation.
    """

    rule: str
    severity: Severity
    message: str
    file: str = ""
    line: int = 0
    element_id: str = ""
    remedy: str = ""
    message_pl: str = ""
    remedy_pl: str = ""

    def __str__(self) -> str:
        """Return one line a compiler would print."""
        return self._line("file", self.severity, self.message, self.remedy)

    def in_polish(self) -> str:
        """Return the same line in Polish, in English where there is no translation."""
        if not self.message_pl:
            return str(self)
        return self._line("plik", _POLISH[self.severity], self.message_pl, self.remedy_pl)

    def _line(self, nowhere: str, severity: str, message: str, remedy: str) -> str:
        place = ":".join(part for part in (self.file, str(self.line or "")) if part)
        element = f" [{self.element_id}]" if self.element_id else ""
        return f"{place or nowhere}: {severity}: {message}{element}{f' — {remedy}' if remedy else ''}"
