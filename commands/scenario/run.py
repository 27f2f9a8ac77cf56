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
from commands.scenario.world import World, opened
from engine import EngineError


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """How one file went; ``reason`` is empty when all was as expected."""

    file: str
    steps: int = 0
    reason: str = ""


def play_file(path: Path, forms: Path, tracks: Tracks) -> Played:
    """Play a scenario of ``processes/<procedure>/scenarios``; whatever goes wrong is told with its step."""
    try:
        scenario = read(path)
        procedure = path.resolve().parent.parent
        with opened(scenario, procedure, forms / procedure.name) as world:
            tracks.learn(reading.files([procedure]))
            try:
                _play(world, scenario)
            finally:
                for instance in world.engine.instances():
                    tracks.follow(instance.process_id, world.engine.history(instance.key))
    except EngineError as error:
        return Played(file=str(path), reason=f"{path}: {error}")
    return Played(file=str(path), steps=len(scenario.steps))


def _play(world: World, scenario: Scenario) -> None:
    with _placed("start"):
        world.start(scenario)
    for number, step in enumerate(scenario.steps, start=1):
        verb = next((word for word in step if word in VERBS), "?")
        with _placed(f"step {number} ({verb})"):
            play(world, step)
    with _placed("final expect"):
        expect(world, scenario.expect)


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Let an error say where in the file it arose; so does a step that is written wrongly."""
    try:
        yield
    except KeyError as error:
        raise EngineError(f"{place}: expected the field {error}, but it is missing") from None
    except (EngineError, ValueError, TypeError) as error:
        raise EngineError(f"{place}: {error}") from error
