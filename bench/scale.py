"""What grows and what must not: long, wide, deep and often repeated processes, in memory and in the store.

``python -m bench.scale``. CPU time of this process; bytes are those handed to write calls (Linux: /proc). A
row says "flat" where the last figure may be at most a fifth above the first.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from bench.kernel import compiled, cpu, line, loop, run, sequence, spiff
from engine import ProcessEngine
from engine.kernel import codec
from tests.builders import Process, process, steps

FLAT = 1.2
COMPLETED = 50
READABLE = 100  # SpiffWorkflow's parser goes down the whole sequence and cannot read one of 500


def many(times: int, *, sequential: bool) -> Process:
    """Return a script task that is done so many times."""
    drawing = process("many").start().script_task("t", "loopCounter + 1", "m")
    return drawing.multi_instance(times=str(times), sequential=sequential).end()


def nested(depth: int) -> Process:
    """Return sub-processes inside one another, with a script task in the innermost."""
    inside = steps().start("s0").script_task("t0", "n + 1", "n").end("e0")
    for level in range(1, depth):
        inside = steps().start(f"s{level}").sub_process(f"sub{level}", inside).end(f"e{level}")
    return process("nested").start().sub_process("outermost", inside).end()


def tasks(times: int) -> Process:
    """Return a user task for each of so many people."""
    return process("tasks").start().user_task("t").multi_instance(times=str(times)).end()


def written() -> int:
    """Return how many bytes this process has handed to write calls."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(each.split()[1]) for each in lines if each.startswith("wchar"))


def told(name: str, figures: list[float], unit: str) -> None:
    """Print figures that should not grow, and whether they do."""
    verdict = "flat" if figures[-1] <= figures[0] * FLAT else "GROWS"
    click.echo(f"{name:44} {'  '.join(f'{each:9.2f}' for each in figures)} {unit}  {verdict}")


def in_memory() -> None:
    """Measure the kernel alone."""
    definition, shorter = compiled(sequence(500)), compiled(sequence(READABLE))
    line("sequence of 500, Obieg", cpu(lambda: run(definition), 4), 502)
    ours, theirs = cpu(lambda: run(shorter), 20), cpu(spiff(sequence(READABLE)), 1, rounds=2)
    line(f"sequence of {READABLE}, Obieg", ours, READABLE + 2)
    line(f"sequence of {READABLE}, SpiffWorkflow 3.2.0", theirs, READABLE + 2)
    click.echo(f"{'ratio':44} {theirs / ours:10.1f} ×")
    for sequential in (False, True):
        kind = "one after the other" if sequential else "at once"
        drawing = compiled(many(9_000, sequential=sequential))
        line(f"multi-instance, 9 000 {kind}", cpu(lambda d=drawing: run(d), 1, rounds=2), 9_000)  # type: ignore[misc]
    deep = compiled(nested(50))
    line("sub-processes, 50 deep", cpu(lambda: run(deep), 20), 153)
    rounds = (5, 50, 500, 4_900)
    definitions = [compiled(loop(each)) for each in rounds]
    costs = [
        cpu(lambda d=each: run(d), max(1, 500 // number), rounds=3) / (2 * number + 2) * 1e6  # type: ignore[misc]
        for each, number in zip(definitions, rounds, strict=True)
    ]
    told("µs per element after 12, 102, 1 002, 9 802", costs, "µs")
    sizes = [float(len(codec.encode_state(run(each).tree))) for each in definitions]
    told("state after as many elements", sizes, "bytes")


def through_the_store() -> None:
    """Measure bytes written for wide multi-instances, by instance and by completed task."""
    starts, completions = [], []
    for times in (100, 1_000, 5_000):
        with tempfile.TemporaryDirectory() as folder, ProcessEngine(f"sqlite:///{folder}/b.db") as engine:
            engine.deploy(tasks(times).files(), by="bench")
            before = written()
            engine.start("tasks", actor="bench")
            engine.run_until_idle()
            starts.append((written() - before) / times)
            open_tasks = engine.user_tasks(limit=COMPLETED)
            before = written()
            for task in open_tasks:
                engine.complete(task.key, actor="bench")
            completions.append((written() - before) / len(open_tasks))
    told("store: bytes per task of 100, 1 000, 5 000", starts, "bytes")
    told("store: bytes per completed task of as many", completions, "bytes")


def main() -> None:
    """Measure and print."""
    in_memory()
    through_the_store()


if __name__ == "__main__":
    main()
