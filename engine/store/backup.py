"""A copy of an SQLite database made while it is used: all of it at one moment, and checked."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from engine.errors import EngineError, Unavailable


def copy(source: Path, to: Path) -> int:
    """Copy a database file with all that is committed at this moment; return the bytes written.

    Writers go on meanwhile. The copy is readable for its owner only, and appears under its name when it is
    whole. Raises ``EngineError`` where that name is taken, ``Unavailable`` where it cannot be written.
    """
    if to.exists():
        raise EngineError(f"expected a new file for the backup, but {to} is there already")
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as used,
            closing(sqlite3.connect(part)) as made,
        ):
            used.backup(made)  # in one step: one read transaction, which in WAL mode stops no writer
            _check(made)
        _put_in_place(part, to)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise Unavailable(f"expected to write the backup {to}, but {error}") from error
    return to.stat().st_size


def _check(made: sqlite3.Connection) -> None:
    # Otherwise its pages would say that they belong to a write-ahead log that is elsewhere.
    made.execute("PRAGMA journal_mode = DELETE")
    found = made.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {found}")


def _put_in_place(part: Path, to: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(to)
    folder = os.open(to.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
