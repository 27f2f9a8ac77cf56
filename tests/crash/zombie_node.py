"""Nodes that are stopped while they work, and woken when another one has done it.

    python -m tests.crash.zombie_node URL TIMES

ends with 0 if each of them, woken, ended by itself: it was told that the job was no longer its own.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import threading

from engine import Completed, HandlerRegistry, JobContext, ProcessEngine, Worker
from engine.scheduler import recover

NO_LEASE = dt.timedelta(0)  # over at once, as after a stop that is longer than any lease


def registry(who: str, *, stops: bool) -> HandlerRegistry:
    """Return a handler that says who ran it, and stops its own process just before it does."""
    made = HandlerRegistry()

    @made.handler("work")
    def work(context: JobContext) -> Completed:
        if stops:
            # To this thread: sent to the process, it would let this thread go on for a moment, into the
            # transaction after the work; stopped there, it would keep SQLite's one lock.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return Completed({"by": who})

    return made


def work_once(url: str) -> None:
    """Start a case, claim its job and run it to its end, however long it was stopped."""
    with ProcessEngine(url, handlers=registry("zombie", stops=True)) as engine:
        engine.start("p", actor="anna")
        worker = Worker(engine, threads=1, lease=NO_LEASE)
        worker.run_once()
        worker.stop()
        worker.run()  # only waits for what is running


def take_over(url: str) -> None:
    """Do the job whose lease is over."""
    with ProcessEngine(url, handlers=registry("other", stops=False)) as engine:
        recover(engine.parts)
        engine.run_until_idle()


def main(url: str, times: int) -> int:
    """Stop and wake so many nodes; return the worst exit code."""
    worst = 0
    for _ in range(times):
        pid = os.fork()
        if pid == 0:
            work_once(url)
            os._exit(0)
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return 1
        other = os.fork()
        if other == 0:
            take_over(url)
            os._exit(0)
        worst = max(worst, abs(os.waitstatus_to_exitcode(os.waitpid(other, 0)[1])))
        os.kill(pid, signal.SIGCONT)
        worst = max(worst, abs(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
