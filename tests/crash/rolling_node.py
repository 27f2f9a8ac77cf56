"""One release of the program, told what to do: ``python rolling_node.py RELEASE URL``.

Reads orders from its standard input, one JSON line each, and does each in a forked process of its own:
importing everything takes seconds, forking does not. It imports the ``engine`` that lies beside it, so a copy
of this file in another folder is another release.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

import msgspec

from engine import (
    Completed,
    EngineError,
    HandlerRegistry,
    JobContext,
    ProcessEngine,
    Scheduler,
    Worker,
    failpoint,
    finalize_database,
    upgrade_database,
)

FIRST, SECOND = "first", "second"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: ``work`` until ``stop`` (of that process), or something that ends by itself."""

    do: str
    url: str
    failpoints: str = ""
    pid: int = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an order; ``code`` is negative for the signal that killed it."""

    pid: int
    code: int = 0
    said: str = ""


def registry(release: str) -> HandlerRegistry:
    """Return handlers for the two service tasks of the test's process, each saying who ran it."""
    handlers = HandlerRegistry()

    @handlers.handler(FIRST)
    def first(context: JobContext) -> Completed:
        return Completed(variables={FIRST: release})

    @handlers.handler(SECOND)
    def second(context: JobContext) -> Completed:
        return Completed(variables={SECOND: release})

    return handlers


def work(release: str, url: str) -> str:
    """Be a worker node until SIGTERM."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    with ProcessEngine(url, handlers=registry(release)) as engine:
        worker = Worker(engine, threads=2)
        scheduler = Scheduler(engine, worker, version=release)
        running = threading.Thread(target=worker.run)
        scheduler.start()
        running.start()
        while not told.wait(0.05) and running.is_alive():
            continue
        worker.stop()
        running.join()
        scheduler.stop()
    return ""


def close(release: str, url: str) -> str:
    """Let everything come to its end, start one more case, verify; say what became of it."""
    with ProcessEngine(url, handlers=registry(release)) as engine:
        engine.start("load", actor="anna")
        engine.run_until_idle()
        states = sorted({str(each.state) for each in engine.instances(limit=10_000)})
        return f"{','.join(states)} {engine.verify().ok} {len(engine.incidents(state='open'))}"


def do(release: str, order: Order) -> str:
    """Do one order and return what there is to say."""
    failpoint.configure(order.failpoints)
    if order.do == "upgrade":
        return " ".join(upgrade_database(order.url))
    if order.do == "finalize":
        return " ".join(finalize_database(order.url))
    if order.do == "upgrade_and_finalize":
        return " ".join(upgrade_database(order.url) + finalize_database(order.url))
    if order.do == "open":
        ProcessEngine(order.url).close()
        return ""
    return work(release, order.url) if order.do == "work" else close(release, order.url)


def forked(release: str, order: Order) -> Answer:
    """Do an order in another process and wait for its end, unless it is to work."""
    hears, says = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            text = do(release, order)
        except EngineError as error:
            code, text = 1, str(error)
        os.write(says, text.encode())
        os._exit(code)
    os.close(says)
    if order.do == "work":
        os.close(hears)
        return Answer(pid=pid)
    with os.fdopen(hears) as said:
        text = said.read()
    return Answer(pid=pid, code=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said=text)


def stopped(pid: int) -> Answer:
    """End a working process in order."""
    os.kill(pid, signal.SIGTERM)
    return Answer(pid=pid, code=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def main(release: str) -> None:
    """Do orders until there are no more."""
    import alembic.command  # noqa: F401  # here once rather than in each forked process

    for line in sys.stdin:
        order = msgspec.json.decode(line, type=Order)
        answer = stopped(order.pid) if order.do == "stop" else forked(release, order)
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
