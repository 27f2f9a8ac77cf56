"""The check on the largest model a deployment admits: seconds of CPU and MB/s; ``python -m bench.check``."""

from __future__ import annotations

import time

from engine.bpmn import CheckEnvironment, compile_files
from engine.xml import MAX_BYTES, MAX_ELEMENTS
from tests.builders import process

ELEMENTS_EACH = 7  # task, its extensions, the script, the flow, and both lists that name it
TARGET = 2.0


def large() -> bytes:
    """Return a chain of script tasks close to both limits of a file."""
    drawing = process("large").start()
    for number in range(MAX_ELEMENTS // ELEMENTS_EACH):
        drawing.script_task(f"s{number}", f"x + {number}", "x")
    content = drawing.end().files()[0][1]
    padding = MAX_BYTES - len(content) - len(b"<!---->")
    return content + b"<!--" + b"." * padding + b"-->"


def main() -> None:
    """Print the best of three."""
    content = large()
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        compilation = compile_files([("large.bpmn", content)], CheckEnvironment())
        best = min(best, time.process_time() - begun)
    assert len(compilation.definitions) == 1, [str(each) for each in compilation.findings][:3]
    megabytes, elements = len(content) / 2**20, content.count(b"</") + content.count(b"/>")
    print(f"check: {best:.2f} s CPU for {megabytes:.1f} MB, {elements} XML elements (goal < {TARGET:.0f} s)")


if __name__ == "__main__":
    main()
