"""Jobs: claimed by one, fairly, completed behind the fence, never lost with their worker."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.keys import bucket_of, compose
from engine.store import Store, Transaction, instances, jobs
from engine.store.rows import JobRow
from tests.store.rows import START_US, insert_instance, job_row, root_key
from tests.store.waiting import all_at_once

KEY = root_key(1)
LEASE = 30_000_000
EXPIRED = -1


def job_key(number: int) -> int:
    return compose(bucket_of(KEY), number)


def insert(store: Store, *rows: JobRow) -> None:
    store.run(lambda tx: jobs.insert(tx, rows))


def claim(
    store: Store, limit: int = 10, *, owner: str = "w1", lease: int = LEASE, **which: object
) -> list[JobRow]:
    return store.run(lambda tx: jobs.claim(tx, owner=owner, limit=limit, lease_us=lease, **which))  # type: ignore[arg-type]


def test_a_claim_takes_the_urgent_first_then_who_waits_longest(store: Store) -> None:
    insert(
        store,
        job_row(job_key(1), due_at=30),
        job_row(job_key(2), due_at=20),
        job_row(job_key(3), due_at=90, priority=80),
        job_row(job_key(4), due_at=10, stage="scheduled"),
    )
    assert [row.key for row in claim(store, 2)] == [job_key(3), job_key(2)]
    (last,) = claim(store)
    assert (last.key, last.attempt, last.stage, last.lock_owner) == (job_key(1), 1, "locked", "w1")
    assert claim(store) == []


def test_a_flood_starves_nobody(store: Store) -> None:
    flood = [job_row(job_key(number), process_id="flood", due_at=number) for number in range(100, 600)]
    others = [job_row(job_key(number), process_id=f"p{number}", due_at=10_000) for number in range(1, 12)]
    typed = [job_row(job_key(50), type="sms.send", due_at=10_000)]
    insert(store, *flood, *others, *typed)
    found: set[str] = set()
    for _ in range(40):
        found |= {row.process_id + row.type for row in claim(store, 8)}
    assert {f"p{number}email.send" for number in range(1, 12)} | {"processsms.send"} <= found


def test_a_claim_keeps_to_its_kinds_and_types_and_limit(store: Store) -> None:
    insert(
        store,
        *[job_row(job_key(number)) for number in range(1, 6)],
        job_row(job_key(10), type="sms.send"),
        job_row(job_key(11), kind="timer", type=""),
    )
    assert len(claim(store, 3, types=["email.send"])) == 3
    assert [row.key for row in claim(store, types=["sms.send", "other"])] == [job_key(10)]
    assert [row.key for row in claim(store, kinds=("timer", "message"))] == [job_key(11)]
    assert claim(store, 0) == []
    with store.reading() as tx:
        assert jobs.any_ready(tx, types=["email.send"])
        assert not jobs.any_ready(tx, types=["sms.send"])


def test_a_claim_takes_two_statements(store: Store) -> None:
    insert(store, job_row(job_key(1)))
    before = store.statements
    assert len(claim(store)) == 1
    assert store.statements - before == 2


def test_no_job_is_claimed_twice(store: Store) -> None:
    insert(store, *[job_row(job_key(number), type=f"t{number % 5}") for number in range(1, 201)])

    def worker(name: str) -> list[int]:
        taken: list[int] = []
        while batch := claim(store, 7, owner=name):
            taken += [row.key for row in batch]
        return taken

    taken = all_at_once([lambda name=name: worker(name) for name in "abcd"])  # type: ignore[misc]
    counts = Counter(key for keys in taken for key in keys)
    assert set(counts.values()) == {1}
    # Two claims at the same moment may each see nothing free and stop early; nothing may be left unseen.
    assert len(counts) + len(claim(store, 500)) == 200


def test_a_claim_does_not_wait_for_another_one(postgresql_store: Store) -> None:
    store = postgresql_store
    insert(store, job_row(job_key(1)), job_row(job_key(2)))
    with store.transaction() as tx:
        first = jobs.claim(tx, owner="w1", limit=1, lease_us=LEASE)
        (second,) = all_at_once([lambda: claim(store, owner="w2")])
    assert [row.key for row in first + second] == [job_key(1), job_key(2)]


@pytest.mark.parametrize(("owner", "attempt"), [("w2", 1), ("w1", 2), ("w1", 0)])
def test_a_late_answer_meets_the_fence(store: Store, owner: str, attempt: int) -> None:
    insert(store, job_row(job_key(1), retries=3))
    claim(store)
    fence = {"owner": owner, "attempt": attempt}

    def late(tx: Transaction) -> list[bool]:
        return [
            jobs.complete(tx, job_key(1), **fence),  # type: ignore[arg-type]
            jobs.renew(tx, job_key(1), until=1, **fence),  # type: ignore[arg-type]
            jobs.release(tx, job_key(1), **fence),  # type: ignore[arg-type]
            jobs.fail(tx, job_key(1), stage="failed", retries=0, due_at=1, **fence),  # type: ignore[arg-type]
        ]

    assert store.run(late) == [False] * 4
    assert store.run(lambda tx: jobs.complete(tx, job_key(1), owner="w1", attempt=1))
    assert not store.run(lambda tx: jobs.complete(tx, job_key(1), owner="w1", attempt=1))


def test_a_failed_attempt_waits_and_a_released_one_does_not_count(store: Store) -> None:
    insert(store, job_row(job_key(1), retries=3))
    claim(store)
    store.run(
        lambda tx: jobs.fail(tx, job_key(1), owner="w1", attempt=1, stage="scheduled", retries=2, due_at=500)
    )
    with store.reading() as tx:
        assert jobs.next_due(tx) == 500
    assert store.run(lambda tx: jobs.promote_due(tx, 499)) == 0
    assert store.run(lambda tx: jobs.promote_due(tx, 500)) == 1
    (again,) = claim(store)
    assert (again.attempt, again.retries) == (2, 2)
    assert store.run(lambda tx: jobs.release(tx, job_key(1), owner="w1", attempt=2))
    (third,) = claim(store)
    assert third.attempt == 2


def test_promotion_is_bounded_and_takes_the_earliest(store: Store) -> None:
    insert(store, *[job_row(job_key(n), stage="scheduled", due_at=1000 - n) for n in range(1, 11)])
    assert store.run(lambda tx: jobs.promote_due(tx, 2000, limit=4)) == 4
    assert [row.due_at for row in claim(store)] == [990, 991, 992, 993]
    assert store.run(lambda tx: jobs.promote_due(tx, 2000, limit=500)) == 6
    with store.reading() as tx:
        assert jobs.next_due(tx) is None


def test_a_dead_workers_job_comes_back_five_times_then_waits_for_a_person(store: Store) -> None:
    store.run(lambda tx: insert_instance(tx, KEY))
    insert(store, job_row(job_key(1), KEY), job_row(job_key(2), KEY, type="other"))
    claim(store, types=["other"])
    for crash in range(5):
        (row,) = claim(store, lease=EXPIRED, types=["email.send"])
        assert (row.crash_count, row.attempt) == (crash, crash + 1)
        recovered = store.run(jobs.recover_expired)
        assert (recovered.ready, recovered.exhausted) == ([row.key], [])
    claim(store, lease=EXPIRED)
    for _ in range(2):
        recovered = store.run(jobs.recover_expired)
        assert recovered.ready == []
        assert [(row.key, row.crash_count) for row in recovered.exhausted] == [(job_key(1), 5)]
    with store.transaction() as tx:
        found = instances.lock_by_job(tx, job_key(1))
        assert found is not None
        fence = {"owner": "w1", "attempt": found[1].attempt}
        assert jobs.fail(tx, job_key(1), stage="failed", retries=0, due_at=START_US, **fence)  # type: ignore[arg-type]
    assert store.run(jobs.recover_expired).exhausted == []


def test_a_renewed_lease_is_not_recovered(store: Store) -> None:
    insert(store, job_row(job_key(1)))
    claim(store, lease=EXPIRED)

    def renew(tx: Transaction) -> bool:
        return jobs.renew(tx, job_key(1), owner="w1", attempt=1, until=tx.machine_now + LEASE)

    assert store.run(renew)
    assert store.run(jobs.recover_expired).ready == []


def test_suspension_stops_jobs_but_not_their_due_instants(store: Store) -> None:
    store.run(lambda tx: insert_instance(tx, KEY, state="suspended"))
    insert(
        store,
        job_row(job_key(1), KEY, due_at=50),
        job_row(job_key(2), KEY, stage="scheduled", due_at=100),
        job_row(job_key(3), KEY, stage="scheduled", due_at=900),
        job_row(job_key(4), KEY, stage="failed"),
        job_row(job_key(5), KEY, stage="locked", lock_owner="w9", lock_until=1, attempt=1, due_at=50),
        job_row(job_key(6), None),
    )
    store.run(lambda tx: jobs.suspend(tx, [KEY]))
    store.run(lambda tx: jobs.promote_due(tx, 500))
    store.run(jobs.recover_expired)
    assert [row.key for row in claim(store)] == [job_key(6)]
    store.run(lambda tx: jobs.activate(tx, [KEY], 500))
    with store.reading() as tx:
        stages = {row.key: row.stage for row in jobs.query(tx, instance_key=KEY)}
    assert [stages[job_key(n)] for n in range(1, 6)] == ["ready", "ready", "scheduled", "failed", "ready"]


def test_a_deleted_jobs_answer_is_refused(store: Store) -> None:
    insert(store, job_row(job_key(1)), job_row(job_key(2)))
    claim(store)
    store.run(lambda tx: jobs.delete(tx, [job_key(1), job_key(77)]))
    assert not store.run(lambda tx: jobs.complete(tx, job_key(1), owner="w1", attempt=1))
    with store.reading() as tx:
        assert [row.key for row in jobs.query(tx)] == [job_key(2)]


def test_rescheduling_moves_a_job_and_takes_it_from_whoever_works_on_it(store: Store) -> None:
    insert(store, job_row(job_key(1), stage="scheduled", due_at=100), job_row(job_key(2)))
    assert store.run(lambda tx: jobs.reschedule(tx, job_key(1), 700))
    with store.reading() as tx:
        assert jobs.next_due(tx) == 700
    (claimed,) = claim(store)
    assert store.run(lambda tx: jobs.reschedule(tx, job_key(2), 700))
    owner, attempt = claimed.lock_owner or "", claimed.attempt
    assert not store.run(lambda tx: jobs.complete(tx, job_key(2), owner=owner, attempt=attempt))
    assert not store.run(lambda tx: jobs.reschedule(tx, job_key(3), 700))


def test_future_timers_are_not_in_a_claims_way(store: Store) -> None:
    """The plan is what counts: neither statement of a claim may walk the table."""
    from engine.store import claims

    insert(store, *[job_row(job_key(n), stage="scheduled", due_at=n + 10**15) for n in range(1, 3001)])
    insert(store, job_row(job_key(5000)))
    explain = "EXPLAIN QUERY PLAN " if store.dialect == "sqlite" else "EXPLAIN "
    with store.transaction() as tx:
        if store.dialect == "postgresql":
            tx.connection.exec_driver_sql("ANALYZE job")
        compiled = claims._LANES.text(tx.connection.dialect)
        plan = "\n".join(str(row) for row in tx.connection.exec_driver_sql(explain + compiled))
    assert "job_ready" in plan
    assert "Seq Scan on job" not in plan
