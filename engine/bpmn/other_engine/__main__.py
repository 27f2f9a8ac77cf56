"""The other engine's own process: paths come in as JSON, what became of them goes out as JSON."""

from __future__ import annotations

import datetime as dt
import sys

import msgspec

from engine.bpmn.other_engine import Answers, Observation, OtherEngine, Run, Told
from engine.feel import Environment

_NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # nothing compared depends on it


def follow(run: Run) -> Told:
    """Go one path as far as the other engine goes."""
    observations: list[Observation] = []
    try:
        other = OtherEngine(run.drawing, run.process_id, {}, Environment(now=_NOW), Answers(run.answers))
        observations.append(other.begin())
        for act in run.acts:
            observations.append(other.act(act))
    except LookupError as error:
        return Told(observations=observations, not_waiting=str(error.args[0]) if error.args else "")
    except Exception as error:  # whatever it raises is its answer: this process ends with it
        return Told(observations=observations, trouble=f"{type(error).__name__}: {error}"[:200])
    return Told(observations=observations)


def main() -> None:
    """Read, run, write."""
    runs = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Run])
    answer = msgspec.json.encode([follow(run) for run in runs])
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
