"""What somebody may have meant by a name there is not: the nearest of those there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from engine.feel.environment import Environment
from engine.feel.scopes import Scope, names_in

_SIMILAR = 0.7
_LONGEST = 60
_MOST = 200
_COST_OF_NAME = 40


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name most like another, "" where none is like it."""
    if len(name) > _LONGEST:
        return ""
    short = [each for each in islice(known, _MOST) if len(each) <= _LONGEST and each != name]
    return next(iter(get_close_matches(name, short, n=1, cutoff=_SIMILAR)), "")


def did_you_mean(name: str, scope: Scope, also: Iterable[str], environment: Environment) -> str:
    """Return ``; did you mean “…”?`` for a name that is not in scope, "" where nothing is like it.

    It is paid for, and asked once for a name; where the budget does not suffice there is no suggestion.
    """
    if name in environment.missed:
        return ""
    environment.missed.add(name)
    known = list(islice(dict.fromkeys((*islice(names_in(scope), _MOST), *also)), _MOST))
    cost = _COST_OF_NAME * len(known)
    if cost > environment.fuel:
        return ""
    environment.spend(cost)
    found = nearest(name, known)
    return f"; did you mean “{found}”?" if found else ""
