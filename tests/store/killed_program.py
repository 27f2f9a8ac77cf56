"""A program to be killed: starts three cases, printing each only after its commit was acknowledged.

``python -m tests.store.killed_program URL``; the keyring comes from ``OBIEG_KEYRING``.
"""

from __future__ import annotations

import sys

from engine.store import Store, Transaction, requests, user_tasks
from engine.store.rows import RequestRow
from tests.store.rows import insert_instance, root_key, user_task_row

CASES = 3


def start(tx: Transaction, number: int) -> None:
    """Write one case into four tables; nothing if it is there already."""
    if requests.read(tx, f"r{number}") is not None:
        return
    key = root_key(number)
    insert_instance(tx, key, f"state {number}".encode())
    user_tasks.upsert(tx, [user_task_row(key + 1, key)])
    requests.insert(tx, RequestRow(id=f"r{number}", root_key=key, seq=1, result=b"", created_at=1))


def main(url: str) -> None:
    """Start the cases that are not there yet."""
    store = Store(url)
    for number in range(1, CASES + 1):
        store.run(lambda tx, number=number: start(tx, number))  # type: ignore[misc]
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
