"""The organs' program as the reference SIO knows it: what is filed on its pages begins a case here (B49)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.sio_filing import NEW, PROLONG
from engine import WARSAW, Conflict, EngineError, Form, ProcessEngine
from web.uploaded import Refused, checked

PROCESSES = {NEW: "sio_weryfikacja_dostepu", PROLONG: "sio_przedluzenie"}
ACTOR = "sio"  # who files in the history: whoever filled in the form is nobody's user here


class Organ:
    """Checks and files by the forms and processes that are deployed; ``demo.sio_filing.Organ``."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine

    def form(self, kind: str) -> Form:
        """Return the questions of a kind of application."""
        filled = self._engine.start_form(PROCESSES[kind])
        if filled is None:
            raise EngineError(f"expected '{PROCESSES[kind]}' to begin with a form, but it does not")
        return filled.form

    def hidden(self, kind: str, given: Mapping[str, object]) -> set[str]:
        """Return what need not be asked."""
        return self.form(kind).hidden(given, now=self._engine.now(), variables={})

    def checked(self, kind: str, given: Mapping[str, object]) -> dict[str, Any]:
        """Return the answers; raises ``InvalidSubmission``."""
        return self.form(kind).validate(given, now=self._engine.now(), variables={})

    def kept(self, kind: str, name: str, content: bytes, accept: tuple[str, ...]) -> dict[str, Any]:
        """Keep a file that is to be filed; raises ``ValueError``."""
        try:
            found = checked(name, content, accept)
        except Refused as refused:
            raise ValueError(str(refused)) from None
        return self._engine.uploads.keep(
            person_id=ACTOR, name=found.name, content=found.content, media_type=found.media_type
        ).value

    def standing(self, case: str) -> str:
        """Return how a case stands: it goes on, or how it has ended, in the words of its diagram."""
        found = self._engine.instances(business_key=case, roots=True, limit=1)
        if not found or found[0].ended_at is None:
            return "w toku"
        key, process_id = found[0].key, found[0].process_id
        ends = {each.element_id for each in self._engine.elements(key) if each.element_type == "endEvent"}
        steps = self._engine.outline(process_id, found[0].version).steps
        return "zakończona: " + ", ".join(each.name for each in steps if each.element_id in ends)

    def file(self, kind: str, given: Mapping[str, object], *, number: str, key: str) -> str:
        """Begin a case under SIO's number, once per key, and return its own number.

        Raises ``Conflict`` where the procedure is suspended: before a number of ours is drawn.
        """
        process_id, request_id = PROCESSES[kind], f"sio {key}"
        versions = [
            each for each in self._engine.definitions() if (each.kind, each.id) == ("process", process_id)
        ]
        if not max(versions, key=lambda each: each.version).active:
            raise Conflict(f"expected a process that may be started, but '{process_id}' is suspended")
        series = f"SIO/{self._engine.now().astimezone(WARSAW).year}"
        taken = self._engine.registers.draw_number(f"sprawy {series}", request_id=request_id)
        case = f"{series}/{taken}"
        started = self._engine.start(
            process_id,
            variables={"numer_sprawy": case, "wnioskodawca": ACTOR, "numer_sio": number, **given},
            business_key=case,
            actor=ACTOR,
            request_id=request_id,
        )
        return started.business_key or case
