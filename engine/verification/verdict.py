"""What was found so far, and what it comes to."""

from __future__ import annotations

from typing import Literal

from engine.model.records import Report, VerificationFinding

Check = Literal["chain", "fold", "reexecution"]
OK = "ok"
FAILED = "failed"
ERASED = "erased"
NOT_REEXECUTABLE = "not re-executable"
# What one word has to stand for many instances: the gravest of theirs.
_GRAVITY = (FAILED, NOT_REEXECUTABLE, ERASED, OK)


class Verdict:
    """Gathers findings over all instances."""

    def __init__(self) -> None:
        self.instances = 0
        self._outcomes: dict[Check, set[str]] = {"chain": {OK}, "fold": set(), "reexecution": set()}
        self._findings: list[VerificationFinding] = []

    def add(self, check: Check, instance_key: int, seq: int, message: str, *, outcome: str = FAILED) -> None:
        """Note a discrepancy (or, with another outcome, why a check could not be done) at one row."""
        self._outcomes[check].add(outcome)
        self._findings.append(
            VerificationFinding(check=check, instance_key=instance_key, seq=seq, message=message)
        )

    def passed(self, check: Check) -> None:
        """Note that a check was carried through for one instance."""
        self._outcomes[check].add(OK)

    def report(self) -> Report:
        """Return the report: a part nobody could carry out says why, one that failed anywhere has failed."""
        words = {check: self._word(outcomes) for check, outcomes in self._outcomes.items()}
        return Report(
            ok=FAILED not in words.values(),
            chain=words["chain"],
            fold=words["fold"],
            reexecution=words["reexecution"],
            findings=tuple(self._findings),
            instances=self.instances,
        )

    @staticmethod
    def _word(outcomes: set[str]) -> str:
        return next((word for word in _GRAVITY if word in outcomes), OK)
