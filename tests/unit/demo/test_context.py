"""The in-memory job context keeps the promises of the real one."""

from __future__ import annotations

import itertools

import pytest

from demo.context import Crash, MemoryJobContext
from engine import NotFound


def test_what_is_drawn_made_or_done_is_so_once_per_key() -> None:
    counter = itertools.count()
    first = MemoryJobContext("x.y")
    second = first.again()
    assert first.draw("a", lambda: str(next(counter))) == second.draw("a", lambda: str(next(counter)))
    assert second.secret(second.draw("a", lambda: "")) == "0"
    assert first.once("b", lambda: b"1") == second.once("b", lambda: b"2") == b"1"
    assert first.effect("c", lambda: {"n": 1}) == second.effect("c", lambda: {"n": 2}) == {"n": 1}
    assert second.document(first.store_document("d", b"3", media_type="text/plain")) == b"3"
    assert second.job.attempt == 2


def test_a_lost_reply_repeats_the_effect_and_destroyed_secrets_are_gone() -> None:
    done: list[int] = []
    context = MemoryJobContext("x.y")
    context.lose_replies = True

    def perform() -> dict[str, int]:
        done.append(context.job.attempt)
        return {"n": len(done)}

    with pytest.raises(Crash):
        context.effect("c", perform)
    assert context.again().effect("c", perform) == {"n": 2}
    reference = context.draw("a", lambda: "s")
    context.destroy_secret(reference)
    context.destroy_secret(reference)
    with pytest.raises(NotFound):
        context.secret(reference)
