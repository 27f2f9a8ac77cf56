"""Asking the other engine in a process of its own, which is ended when it takes too long."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import msgspec

from engine.bpmn.other_engine.running import Act, Observation
from engine.errors import Unavailable


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One path: the drawing, how its conditions are answered, what happens outside."""

    drawing: str
    process_id: str
    answers: dict[str, list[bool]]
    acts: list[Act]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the other engine made of a path: an observation after the start and after each act.

    ``trouble`` is why it went no further: the id of an element that was not waiting (``not_waiting``), or
    the kind of an exception.
    """

    observations: list[Observation]
    trouble: str = ""
    not_waiting: str = ""


def ask(runs: Sequence[Run], *, seconds: float) -> list[Told]:
    """Return what the other engine makes of these paths; raises ``Unavailable`` when it does not end in
    time."""
    command = [sys.executable, "-m", "engine.bpmn.other_engine"]
    try:
        answer = subprocess.run(  # noqa: S603 - our own module, by our own interpreter
            command, input=msgspec.json.encode(list(runs)), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"expected the other engine to answer in {seconds:g} s, but it did not") from None
    if answer.returncode:
        last = answer.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Unavailable(f"expected an answer of the other engine, but it stopped: {''.join(last)[:200]}")
    return msgspec.json.decode(answer.stdout, type=list[Told])
