"""What a demo server was asked and told to do: a JSON-lines file, and scripted faults."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from engine import SystemClock


class Journal:
    """Appends one JSON line per request, flushed at once, so that it outlives any crash of the engine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._clock = SystemClock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def write(self, event: str, **fields: Any) -> None:
        """Append one line: when (the machine's own time), what, and the fields."""
        line = msgspec.json.encode({"at": self._clock.now().isoformat(), "event": event, **fields}) + b"\n"
        with self._lock, self.path.open("ab") as file:
            file.write(line)

    def read(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return the lines so far, or those of one event, oldest first."""
        lines = [
            msgspec.json.decode(line) for line in self.path.read_bytes().splitlines() if line.endswith(b"}")
        ]
        return [line for line in lines if event in (None, line["event"])]


class Faults:
    """The faults a server is to play next: each is played ``times`` times, oldest first, then all is well
    again.

    A fault for a ``match`` (a recipient, a number, a path) waits until that one comes along.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._script: list[dict[str, Any]] = []

    def script(self, kind: str, *, match: str = "", times: int = 1) -> None:
        """Add a fault such as ``550``, ``drop``, ``slow``, ``lost``; the servers' modules list their
        kinds.
        """
        with self._lock:
            self._script.append({"kind": kind, "match": match, "times": times})

    def clear(self) -> None:
        """Forget what is still scripted."""
        with self._lock:
            self._script.clear()

    def take(self, subject: str = "", accept: Callable[[str], bool] = lambda kind: True) -> str | None:
        """Return the kind of the fault to play now for this subject, and count it as played."""
        with self._lock:
            for fault in self._script:
                if fault["match"] in ("", subject) and accept(fault["kind"]):
                    fault["times"] -= 1
                    if fault["times"] == 0:
                        self._script.remove(fault)
                    return str(fault["kind"])
        return None
