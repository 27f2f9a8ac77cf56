"""Statements handed to the driver: the same rows, the same errors, whatever the number of keys."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from engine.store import Store
from engine.store.prepared import Prepared, lists, with_lists
from engine.store.tables import page
from engine.store.trouble import Interrupted, Trouble

_INSERT = Prepared(insert(page))
_KEYS = with_lists(
    lambda among: (
        select(page.c.instance_key, page.c.content)
        .where(among(page.c.bucket, "buckets"), among(page.c.instance_key, "keys"))
        .order_by(page.c.instance_key)
    )
)


def row(key: int, content: bytes = b"\x00\xff") -> dict[str, object]:
    return {"bucket": 3, "instance_key": key, "page": 0, "content": content}


@pytest.mark.parametrize("count", [0, 1, 700])
def test_a_list_of_any_length_is_one_parameter(store: Store, count: int) -> None:
    wanted = range(10, 10 + count)
    with store.transaction() as tx:
        tx.run_many(_INSERT, [row(key) for key in range(5, 1000)])
        found = tx.run(_KEYS, lists(buckets=[3], keys=wanted)).all()
        assert tx.statements == 2
    assert [key for key, _ in found] == list(wanted)
    assert all(content == b"\x00\xff" for _, content in found)


def test_an_error_of_the_driver_means_what_it_always_means(store: Store) -> None:
    with store.transaction() as tx:
        tx.run(_INSERT, row(1))
    with pytest.raises(Interrupted, match="wrote the same") as caught, store.transaction() as tx:
        tx.run_many(_INSERT, [row(2), row(1)])
    assert caught.value.trouble is Trouble.SAME
    with store.reading() as tx:
        assert [key for key, _ in tx.run(_KEYS, lists(buckets=[3], keys=[1, 2]))] == [1]
