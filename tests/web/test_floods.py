"""Signing in under fire: who is counted, who has to wait, and what many at once are told."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Literal

import pytest
from argon2 import PasswordHasher

from engine import Forbidden, ProcessEngine
from engine.store import sessions
from tests.web.conftest import PASSWORD, Browser
from web.attempts import FREE, Attempts

Browsers = Callable[[str | None], Browser]
WRONG = "zle"
NOON = dt.datetime(2026, 12, 17, 12, tzinfo=dt.UTC)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, office: ProcessEngine) -> ProcessEngine:
    """An office whose passwords are cheap to check."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(office.accounts, "_hasher", cheap)
    office.accounts.set_password("jan", PASSWORD, by="test")
    return office


def failures(office: ProcessEngine, person: str) -> int:
    with office.parts.store.reading() as tx:
        return sessions.failures(tx, person)[0]


def refusal(office: ProcessEngine, person: str, password: str = WRONG) -> str:
    with pytest.raises(Forbidden) as refused:
        office.accounts.sign_in(person, password)
    return str(refused.value)


def test_strangers_wait_like_people_and_leave_no_name(quick: ProcessEngine) -> None:
    of_jan = [refusal(quick, "jan") for _ in range(7)]
    of_nobody = [refusal(quick, "nikt") for _ in range(7)]
    assert of_jan == of_nobody
    assert "za 1 min" in of_jan[-1]
    assert (failures(quick, "jan"), failures(quick, "nikt")) == (5, 0)
    assert "za 1 min" in refusal(quick, "jan", PASSWORD)


def test_a_try_is_counted_before_it_is_checked_and_cleared_by_success(
    quick: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dying(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            raise KeyboardInterrupt

    usual = quick.accounts._hasher
    monkeypatch.setattr(quick.accounts, "_hasher", Dying())
    with pytest.raises(KeyboardInterrupt):
        quick.accounts.sign_in("jan", PASSWORD)
    assert failures(quick, "jan") == 1
    monkeypatch.setattr(quick.accounts, "_hasher", usual)
    assert quick.accounts.sign_in("jan", PASSWORD)
    assert failures(quick, "jan") == 0


def test_tries_at_the_same_moment_are_all_counted(quick: ProcessEngine) -> None:
    tries = [threading.Thread(target=refusal, args=(quick, "jan")) for _ in range(3)]
    for each in tries:
        each.start()
    for each in tries:
        each.join()
    assert failures(quick, "jan") == 3


def test_old_failures_are_forgotten_when_somebody_signs_in(quick: ProcessEngine) -> None:
    refusal(quick, "jan")
    now = quick.parts.store.run(lambda tx: tx.machine_now)
    quick.parts.store.run(lambda tx: sessions.forget_failures(tx, before=now - 1_000_000_000))
    assert failures(quick, "jan") == 1
    quick.parts.store.run(lambda tx: sessions.forget_failures(tx, before=now + 1))
    assert failures(quick, "jan") == 0


def test_too_many_at_once_are_told_at_once_and_not_counted(browser: Browsers, quick: ProcessEngine) -> None:
    nobody = browser(None)
    held = [quick.accounts._checking.acquire(blocking=False) for _ in range(4)]
    assert all(held)
    nobody.get("/sign-in")
    nobody.post("/sign-in", person="jan", password=PASSWORD)
    assert nobody.status == 429
    assert "Za dużo prób naraz, spróbuj za chwilę" in nobody.text
    assert failures(quick, "jan") == 0
    quick.accounts._checking.release()
    nobody.post("/sign-in", person="jan", password=PASSWORD)
    assert nobody.status == 200


def test_an_address_runs_out_of_tries_whoever_it_tries(browser: Browsers, quick: ProcessEngine) -> None:
    nobody = browser(None)
    nobody.get("/sign-in")
    for number in range(FREE):
        nobody.post("/sign-in", person=f"nikt{number}", password="zle")
        assert nobody.status == 401
    nobody.post("/sign-in", person="jan", password=PASSWORD)
    assert nobody.status == 429
    assert failures(quick, "jan") == 0


def test_a_network_of_one_customer_is_one_address_at_every_program(quick: ProcessEngine) -> None:
    one, other = Attempts(quick.accounts), Attempts(quick.accounts)
    assert all((one, other)[each % 2].take(f"2001:db8::{each}") for each in range(FREE))
    assert not one.take("2001:db8::ffff")
    assert not other.take("2001:db8::ffff")
    assert other.take("2001:db8:0:1::1")
    one.give_back("2001:db8::1")
    assert other.take("2001:db8::2")
