"""Where randomness and keys come from: the only module that may ask the operating system for random bytes."""

from __future__ import annotations

import hashlib
import secrets

BUCKETS = 256
_NUMBER_BITS = 55


def token_bytes(count: int) -> bytes:
    """Return ``count`` random bytes from the operating system."""
    return secrets.token_bytes(count)


def token_text(count: int = 16) -> str:
    """Return a URL-safe random text made of ``count`` random bytes."""
    return secrets.token_urlsafe(count)


def draw_characters(alphabet: str, count: int) -> str:
    """Draw ``count`` characters of ``alphabet`` independently and uniformly."""
    return "".join(secrets.choice(alphabet) for _ in range(count))


def bucket_of_text(text: str) -> int:
    """Return the bucket (0 … 255) of a text that is not a key, such as a correlation's name and key."""
    return hashlib.blake2b(text.encode(), digest_size=1).digest()[0]


def compose(bucket: int, number: int) -> int:
    """Return the 63-bit key made of a bucket (8 bits) and a number drawn from the store's blocks (55
    bits)."""
    if not 0 <= bucket < BUCKETS or not 0 < number < 1 << _NUMBER_BITS:
        raise ValueError(
            f"expected bucket < {BUCKETS} and number < 2^{_NUMBER_BITS}, but got {bucket}, {number}"
        )
    return bucket << _NUMBER_BITS | number


def bucket_of(key: int) -> int:
    """Return the bucket a key was made in; every row of one root instance shares it."""
    return key >> _NUMBER_BITS


def number_of(key: int) -> int:
    """Return the number a key was made with; within one case it says which row came first."""
    return key & ((1 << _NUMBER_BITS) - 1)


def bucket_of_root(number: int) -> int:
    """Return the bucket of a new root instance, spread evenly by hashing its number."""
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=1).digest()[0]
