"""Changing the key that wraps all others: a new one into its file, then into every row, the old one aside.

Whatever moment it is killed at, everything opens and running it again finishes it: the new key is in the file
before any row needs it, and an old one leaves the file only when no row needs it any more.
"""

from __future__ import annotations

import datetime as dt
import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from engine.errors import Busy, EngineError
from engine.failpoint import failpoint
from engine.kernel.codec import encode_values
from engine.store import Store, Transaction, audit, installation, nodes, rewrapping
from engine.store.sealing import Keyring

BATCH = 500  # rows in one transaction
ALIVE = dt.timedelta(minutes=10)  # a node not seen for so long is gone


class Rotation(NamedTuple):
    """What a rotation came to.

    ``put_aside`` are files that hold the old keys, for backups made before; ``still_open`` old keys that
    stay in the keyring because other engines are running: another rotation, later, takes them out.
    """

    active: str
    retired: tuple[str, ...]
    rewrapped: int
    resumed: bool
    put_aside: tuple[Path, ...]
    still_open: tuple[str, ...]


def rotate(
    store: Store, *, by: str, batch: int = BATCH, progress: Callable[[int], None] = lambda _: None
) -> Rotation:
    """Draw a new wrapping key and wrap every data key with it, or finish a rotation that was cut short.

    Engines on other machines need the new file before; those beside it read it by themselves. Raises
    ``EngineError`` where the keyring is not kept in a file, ``Busy`` while another rotation is running,
    ``Incompatible`` where the database needs a key this keyring lacks.
    """
    path = store.keyring.path
    if path is None:
        raise EngineError(
            "expected a keyring kept in a file, but this one is in the environment or in memory; "
            "write it to a file and name that in OBIEG_KEYRING"
        )
    with _alone(path):
        ring, resumed = _new_key(store, Keyring.load(path))
        store.keyring = ring
        done = _rewrap_all(store, batch, progress)
        store.run(lambda tx: installation.name_keyring(tx.connection, ring.kid), acknowledged=_nothing_left)
        failpoint("rotation.rewrapped")
        retired, put_aside = _retire(store, ring)
        told = {"active": ring.kid, "retired": list(retired), "rewrapped": done, "resumed": resumed}
        store.run(
            lambda tx: audit.append(
                tx, at=tx.now, actor=by, action="keys_rotated", payload=encode_values(told)
            )
        )
    still_open = tuple(sorted(ring.kids - {ring.kid, *retired}))
    return Rotation(ring.kid, retired, done, resumed, put_aside, still_open)


def _new_key(store: Store, ring: Keyring) -> tuple[Keyring, bool]:
    """Return the keyring to wrap with: with a new key, unless the last one is not everywhere yet."""
    with store.reading() as tx:
        rewrapping.require_known(tx)
        needed = rewrapping.keys_in_use(tx)
    if len(ring.kids) > 1 or set(needed) - {ring.kid}:
        return ring, True
    rotated = ring.rotated()
    rotated.replace_file()
    failpoint("rotation.key_written")
    return rotated, False


def _rewrap_all(store: Store, batch: int, progress: Callable[[int], None]) -> int:
    done = 0
    while True:
        some = store.run(lambda tx: rewrapping.rewrap(tx, limit=batch), acknowledged=_nothing_left)
        if not some:
            return done
        done += some
        progress(done)
        failpoint("rotation.batch")


def _nothing_left(_tx: Transaction) -> None:
    """Say what is known after a commit with an unknown outcome: nothing, and doing it again does no harm."""


def _retire(store: Store, ring: Keyring) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """Take the keys nothing needs out of the file, into one beside it.

    Not while another engine runs: it may be about to commit what it has wrapped with an old one.
    """
    with store.reading() as tx:
        needed = rewrapping.keys_in_use(tx)
        since = tx.machine_now - ALIVE // dt.timedelta(microseconds=1)
        if any(node.seen_at >= since for node in nodes.all(tx)):
            return (), ()
    retired = tuple(sorted(ring.kids - set(needed) - {ring.kid}))
    if not retired or ring.path is None:
        return (), ()
    aside = ring.path.with_name(f"{ring.path.name}.retired-{retired[0]}")
    ring.save(aside)
    kept = ring.only(set(needed))
    kept.replace_file()
    store.keyring = kept
    return retired, (aside,)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("expected no other rotation of this keyring, but one is running") from None
        yield
