"""Short handlers in turn: one thread runs several jobs, and their answers share one transaction.

An answer is held while the next handlers run: if one hangs, or the process dies, the work is done again. So
only types run like this that are registered for it (``Registration.together``). Each begins with its lease
and variables read anew. What is not a plain completion is settled alone, and what goes wrong with one job is
only its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeGuard

from engine.clock import monotonic
from engine.handling import Completed
from engine.logs import event_log, places
from engine.process_engine import groups, jobs
from engine.process_engine.family import Family
from engine.process_engine.handler_runs import Outcome, outcome_of, settle
from engine.process_engine.parts import Parts
from engine.store.rows import JobRow

log = event_log("completions")
LONGEST = 0.1  # seconds an answer may wait for others


def run_in_turn(parts: Parts, rows: Sequence[JobRow], begin: Callable[[JobRow], bool]) -> None:
    """Run claimed jobs of handlers; ``begin`` says whether one is still to be run.

    Raises what the database raises; then the leases of what was not settled run out.
    """
    answers: list[tuple[JobRow, Completed]] = []
    waiting_since = monotonic()
    for row in rows:
        with _own(row):
            outcome = outcome_of(parts, row, stood_in_line=True) if begin(row) else None
            if shareable(outcome):
                answers.append((row, outcome))
            elif outcome is not None:
                settle(parts, row, outcome)
        if monotonic() - waiting_since > LONGEST:
            _commit(parts, answers)
            answers, waiting_since = [], monotonic()
    _commit(parts, answers)


@contextmanager
def _own(row: JobRow) -> Iterator[None]:
    """Keep what a job raises from the answers of the others; its lease runs out, and it is tried again."""
    try:
        yield
    except Exception as error:
        log.error("job_crashed", key=row.key, error=type(error).__name__, at=places(error))


def shareable(outcome: Outcome | None) -> TypeGuard[Completed]:
    """Return whether an answer may share a transaction: what is written into registers is locked there."""
    return isinstance(outcome, Completed) and not outcome.writes


def _commit(parts: Parts, answers: Sequence[tuple[JobRow, Completed]]) -> None:
    units = [(row, partial(_complete, row=row, completed=completed)) for row, completed in answers]
    left = {row.key for row in groups.together(parts, units, actor=parts.node)}
    for row, completed in answers:
        if row.key in left:
            with _own(row):
                settle(parts, row, completed)


def _complete(family: Family, row: JobRow, completed: Completed) -> None:
    jobs.completing(
        family.parts, row.key, variables=completed.variables, worker=row.lock_owner, attempt=row.attempt
    )(family)
