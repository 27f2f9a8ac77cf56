"""A program to be killed: starts three cases, telling each only after its commit was acknowledged.

    python -m tests.store.killed_program URL

reads failpoints from its standard input, a line for each time the program shall run, and forks it: importing
takes seconds, forking does not. For each run one JSON line says with which code it ended and what it told.
The keyring comes from ``OBIEG_KEYRING``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from engine import failpoint
from engine.store import Store, Transaction, requests, user_tasks
from engine.store.rows import RequestRow
from tests.store.rows import insert_instance, root_key, user_task_row

CASES = 3


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How one run ended: its exit code (negative: a signal's number) and the cases it said were committed."""

    code: int
    acknowledged: list[int]


def start(tx: Transaction, number: int) -> None:
    """Write one case into four tables; nothing if it is there already."""
    if requests.read(tx, f"r{number}") is not None:
        return
    key = root_key(number)
    insert_instance(tx, key, f"state {number}".encode())
    user_tasks.upsert(tx, [user_task_row(key + 1, key)])
    requests.insert(tx, RequestRow(id=f"r{number}", root_key=key, seq=1, result=b"", created_at=1))


def run(url: str, failpoints: str, told: Path) -> None:
    """Start the cases that are not there yet."""
    failpoint.configure(failpoints)
    store = Store(url)
    file = os.open(told, os.O_WRONLY | os.O_APPEND)
    for number in range(1, CASES + 1):
        store.run(lambda tx, number=number: start(tx, number))  # type: ignore[misc]
        os.write(file, f"{number}\n".encode())
    store.close()


def main(url: str, told: Path) -> None:
    """Fork a run for each line."""
    for line in sys.stdin:
        told.write_text("")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                run(url, line.strip(), told)
                code = 0
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        ended = Run(code=code, acknowledged=[int(each) for each in told.read_text().split()])
        sys.stdout.write(msgspec.json.encode(ended).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
