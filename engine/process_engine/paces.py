"""How long handlers take: what tells short ones, several of which one thread may run in turn."""

from __future__ import annotations

_SHORT = 0.01  # seconds: twenty of them delay the first one's answer by a fifth of a second at most
_WEIGHT = 0.2  # of the newest run in the average


class Paces:
    """The average duration of each type's handler on this node, in seconds; unknown types are not short."""

    def __init__(self) -> None:
        self._averages: dict[str, float] = {}

    def note(self, job_type: str, seconds: float) -> None:
        """Count one run."""
        known = self._averages.get(job_type, seconds)
        self._averages[job_type] = known + _WEIGHT * (seconds - known)

    def short(self, job_type: str) -> bool:
        """Return whether a handler usually ends at once."""
        return self._averages.get(job_type, _SHORT) < _SHORT
