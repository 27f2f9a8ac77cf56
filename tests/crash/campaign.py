"""A campaign: processes are killed one after the other until there were enough deaths, then all comes to its
end.

Each one dies at a place chosen for it: most often at the one fewest have died at, of those of one kind that
lives like it have crossed; else at any crossing, or at a random moment. What a death interrupted is read from
the database. Everything is drawn from the seed, so that a campaign gives the same orders again; what threads
and databases make of them may differ.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from random import Random  # noqa: TID251  # seeded: every run gives the same orders

import msgspec
from sqlalchemy import select, update

from engine import SystemClock
from engine.store import Transaction, jobs, requests
from engine.store.tables import effect, job
from handlers.message import message_id
from tests.crash.office import SENDER, ForkServer, Office
from tests.crash.verbs import Verb
from tests.crash.worker_process import VERSIONS, Death, Order

AT_ONCE = 6  # cases that are under way at the same time
LONGEST = 300  # crossings after which a life ends where its own place was not crossed
MAIL_EFFECT = "/smtp"
_LAST = 12  # orders that a failure tells of
_ENOUGH = 200  # lives to the end in which everything must have come to its end


class Interruption(msgspec.Struct, frozen=True, kw_only=True):
    """What was true when a process had died."""

    at: dt.datetime
    life: str
    place: str
    stranded: int  # jobs it had claimed and not completed
    mails_kept: frozenset[str]  # the Message-IDs whose acceptance had been written down


class Campaign:
    """Kills processes of one office; ``told`` says what was done, for whoever looks for a cause."""

    def __init__(self, office: Office, forks: ForkServer, seed: int, *, at_once: int = AT_ONCE) -> None:
        self.office = office
        self.seed = seed
        self.interruptions: list[Interruption] = []
        self.crossed: dict[str, Counter[str]] = {}
        self.died: dict[str, Counter[str]] = {}
        self.resolved = self.acknowledged = 0
        self._forks = forks
        self._at_once = at_once
        self._random = Random(seed)
        self._owners: set[str] = set()
        self._unanswered: list[Verb] = []  # filed or asked for, but nobody was told so far
        self._orders: deque[Order] = deque(maxlen=_LAST)

    @property
    def between(self) -> int:
        """How many deaths fell between the claim of a job and its completion."""
        return sum(each.stranded > 0 for each in self.interruptions)

    @property
    def told(self) -> str:
        """Return the seed and the last orders."""
        last = [f"{each.life}: {each.failpoints or each.lifetime}" for each in self._orders]
        return f"seed {self.seed}, the last orders were {last}"

    def run(self, kills: int) -> None:
        """Kill so often, deploying anew and migrating what is open after each third."""
        for due in range(kills // VERSIONS, kills + 1, kills // VERSIONS):
            while len(self.interruptions) < due:
                self._round(deadly=True)
            if self.office.version < VERSIONS:
                self._migrate()
        while len(self.interruptions) < kills:
            self._round(deadly=True)

    def finish(self) -> None:
        """Let processes live until all cases have ended."""
        for _ in range(_ENOUGH):
            if not self.office.open_cases() and not self._unanswered and not self._busy():
                return
            self._round(deadly=False)
        raise AssertionError(
            f"expected all cases to end, but {self.office.open_cases()} are open; {self.told}"
        )

    def _migrate(self) -> None:
        """Deploy the next version; ask for what is open to go on in it, by batches and one by one."""
        version, engine = self.office.deploy_again(), self.office.engine
        running = [each for each in engine.instances(state="active", limit=1000) if each.version < version]
        by_hand = running[: len(running) // 4]
        self._unanswered += [
            Verb(kind="migrate", request=f"v{version}-{each.key}", actor="wlasciciel", key=each.key)
            for each in by_hand
        ]
        self._unanswered += [
            Verb(kind="batch", request=f"v{version}-{process}", actor="wlasciciel", process=process)
            for process in sorted({each.process_id for each in running})
        ]

    def _round(self, *, deadly: bool) -> None:
        verbs = self._verbs(filing=deadly)
        order = self._order(verbs, deadly=deadly)
        self._orders.append(order)
        death = self._forks.run(order)
        self.crossed.setdefault(order.life, Counter()).update(death.crossed)
        if death.killed:
            self._note(order, death)
        else:
            assert death.code == 0, f"a process ended by itself; see worker.log; {self.told}"
        self._require_acknowledged(order, death)
        self.office.engine.parts.store.run(_end_leases)
        self.resolved += self.office.resolve_crashes()

    def _verbs(self, *, filing: bool) -> list[Verb]:
        """Return what people and operators want done now."""
        starts = sum(each.kind == "start" for each in self._unanswered)
        if filing:
            for _ in range(self._at_once - starts - self.office.open_cases()):
                self._unanswered.append(self.office.to_file())
        verbs = list(self._unanswered)
        for task in self.office.to_do():
            if self._random.random() < 0.3:
                claim = Verb(kind="claim", request=f"claim-{task.key}", actor=task.actor, key=task.key)
                verbs.append(claim)
            verbs.append(task)
        return verbs

    def _order(self, verbs: list[Verb], *, deadly: bool) -> Order:
        life = self._life(verbs)
        said = verbs if life == "people" else []
        if not deadly:
            return self.office.order(life=life, verbs=said)
        if self._random.random() < 0.1:
            return self.office.order(life=life, verbs=said, lifetime=self._random.uniform(0.03, 0.5))
        return self.office.order(life=life, verbs=said, failpoints=self._failpoints(life))

    def _life(self, verbs: list[Verb]) -> str:
        busy = self._busy()
        if not busy and not verbs and not self.office.pass_time():
            return "take over"
        if verbs and (not busy or self._random.random() < 0.25):
            return "people"
        return "take over" if self._random.random() < 0.1 else "work"

    def _failpoints(self, life: str) -> str:
        known = self.crossed.get(life)
        if not known or self._random.random() < 0.3:
            return f"*=nth:{self._random.randint(1, 150)}=kill"
        # Statements are most of the places: first the kind, then the place of it.
        kind = self._random.choice(sorted({_kind(each) for each in known}))
        died = self.died.get(life, Counter())
        among = sorted(each for each in known if _kind(each) == kind)
        fewest = min(died[each] for each in among)
        place = self._random.choice([each for each in among if died[each] == fewest])
        return f"{place}=nth:{self._random.randint(1, 2)}=kill;*=nth:{LONGEST}=kill"

    def _note(self, order: Order, death: Death) -> None:
        chosen = order.failpoints.split("=")[0]
        place = chosen if chosen in death.crossed else death.place
        self.died.setdefault(order.life, Counter())[place] += 1
        with self.office.engine.parts.store.reading() as tx:
            locked = jobs.query(tx, stages=("locked",), limit=None)
            kept = tx.execute(
                select(effect.c.idempotency_key).where(effect.c.idempotency_key.endswith(MAIL_EFFECT))
            ).scalars()
            mails = {message_id(key.removesuffix(MAIL_EFFECT), SENDER) for key in kept}
        owners = {row.lock_owner or "" for row in locked}
        self.interruptions.append(
            Interruption(
                at=SystemClock().now(),
                life=order.life,
                place=place,
                stranded=sum(row.lock_owner not in self._owners for row in locked),
                mails_kept=frozenset(mails),
            )
        )
        self._owners |= owners

    def _require_acknowledged(self, order: Order, death: Death) -> None:
        """What a process said was done is there (I14); the rest is asked for again."""
        done = set(death.acknowledged)
        with self.office.engine.parts.store.reading() as tx:
            for verb in order.verbs:
                if verb.request in done and verb.kind in ("start", "complete"):
                    found = requests.read(tx, verb.request)
                    assert found is not None, f"{verb.request} was acknowledged and is not there; {self.told}"
        self.acknowledged += len(done)
        self._unanswered = [verb for verb in self._unanswered if verb.request not in done]

    def _busy(self) -> bool:
        with self.office.engine.parts.store.reading() as tx:
            if jobs.query(tx, stages=("ready", "locked"), limit=1):
                return True
        due = self.office.engine.next_due()
        return due is not None and due <= self.office.engine.now()

    def summary(self, repeated: int) -> str:
        """Say how many deaths there were, where, and what they did not do."""
        lives = dict(Counter(each.life for each in self.interruptions))
        crossed = {place for places in self.crossed.values() for place in places}
        died = {place for places in self.died.values() for place in places}
        return (
            f"seed {self.seed}: {len(self.interruptions)} kills ({self.between} between claim and "
            f"completion), {lives}, in {len(self.office.cases)} cases, at {len(died & crossed)} of "
            f"{len(crossed)} places crossed, {self.where()}; acknowledged verbs: {self.acknowledged}; "
            f"jobs that crashed too often: {self.resolved}; mails repeated: {repeated}"
        )

    def where(self) -> dict[str, int]:
        """Return how many died at each kind of place."""
        places: Counter[str] = Counter()
        for died in self.died.values():
            for place, times in died.items():
                places[_kind(place)] += times
        return dict(sorted(places.items()))


def _kind(place: str) -> str:
    return place.partition("@")[0]


def _end_leases(tx: Transaction) -> None:
    """The dead do not come back: what they had claimed need not wait until a lease is over."""
    tx.execute(update(job).where(job.c.stage == "locked").values(lock_until=0))
