"""What the databases' errors mean to us.

Try again, give up with one clear sentence, or a bug that goes on rising.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import NoReturn

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.errors import Conflict, Incompatible, InvalidVariables, Unavailable


class Trouble(StrEnum):
    """What can be done about a database error."""

    AGAIN = "again"  # nothing was written and the same may succeed now
    GONE = "gone"  # the connection broke: at COMMIT the outcome is unknown
    SAME = "same"  # a row with the same key is there: somebody was faster, or it is a bug
    STOP = "stop"  # trying again will not help: disk full, read-only, not ours


class Interrupted(Unavailable):
    """A transaction came to nothing for reasons of the database; ``trouble`` says whether to try again.

    ``outcome_unknown`` is True where the connection broke at COMMIT: it may have been written after all, also
    where later attempts came to nothing.
    """

    def __init__(self, message: str, *, trouble: Trouble, outcome_unknown: bool = False) -> None:
        self.trouble = trouble
        self.outcome_unknown = outcome_unknown
        super().__init__(message)

    @property
    def others(self) -> bool:
        """Return whether nothing is wrong but that others were in the way; nothing was written."""
        return self.trouble is Trouble.AGAIN and not self.outcome_unknown


# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "23505": (Trouble.SAME, "another operation wrote the same at the same time"),
    "26000": (Trouble.AGAIN, "somebody discarded what was prepared in the session"),
    "42P05": (Trouble.AGAIN, "somebody prepared something else in the session"),
    "40001": (Trouble.AGAIN, "two operations met in the database and this one has to be repeated"),
    "40P01": (Trouble.AGAIN, "two operations waited for each other and this one has to be repeated"),
    "55P03": (Trouble.AGAIN, "another operation holds the same case for too long"),
    "57014": (Trouble.STOP, "the database took too long and the operation was stopped"),
    "53100": (Trouble.STOP, "the disk of the database is full; free some space"),
    "53300": (Trouble.AGAIN, "the database has no free connection"),
    "25P03": (Trouble.GONE, "the operation stood still for too long and the database ended it"),
    "42501": (Trouble.STOP, "the database's role may not do that; see `obieg db grants`"),
    "25006": (Trouble.STOP, "the database is read-only"),
    "57P01": (Trouble.GONE, "the database is shutting down"),
    "57P02": (Trouble.GONE, "the database restarted after a crash"),
    "57P03": (Trouble.GONE, "the database is starting up"),
}
_NOT_CHANGED = "22012"  # the only division by zero in our statements: ``statements.must_change_one``
_NO_CHARACTER = "22021"  # UTF-8 from us is always valid, but for NUL
_SQLITE = {
    sqlite3.SQLITE_BUSY: (Trouble.AGAIN, "another program is writing to the database file"),
    sqlite3.SQLITE_LOCKED: (Trouble.AGAIN, "another connection is writing to the database"),
    sqlite3.SQLITE_FULL: (Trouble.STOP, "the disk is full; free some space"),
    sqlite3.SQLITE_IOERR: (Trouble.GONE, "the disk failed to read or write the database file"),
    sqlite3.SQLITE_READONLY: (Trouble.STOP, "the database file or its folder is read-only"),
    sqlite3.SQLITE_CANTOPEN: (
        Trouble.STOP,
        "the database file cannot be opened; check the folder and its rights",
    ),
    sqlite3.SQLITE_PERM: (Trouble.STOP, "the database file may not be opened; check its rights"),
}
TROUBLES = (PoolTimeout, DBAPIError)
NOT_KNOWN = "it is not known whether anything was written"
_SAME = (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)
_NOT_OURS = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_PRIMARY = 0xFF  # an extended SQLite code has the primary code in its low byte


@contextmanager
def translated(*, committing: bool = False) -> Iterator[None]:
    """Raise a database's errors as ours; ``committing`` says that they come from COMMIT."""
    try:
        yield
    except TROUBLES as error:
        raise_meaning(error, committing=committing)


def raise_meaning(error: PoolTimeout | DBAPIError, *, committing: bool = False) -> NoReturn:
    """Raise what a database's error means to us, or the error itself where it is a bug of ours.

    ``committing`` says that it came from COMMIT.
    """
    if isinstance(error, PoolTimeout):
        reason = "all connections to the database are in use; nothing was written"
        raise Interrupted(reason, trouble=Trouble.AGAIN) from error
    explained = explain(error, committing=committing)
    if explained is None:
        raise error
    raise explained from error


def explain(error: DBAPIError, *, committing: bool = False) -> Exception | None:
    """Return the error of ours a database error means, or None where it is a bug of ours.

    ``committing`` says that the error came from COMMIT.
    """
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate == _NOT_CHANGED:
        return Conflict("expected an instance as it was when it was locked, but it was changed meanwhile")
    if isinstance(error, DataError):
        said = "a text has the character NUL" if sqlstate == _NO_CHARACTER else error.orig
        return InvalidVariables(f"expected texts and numbers the database can hold, but {said}")
    if isinstance(error.orig, sqlite3.Error):
        extended = getattr(error.orig, "sqlite_errorcode", 0)
        if extended & _PRIMARY in _NOT_OURS:
            return Incompatible("expected an SQLite database, but the file is damaged or something else")
        found = _POSTGRESQL["23505"] if extended in _SAME else _SQLITE.get(extended & _PRIMARY)
    else:
        found = _postgresql(error)
    if found is None:
        return None
    trouble, reason = found
    unknown = committing and trouble is Trouble.GONE
    written = NOT_KNOWN if unknown else "nothing was written"
    return Interrupted(f"{reason}; {written}", trouble=trouble, outcome_unknown=unknown)


def _postgresql(error: DBAPIError) -> tuple[Trouble, str] | None:
    state = getattr(error.orig, "sqlstate", None)
    if state in _POSTGRESQL:
        return _POSTGRESQL[state]
    # Without a state, it was not the server that spoke: the connection is gone or never came about.
    broken = error.connection_invalidated or (state or "08").startswith("08")
    if broken and isinstance(error, (OperationalError, InterfaceError)):
        return Trouble.GONE, "the database cannot be reached"
    return None
