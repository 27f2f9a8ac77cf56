"""Playing one scenario file from beginning to end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from commands import reading
from commands.scenario.coverage import Tracks
from commands.scenario.expectations import expect
from commands.scenario.file import Scenario, read
from commands.scenario.steps import VERBS, play
from commands.scenario.world import World, bindings, opened
from engine import EngineError

_MOST_INSTANCES = 1_000


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """How one file went in one binding; ``reason`` is empty when all was as expected."""

    file: str
    binding: str = ""
    steps: int = 0
    reason: str = ""


def bindings_of(path: Path) -> tuple[str, ...]:
    """Return the bindings a scenario file is played in; ``("",)`` where its procedure has but one.

    A file that cannot be read is played once, to say why.
    """
    try:
        return bindings(read(path), path.resolve().parent.parent)
    except EngineError:
        return ("",)


def play_file(
    path: Path, forms: Path, tracks: Tracks, binding: str = "", *, database: str = "sqlite:///:memory:"
) -> Played:
    """Play a scenario of ``processes/<procedure>/scenarios`` in one binding, by default its first.

    Whatever goes wrong is told with its step.
    """
    try:
        scenario = read(path)
        procedure = path.resolve().parent.parent
        bound = binding or bindings(scenario, procedure)[0]
        with opened(scenario, procedure, forms / procedure.name, bound, database) as world:
            tracks.learn(reading.files([procedure]))
            try:
                _play(world, scenario)
            finally:
                for instance in world.engine.instances(limit=_MOST_INSTANCES):
                    tracks.follow(instance.process_id, world.engine.history(instance.key), bound)
    except EngineError as error:
        return Played(file=str(path), binding=binding, reason=f"{path}: {error}")
    return Played(file=str(path), binding=binding, steps=len(scenario.steps))


def _play(world: World, scenario: Scenario) -> None:
    with _placed("start"):
        play(world, {"fault": scenario.faults})
        play(world, {"clerk": scenario.clerks})
        world.start(scenario.process, scenario.start)
    for number, step in enumerate(scenario.steps, start=1):
        verb = next((word for word in step if word in VERBS), "?")
        with _placed(f"step {number} ({verb})"):
            play(world, step)
    with _placed("final expect"):
        expect(world, scenario.expect)
    report = world.engine.verify()
    if not report.ok:
        raise EngineError(f"expected a history that proves itself, but {report.findings[0]}")


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Let an error say where in the file it arose; so does a step that is written wrongly."""
    try:
        yield
    except KeyError as error:
        raise EngineError(f"{place}: expected the field {error}, but it is missing") from None
    except (EngineError, ValueError, TypeError) as error:
        raise EngineError(f"{place}: {error}") from error
