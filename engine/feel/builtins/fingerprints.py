"""A text's fingerprint, for registers that outlive the personal data of their cases (ours, not DMN's)."""

from __future__ import annotations

import hashlib

from engine.feel.builtins.registry import builtin
from engine.feel.environment import Environment

DIGITS = 16


@builtin("fingerprint(scope: string, text: string)", environment=True, cost=20)
def fingerprint(environment: Environment, scope: str, text: str) -> str:
    """Return 16 hexadecimal digits of a SHA-256 that stand for a text, however it is spelt, in a scope."""
    environment.spend(len(scope) + len(text) >> 2)
    told = f"{scope}:{text.strip().casefold()}".encode("utf-8", "replace")
    return hashlib.sha256(told).hexdigest()[:DIGITS]
