"""What people and operators do, as data: sent to a process that may be killed in the middle of it, and sent
again to the next one until it is acknowledged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from engine import Conflict, NotFound, ProcessEngine

ACKNOWLEDGED = "acknowledged"  # the file to which a process writes the request of each verb that returned


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """One verb of the public door; ``request`` names it, however often it is sent."""

    kind: str  # start, claim, complete, migrate, batch, anchor
    request: str
    actor: str
    key: int = 0
    process: str = ""
    number: str = ""
    variables: dict[str, Any] = {}


def do(engine: ProcessEngine, verb: Verb) -> None:
    """Do a verb; one of those without a request id may find that it was done already."""
    match verb.kind:
        case "start":
            engine.start(
                verb.process,
                variables=verb.variables,
                business_key=verb.number,
                actor=verb.actor,
                request_id=verb.request,
            )
        case "complete":
            engine.complete(verb.key, variables=verb.variables, actor=verb.actor, request_id=verb.request)
        case "batch":
            engine.start_batch(
                "migrate", selection={"process_id": verb.process}, actor=verb.actor, reason=verb.request
            )
        case "anchor":
            engine.anchor()
        case _:
            _unless_done(engine, verb)


def _unless_done(engine: ProcessEngine, verb: Verb) -> None:
    try:
        if verb.kind == "claim":
            engine.claim(verb.key, actor=verb.actor)
        else:
            engine.migrate(verb.key, actor=verb.actor, reason=verb.request)
    except (Conflict, NotFound):
        return  # what was sent before was done, though nobody was told


def do_all(engine: ProcessEngine, verbs: list[Verb], folder: Path) -> None:
    """Do verbs in turn; each is written down only when it has returned."""
    file = os.open(folder / ACKNOWLEDGED, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for verb in verbs:
        do(engine, verb)
        os.write(file, f"{verb.request}\n".encode())
    os.close(file)
