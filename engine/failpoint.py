"""Named places where a test can make the program die, fail or hang.

A no-op unless ``OBIEG_FAILPOINTS`` is set.

``OBIEG_FAILPOINTS`` is a list of rules separated by ``;``, each ``name=when=action`` or ``name=action``::

    store.commit.before=kill                 SIGKILL, the first time it is reached
    store.sql.after=nth:17=kill              … the 17th time
    store.sql.before=every:3=raise:OperationalError
    worker.claimed=hang                      waits for ever (to be killed or stopped from outside)
    store.sql.after@UPDATE:job:1a2b3c4d=kill where that statement was run: a place may say what it is about
    *=nth:120=kill                           the 120th failpoint of any name

``OBIEG_FAILPOINT_LOG`` names a file to which every crossing appends one line (process id, number, name, and
``@about`` where the place says so), so that a test can count the places first and then die at each of them.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

_EVERY = "*"


class FailpointError(Exception):
    """What ``raise`` raises when no error was named."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When which failpoint does what; ``nth`` counts crossings, ``every`` repeats."""

    name: str
    action: str
    nth: int = 1
    every: bool = False

    def applies(self, crossings: dict[str, int]) -> bool:
        """Return whether this crossing, counted by each of its names, is the one."""
        count = crossings.get(self.name)
        if count is None:
            return False
        return count % self.nth == 0 if self.every else count == self.nth


class Failpoints:
    """The rules of one process and how often each place was crossed."""

    def __init__(self, rules: list[Rule], log: str | None) -> None:
        self._rules = rules
        self._crossings: dict[str, int] = {}
        self._lock = threading.Lock()
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if log else None

    def cross(self, name: str, about: str) -> None:
        """Count one crossing and do what its rules say."""
        names = (_EVERY, name, f"{name}@{about}") if about else (_EVERY, name)
        with self._lock:
            for each in names:
                self._crossings[each] = self._crossings.get(each, 0) + 1
            crossings = {each: self._crossings[each] for each in names}
        if self._log is not None:
            os.write(self._log, f"{os.getpid()} {crossings[_EVERY]} {names[-1]}\n".encode())
        for rule in self._rules:
            if rule.applies(crossings):
                _act(rule.action, name)


_errors: dict[str, Callable[[str], Exception]] = {"FailpointError": FailpointError}


def know_error(name: str, make: Callable[[str], Exception]) -> None:
    """Teach ``raise:<name>`` an error of a library that this module may not import."""
    _errors[name] = make


def parse(text: str) -> list[Rule]:
    """Return the rules of a text in the form above; raises ValueError naming the rule that is not in it."""
    return [_rule(part.strip()) for part in text.split(";") if part.strip()]


def _rule(text: str) -> Rule:
    name, *rest = text.split("=")
    when, action = rest if len(rest) == 2 else ("nth:1", rest[0] if rest else "")
    kind, _, number = when.partition(":")
    known = action in ("kill", "hang") or action.split(":")[0] == "raise"
    if not name or not known or kind not in ("nth", "every") or not number.isdecimal() or int(number) < 1:
        raise ValueError(
            f"expected name=[nth:N=|every:N=]kill|hang|raise[:Error], but the failpoint is {text!r}"
        )
    return Rule(name=name, action=action, nth=int(number), every=kind == "every")


def _act(action: str, name: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "hang":
        threading.Event().wait()
    make = _errors[action.partition(":")[2] or "FailpointError"]
    raise make(f"failpoint {name}")


def _from_environment() -> Failpoints | None:
    rules, log = os.environ.get("OBIEG_FAILPOINTS"), os.environ.get("OBIEG_FAILPOINT_LOG")
    return Failpoints(parse(rules or ""), log) if rules or log else None


_active = _from_environment()


def failpoint(name: str, about: str = "") -> None:
    """Mark a place where the program may be made to die; costs one comparison when nothing is set.

    ``about`` tells crossings of one place apart (a statement, a type of job), without space, ``=`` or ``;``.
    """
    if _active is not None:
        _active.cross(name, about)


def enabled() -> bool:
    """Return whether failpoints are set, for wiring that would cost something otherwise."""
    return _active is not None


def configure(rules: str, *, log: str | None = None) -> None:
    """Set the rules of this process in place of the environment's; an empty text switches all off."""
    global _active
    _active = Failpoints(parse(rules), log) if rules or log else None
