"""Playing one scenario file from beginning to end."""

from __future__ import annotations

from pathlib import Path

import msgspec

from commands import reading
from commands.scenario.coverage import Tracks
from commands.scenario.expectations import expect
from commands.scenario.file import read
from commands.scenario.steps import play, verb_of
from commands.scenario.world import World, opened
from engine import EngineError


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """How one file went; ``reason`` is empty when all was as expected."""

    file: str
    steps: int
    reason: str = ""


def play_file(path: Path, forms: Path, tracks: Tracks) -> Played:
    """Play a scenario of ``processes/<procedure>/scenarios``; whatever goes wrong is told with its step."""
    place = "reading"
    scenario = None
    try:
        scenario = read(path)
        procedure = path.resolve().parent.parent
        place = "setting up"
        with opened(scenario, procedure, forms / procedure.name) as world:
            tracks.learn(reading.files([procedure]))
            place = "start"
            world.start(scenario)
            try:
                for number, step in enumerate(scenario.steps, start=1):
                    place = f"step {number}"
                    place = f"step {number} ({verb_of(step)})"
                    play(world, step)
                place = "final expect"
                expect(world, scenario.expect)
            finally:
                _follow(world, tracks)
    except (EngineError, ValueError, KeyError) as error:
        what = f"expected the field {error}, but it is missing" if isinstance(error, KeyError) else str(error)
        return Played(file=str(path), steps=0, reason=f"{path}: {place}: {what}")
    return Played(file=str(path), steps=len(scenario.steps))


def _follow(world: World, tracks: Tracks) -> None:
    for instance in world.engine.instances():
        tracks.follow(instance.process_id, world.engine.history(instance.key))
