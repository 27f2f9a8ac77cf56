"""Secrets of cases: drawn once, each sealed under a key of its own, shown once, destroyed for good.

Only the reference travels: in variables, history, logs there is never the secret itself (``security.md`` §9).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from engine import rotation
from engine.errors import Conflict, NotFound
from engine.kernel.codec import encode_values
from engine.store import Store, Transaction, audit, secret_rows
from engine.store.rows import SecretRow
from engine.store.sealing import place

DEFAULT_LIFETIME = dt.timedelta(days=30)
_MICROSECOND = dt.timedelta(microseconds=1)
_GONE = "expected a living secret of this case, but it is destroyed, expired or was never drawn"


class Secrets:
    """The secrets of one installation; each call is a short transaction of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def draw(
        self,
        *,
        root_key: int,
        idempotency_key: str,
        purpose: str,
        make: Callable[[], str],
        lifetime: dt.timedelta | None = None,
    ) -> str:
        """Return the reference of a step's secret, drawn with ``make`` and stored on the first call only.

        Committed before it returns: whatever is done with it is done with the same one again. ``make`` runs
        with no transaction open; of two at once, the first one stored is the secret.
        """
        reference = f"secret-{self._store.keyring.digest(f'{idempotency_key}|{purpose}').hex()}"

        with self._store.reading() as tx:
            known = _known(tx, reference)
        if known is not None:
            return known
        key = self._store.keyring.new_data_key(root_key)
        sealed = key.seal(_place(root_key, purpose, reference), make().encode())
        lasting = (lifetime or DEFAULT_LIFETIME) // _MICROSECOND

        def store(tx: Transaction) -> str:
            row = SecretRow(
                ref=reference,
                root_key=root_key,
                purpose=purpose,
                kid=key.kid,
                wrapped=key.wrapped,
                ciphertext=sealed,
                expires_at=tx.now + lasting,
            )
            secret_rows.insert(tx, row)
            return reference

        return self._store.run(store, acknowledged=lambda tx: _known(tx, reference))

    def read(self, reference: str, *, root_key: int | None = None) -> str:
        """Return a secret for the engine's own work, not used up.

        Raises ``NotFound`` once it is gone, or where it is not of the case ``root_key``.
        """
        with self._store.reading() as tx:
            return _opened(tx, _living(tx, reference, root_key))

    def take_once(
        self, reference: str, *, by: str, root_key: int | None = None, task: str = "", element: str = ""
    ) -> str:
        """Show a secret to a person, once, which is audited with the task it was for.

        Raises ``Conflict`` the second time, ``NotFound`` as ``read`` does.
        """

        def take(tx: Transaction) -> str:
            _living(tx, reference, root_key)
            row = secret_rows.take(tx, reference, tx.now)
            if row is None:
                raise Conflict("expected a secret nobody has seen, but it was shown already")
            _audit(tx, row, "secret_shown", by=by, task=task, element=element)
            return _opened(tx, row)

        return self._store.run(take)

    def take_again(
        self,
        reference: str,
        *,
        by: str,
        reason: str,
        root_key: int | None = None,
        task: str = "",
        element: str = "",
    ) -> str:
        """Show a secret that was shown before once more, counted and audited with the reason.

        Raises ``Conflict`` where nobody has seen it yet, ``NotFound`` as ``read`` does.
        """

        def take(tx: Transaction) -> str:
            _living(tx, reference, root_key)
            row = secret_rows.take_again(tx, reference, tx.now)
            if row is None:
                raise Conflict("expected a secret that was shown before, but nobody has seen it")
            _audit(tx, row, "secret_shown_again", by=by, task=task, element=element, reason=reason)
            return _opened(tx, row)

        return self._store.run(take)

    def about(self, reference: str) -> SecretState | None:
        """Return what is known of a secret without opening it; None where it never was."""
        with self._store.reading() as tx:
            row = secret_rows.read(tx, reference)
            if row is None:
                return None
            gone = row.state == "destroyed" or row.expires_at <= tx.now
            return SecretState(purpose=row.purpose, times=row.shown, gone=gone)

    def destroy(self, reference: str, *, root_key: int | None = None) -> None:
        """Destroy a secret for good; twice, or one there never was, is no error.

        Raises ``NotFound`` where it is not of the case ``root_key``.
        """
        if root_key is not None:
            with self._store.reading() as tx:
                row = secret_rows.read(tx, reference)
            if row is not None and row.root_key != root_key:
                raise NotFound(_GONE)
        self._store.run(
            lambda tx: secret_rows.destroy(tx, reference), acknowledged=lambda tx: _is_gone(tx, reference)
        )

    def rotate(
        self, *, by: str, batch: int = rotation.BATCH, progress: Callable[[int], None] = lambda _: None
    ) -> rotation.Rotation:
        """Change the key that wraps all data keys, or finish a change that was cut short (``rotation``)."""
        return rotation.rotate(self._store, by=by, batch=batch, progress=progress)

    def destroy_expired(self) -> int:
        """Destroy the secrets whose time is over, a bounded number; return how many."""
        return self._store.run(lambda tx: secret_rows.destroy_expired(tx, tx.now))


class SecretState(NamedTuple):
    """A secret from outside: what for, how often people saw it, whether it is destroyed or expired."""

    purpose: str
    times: int
    gone: bool


def _audit(tx: Transaction, row: SecretRow, action: str, *, by: str, **told: str) -> None:
    what = {"secret": row.ref, "case": str(row.root_key), "purpose": row.purpose}
    what |= {name: text for name, text in told.items() if text}
    audit.append(tx, at=tx.now, actor=by, action=action, payload=encode_values(what))


def _place(root_key: int, purpose: str, reference: str) -> bytes:
    return place("secret", root_key, purpose, reference)


def _living(tx: Transaction, reference: str, root_key: int | None) -> SecretRow:
    row = secret_rows.read(tx, reference)
    if row is None or root_key not in (None, row.root_key):
        raise NotFound(_GONE)
    if row.state == "destroyed" or row.expires_at <= tx.now:
        raise NotFound(_GONE)
    return row


def _opened(tx: Transaction, row: SecretRow) -> str:
    key = tx.keyring.data_key(row.root_key, row.kid, row.wrapped)
    return key.open(_place(row.root_key, row.purpose, row.ref), row.ciphertext).decode()


def _known(tx: Transaction, reference: str) -> str | None:
    return reference if secret_rows.read(tx, reference) is not None else None


def _is_gone(tx: Transaction, reference: str) -> bool | None:
    row = secret_rows.read(tx, reference)
    return True if row is None or row.state == "destroyed" else None
