"""Signing in: passwords, sessions, and the delay after failures (``security.md`` §7).

Passwords are kept as argon2id hashes, session tokens as SHA-256 digests. An unknown id, a wrong password and
an account without one get the same answer after the same work. A try is counted before it is checked, in the
database, so that it does not matter which of several programs is asked; ids nobody has are kept as digests,
for a day. Instants are of the machine clock: moving the business clock in a demonstration signs nobody out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import threading
from contextlib import suppress
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.clock import instant
from engine.errors import Busy, EngineError, Forbidden, NotFound, Unavailable
from engine.kernel.codec import encode_values
from engine.keys import draw_characters, token_text
from engine.model.records import Record
from engine.store import Store, Transaction, attempts, audit, people, sessions
from engine.store.rows import PersonRow, SessionRow

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
IDLE_US = 30 * 60 * 1_000_000
ABSOLUTE_US = 10 * 60 * 60 * 1_000_000
LAPSED_US = 24 * 60 * 60 * 1_000_000  # so long a session that is over still says whose it was
_SEEN_EVERY_US = 60 * 1_000_000  # a session in use is written once a minute, not on every page
_FREE_TRIES = 5
_MICROSECOND = dt.timedelta(microseconds=1)
_LONGEST_DELAY_US = 15 * 60 * 1_000_000
_MOST_AT_ONCE = 4  # hashing takes 64 MB each
_FORGET_AFTER_US = 24 * 60 * 60 * 1_000_000
_LONGEST_ID = 256
_CLEAR_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
_CROWDED = "Za dużo prób naraz, spróbuj za chwilę."
_WRONG = "Login lub hasło jest nieprawidłowe. Sprawdź oba i spróbuj ponownie."


class Session(Record, frozen=True):
    """A session as the web needs it: whose it is, and the token its forms carry."""

    person_id: str
    form_token: str


class Lapsed(Record, frozen=True):
    """A session that is over: whose it was, and until when it was in use (aware, in UTC; to the minute)."""

    person_id: str
    used_until: dt.datetime


class Accounts:
    """The accounts of one installation; each call is a short transaction of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hasher = PasswordHasher()
        self._checking = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def set_password(self, person_id: str, password: str, *, by: str) -> None:
        """Give a person a password and end all their sessions; raises ``NotFound``, ``EngineError``."""
        self._keep(person_id, self._hashed(password), by=by, action="password_set")

    def give_password(self, person_id: str, *, by: str) -> str:
        """Draw a password that is good for choosing one's own, and return it; ends all sessions."""
        drawn = "-".join(draw_characters(_CLEAR_LETTERS, 4) for _ in range(4))
        self._keep(person_id, people.ONCE + self._hashed(drawn), by=by, action="password_given")
        return drawn

    def choose_password(self, person_id: str, current: str, password: str) -> None:
        """Change one's own password and end all sessions; the current one is asked for, as for signing in.

        Raises ``Forbidden`` with a Polish sentence, ``Busy``, ``EngineError`` for a password of wrong length.
        """
        hashed = self._hashed(password)
        self._require_right(person_id, current)
        self._store.run(lambda tx: sessions.succeeded(tx, person_id))
        self._keep(person_id, hashed, by=person_id, action="password_chosen")

    def _hashed(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise EngineError(
                f"expected a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, "
                f"but it has {len(password)}"
            )
        return self._hasher.hash(password)

    def _keep(self, person_id: str, hashed: str, *, by: str, action: str) -> None:
        def store(tx: Transaction) -> None:
            row = people.read(tx, person_id)
            if row is None:
                raise NotFound(f"expected a person '{person_id}', but there is none")
            people.set_password_hash(tx, person_id, hashed)
            sessions.end_all(tx, person_id)
            what = encode_values({"person": person_id})
            audit.append(tx, at=tx.now, actor=by, action=action, payload=what)

        self._store.run(store)

    def sign_in(self, person_id: str, password: str) -> str:
        """Return the token of a new session; raises ``Forbidden`` with a Polish sentence.

        After five failures in a row each further try has to wait: a minute, then twice as long, up to 15.
        Where too many sign in at once, nobody waits for a place: raises ``Busy``, and the try is not counted.
        """
        self._require_right(person_id, password)
        return self.open(person_id)

    def _require_right(self, person_id: str, password: str) -> None:
        if not self._checking.acquire(blocking=False):
            raise Busy(_CROWDED)
        try:
            row = self._counted(person_id)
            right = self._is_right(row, password)
        finally:
            self._checking.release()
        if not right:
            raise Forbidden(_WRONG)

    def _counted(self, person_id: str) -> PersonRow | None:
        """Count a try and return whose it is, None for nobody's; raises ``Forbidden`` while it must wait."""
        with self._store.reading() as tx:
            row = people.read(tx, person_id) if _may_be_id(person_id) else None
            counted = person_id if row is not None else _stranger(tx, person_id)
        waiting = self._store.run(lambda tx: _tried(tx, counted))
        if waiting > 0:
            minutes = -(-waiting // 60_000_000)
            raise Forbidden(f"Za dużo nieudanych prób. Spróbuj ponownie za {minutes} min.")
        return row

    def take_try(self, place: str, *, free: int, comes_back: dt.timedelta) -> bool:
        """Count a try from a place (an address) before it is made; False where none of ``free`` is left."""
        price = comes_back // _MICROSECOND
        return self._store.run(
            lambda tx: attempts.take(tx, place, free=free, price_us=price, now=tx.machine_now)
        )

    def give_back_try(self, place: str, *, comes_back: dt.timedelta) -> None:
        """Forget a try that was no failure."""
        price = comes_back // _MICROSECOND
        self._store.run(lambda tx: attempts.give_back(tx, place, price_us=price))

    def open(self, person_id: str) -> str:
        """Open a session for somebody who is known to be who they are; return its token."""
        token = token_text(32)

        def store(tx: Transaction) -> str:
            row = people.read(tx, person_id) if _may_be_id(person_id) else None
            if row is None or not row.active:
                raise Forbidden(_WRONG)
            sessions.succeeded(tx, person_id)
            now = tx.machine_now
            sessions.forget_failures(tx, before=now - _FORGET_AFTER_US)
            sessions.remove_expired(
                tx, idle_since=now - IDLE_US - LAPSED_US, opened_before=now - ABSOLUTE_US - LAPSED_US
            )
            sessions.insert(
                tx,
                SessionRow(
                    token_hash=_digest(token),
                    person_id=person_id,
                    form_token=token_text(24),
                    opened_at=now,
                    seen_at=now,
                ),
            )
            what = encode_values({"person": person_id})
            audit.append(tx, at=tx.now, actor=person_id, action="signed_in", payload=what)
            return token

        return self._store.run(store)

    def session(self, token: str) -> Session | None:
        """Return whose session a token is, None where it is none or over: 30 minutes idle, 10 hours old."""
        digest = _digest(token)
        with self._store.reading() as tx:
            row = sessions.read(tx, digest)
            now = tx.machine_now
        if row is None or row.seen_at <= now - IDLE_US or row.opened_at <= now - ABSOLUTE_US:
            return None
        if row.seen_at <= now - _SEEN_EVERY_US:
            # A full disk or a busy database takes nobody the session they have.
            with suppress(Unavailable), self._store.transaction() as tx:
                sessions.seen(tx, digest)
        return Session(person_id=row.person_id, form_token=row.form_token)

    def lapsed(self, token: str, form_token: str) -> Lapsed | None:
        """Return the session a token was of that is over for less than a day, with the token of its forms.

        For keeping what somebody has sent a moment too late; None for one that goes on or never was.
        """
        with self._store.reading() as tx:
            row = sessions.read(tx, _digest(token))
            now = tx.machine_now
        if row is None or not hmac.compare_digest(row.form_token.encode(), form_token.encode()):
            return None
        over = min(row.seen_at + IDLE_US, row.opened_at + ABSOLUTE_US)
        if not over <= now < over + LAPSED_US:
            return None
        return Lapsed(person_id=row.person_id, used_until=instant(row.seen_at + _SEEN_EVERY_US))

    def sign_out(self, token: str) -> None:
        """End a session; one that is over is no error."""
        self._store.run(lambda tx: sessions.end(tx, _digest(token)))

    @cached_property
    def _nobody(self) -> str:
        """A hash no password has, made when first needed: it costs as much as signing in."""
        return self._hasher.hash(token_text())

    def _is_right(self, row: PersonRow | None, password: str) -> bool:
        usable = row is not None and row.active and bool(row.password_hash)
        known = row.password_hash.removeprefix(people.ONCE) if row is not None and usable else self._nobody
        try:
            return self._hasher.verify(known, password[:LONGEST_PASSWORD]) and usable
        except (VerificationError, InvalidHashError):
            return False


def _stranger(tx: Transaction, person_id: str) -> str:
    """Return what tries for an id that nobody has are counted under; no id begins like it."""
    said = person_id[:_LONGEST_ID].encode("utf-8", "replace").decode()
    return "\x1f" + tx.keyring.digest(f"stranger\0{said}").hex()


def _tried(tx: Transaction, person_id: str) -> int:
    """Count a try of somebody unless it has to wait; return how long, in microseconds."""
    tried, last = sessions.failures(tx, person_id)
    waiting = last + _delay(tried) - tx.machine_now
    if waiting <= 0:
        sessions.tried(tx, person_id)
    return waiting


def _may_be_id(person_id: str) -> bool:
    return len(person_id) <= _LONGEST_ID and person_id.isprintable()


def _delay(tried: int) -> int:
    over = tried - _FREE_TRIES
    return 0 if over < 0 else int(min(60_000_000 << min(over, 10), _LONGEST_DELAY_US))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
