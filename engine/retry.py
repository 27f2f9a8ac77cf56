"""When a failed job is tried again: exponential back-off with a jitter that the same attempt always gets."""

from __future__ import annotations

import datetime as dt
import hashlib

ATTEMPTS = 8
FIRST = dt.timedelta(minutes=1)
LONGEST = dt.timedelta(hours=6)


def back_off(
    key: int, attempt: int, *, first: dt.timedelta = FIRST, longest: dt.timedelta = LONGEST
) -> dt.timedelta:
    """Return how long to wait after the failed ``attempt`` (1, 2, …) of the job ``key``.

    Doubles from ``first`` to ``longest``, then up to a quarter is taken off, so that jobs that failed
    together do not return together. The share comes from a hash of key and attempt: a replay computes the
    same instant.
    """
    if attempt < 1:
        raise ValueError(f"expected an attempt of 1 or more, but got {attempt}")
    # 2^40 minutes is past any limit; a larger shift would only make a larger integer.
    full = min(first * (1 << min(attempt - 1, 40)), longest)
    return full - full * _share(key, attempt) // (4 * _SHARES)


_SHARES = 1 << 16


def _share(key: int, attempt: int) -> int:
    digest = hashlib.blake2b(f"{key}:{attempt}".encode(), digest_size=2).digest()
    return int.from_bytes(digest, "big")
