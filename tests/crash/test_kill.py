"""``kill -9`` of real worker processes carrying cases of ZSZO-03: nothing is lost, nothing is done twice that
the other side can tell.

Worker processes die at labelled places and at random moments; after each death another one takes over. What a
death interrupted is read from the database: the jobs that were claimed and not completed, the effects whose
reply was not kept.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random  # noqa: TID251  # seeded: every run kills at the same counts

import pytest
from sqlalchemy import select

from engine import SystemClock
from engine.store import jobs
from engine.store.tables import effect
from handlers.message import message_id
from tests.crash import outcome
from tests.crash.office import SENDER, Office, WorkerProcesses, opened
from tests.crash.worker_process import Death, Order

KILLS, BETWEEN = 100, 50  # deaths of one campaign; of these, between claim and completion
AT_ONCE = 6  # cases that are under way at the same time
PLACES = (
    "worker.claimed",
    "handler.before",
    "effect.before",
    "effect.after",
    "handler.after",
    "store.sql.before",
    "store.sql.after",
    "store.commit.before",
    "store.commit.after",
    "*",
)
STATEMENTS = ("store", "*")  # these places are crossed many times where the others are crossed once
MAIL_EFFECT = "/smtp"


class Campaign:
    """Kills worker processes until there were enough deaths, then lets everything come to its end."""

    def __init__(self, office: Office, workers: WorkerProcesses, seed: int) -> None:
        self._office = office
        self._workers = workers
        self._random = Random(seed)
        self._owners: set[str] = set()
        self.interruptions: list[outcome.Interruption] = []
        self.resolved = 0

    @property
    def between(self) -> int:
        """How many deaths fell between the claim of a job and its completion."""
        return sum(each.stranded > 0 for each in self.interruptions)

    def summary(self) -> str:
        """Say how many deaths there were, and where."""
        places = dict(sorted(Counter(each.place for each in self.interruptions).items()))
        return (
            f"{len(self._office.cases)} cases, {len(self.interruptions)} kills, {self.between} of them "
            f"between claim and completion, {places}; jobs that crashed too often: {self.resolved}"
        )

    def run(self, kills: int, between: int) -> None:
        """Kill so often, and at least so often between claim and completion."""
        orders = self._orders()
        while len(self.interruptions) < kills or self.between < between:
            while self._office.open_cases() < AT_ONCE:
                self._office.start()
            self._round(next(orders))

    def finish(self) -> None:
        """Let workers live until all cases have ended."""
        for _ in range(50):
            if not self._office.open_cases():
                return
            self._round(Order())
        raise AssertionError(f"expected all cases to end, but {self._office.open_cases()} are open")

    def _round(self, order: Order) -> None:
        death = self._workers.run(order)
        if death.killed:
            self.interruptions.append(self._look(death))
        else:
            assert death.code == 0, "a worker process ended by itself; see worker.log"
        resolved = self._office.resolve_crashes()
        self.resolved += resolved
        if not self._office.do_tasks() + resolved and not death.killed:
            self._office.pass_time()

    def _orders(self) -> Iterator[Order]:
        for place in itertools.cycle((*PLACES, "")):
            if not place:
                yield Order(lifetime=self._random.uniform(0.1, 1.2))
                continue
            most = 80 if place.startswith(STATEMENTS) else 4
            yield Order(failpoints=f"{place}=nth:{self._random.randint(1, most)}=kill")

    def _look(self, death: Death) -> outcome.Interruption:
        with self._office.engine.parts.store.reading() as tx:
            locked = jobs.query(tx, stages=("locked",), limit=None)
            kept = tx.execute(select(effect.c.idempotency_key)).scalars().all()
        mails = {
            message_id(key.removesuffix(MAIL_EFFECT), SENDER) for key in kept if key.endswith(MAIL_EFFECT)
        }
        owners = {row.lock_owner or "" for row in locked}
        stranded = sum(row.lock_owner not in self._owners for row in locked)
        self._owners |= owners
        return outcome.Interruption(
            at=SystemClock().now(), place=death.place, stranded=stranded, mails_kept=frozenset(mails)
        )


@pytest.mark.torture
def test_killed_workers_lose_nothing_and_repeat_nothing(
    database_url: str, tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    with opened(database_url, tmp_path) as office, WorkerProcesses(database_url, tmp_path) as workers:
        campaign = Campaign(office, workers, seed)
        campaign.run(KILLS, BETWEEN)
        campaign.finish()
        repeated = outcome.require_repeated_mails_explained(office, campaign.interruptions)
        record_property("kills", f"{campaign.summary()}; mails repeated: {repeated}")
        assert office.engine.incidents(state="open") == []
        for case in office.cases:
            outcome.require_each_element_once(office, case)
        outcome.require_each_key_once(office)
        for case in office.cases:
            outcome.require_one_valid_password(office, case)
        report = office.engine.verify()
        assert report.ok, report
