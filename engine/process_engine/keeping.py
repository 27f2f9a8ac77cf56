"""What is kept and for how long: backups, retention, holds, erasure; erasures and holds are in the audit."""

from __future__ import annotations

from pathlib import Path

from engine.process_engine import loose_files, retention
from engine.process_engine.guard import guarded
from engine.process_engine.parts import Parts


@guarded
class Keeping:
    """The keeping part of the public door."""

    parts: Parts

    def backup(self, to: Path) -> int:
        """Copy an SQLite database while it is used; return the bytes written (``engine.store.backup``)."""
        return self.parts.store.backup(to)

    def retained(self, limit: int = 1_000) -> list[retention.Retained]:
        """Return ended cases that are to be erased, by what their drawings say (``obieg:retention``)."""
        return retention.due(self.parts, limit=limit)

    def erase(self, instance_key: int, *, actor: str, reason: str) -> None:
        """Erase an ended case for good: its history stays, unreadable, and its chain still verifies."""
        retention.erase(self.parts, instance_key, actor=actor, reason=reason)

    def retained_files(self, retention: str, limit: int = 1_000) -> list[loose_files.LooseFiles]:
        """Return files of no case (letters somebody has closed) that are older than a period like ``P2Y``."""
        return loose_files.due(self.parts, retention, limit=limit)

    def erase_files(self, key: int, *, actor: str, reason: str) -> None:
        """Erase files of no case for good, by the ``key`` of ``retained_files``; the register stays."""
        loose_files.erase(self.parts, key, actor=actor, reason=reason)

    def hold(self, instance_key: int, *, actor: str, reason: str) -> None:
        """Keep a case from being erased."""
        retention.hold(self.parts, instance_key, actor=actor, reason=reason)

    def release(self, instance_key: int, *, actor: str, reason: str) -> None:
        """Let a case be erased when its time comes."""
        retention.release(self.parts, instance_key, actor=actor, reason=reason)

    def holds(self) -> list[retention.Hold]:
        """Return what must not be erased, the oldest first."""
        return retention.holds(self.parts)
