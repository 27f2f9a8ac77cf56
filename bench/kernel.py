"""The kernel in memory, beside SpiffWorkflow in the same run: instances/s and CPU µs per element.

``python -m bench.kernel``. CPU time of this process, the best of several rounds; both sides run a process
read once,
from its start event to its end event, with every variable kept.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from io import BytesIO

import click
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from engine.bpmn import CheckEnvironment, compile_files
from engine.calendar import polish_calendar
from engine.clock import micros
from engine.kernel import CommandContext, Context, Outcome, step
from engine.kernel.commands import Start
from engine.model.definition import ProcessDefinition
from tests.builders import Process, process

ROUNDS = 5
NOW = micros(dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC))
CALENDARS = {"pl": polish_calendar()}


def sequence(length: int) -> Process:
    """Return start → so many script tasks → end."""
    drawing = process("sequence").start()
    for number in range(length):
        drawing.script_task(f"t{number}", "n + 1", "n")
    return drawing.end()


def wide(width: int) -> Process:
    """Return a parallel split and join of a width."""
    drawing = process("wide").start().parallel("fork").script_task("t0", "n + 1", "n").parallel("join").end()
    for number in range(1, width):
        drawing.at("fork").script_task(f"t{number}", "n + 1", "n").connect_to("join")
    return drawing


def loop(rounds: int) -> Process:
    """Return a loop that runs so many times through a gateway."""
    drawing = process("loop").start().script_task("count", "n + 1", "n").exclusive("more")
    drawing.flow_if(f"n >= {rounds}").end()
    return drawing.at("more").default().connect_to("count")


def compiled(drawing: Process) -> ProcessDefinition:
    """Return the definition of a drawing."""
    (definition,) = compile_files(drawing.files(), CheckEnvironment()).definitions
    return definition


def run(definition: ProcessDefinition) -> Outcome:
    """Run one instance to its end."""
    recorded = CommandContext(semantics_version=1, now=NOW, first_key=1, definition_key=1, definition="")
    context = Context(recorded=recorded, definition=definition, parameters={}, calendars=CALENDARS)
    return step(None, Start(variables={"n": 0}), context)


def spiff(drawing: Process) -> Callable[[], None]:
    """Return what runs a drawing once on SpiffWorkflow, with Python scripts in place of FEEL."""
    tree = etree.parse(BytesIO(drawing.xml().encode()))
    namespace = {"b": "http://www.omg.org/spec/BPMN/20100524/MODEL"}
    for task in tree.iterfind(".//b:scriptTask", namespace):
        for extension in task.findall("b:extensionElements", namespace):
            task.remove(extension)
        etree.SubElement(task, f"{{{namespace['b']}}}script").text = "n = n + 1"
    parser = BpmnParser()
    parser.add_bpmn_xml(tree.getroot())
    specification = parser.get_spec(drawing.id)

    def once() -> None:
        workflow = BpmnWorkflow(specification)
        workflow.task_tree.data["n"] = 0
        workflow.do_engine_steps()
        if not workflow.completed:
            raise RuntimeError("expected SpiffWorkflow to complete the process")

    return once


def cpu(work: Callable[[], object], times: int, *, rounds: int = ROUNDS) -> float:
    """Return CPU seconds per call: the best of the rounds."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - begun) / times)
    return best


def line(name: str, seconds: float, elements: int) -> None:
    """Print one measurement."""
    per_element = seconds / elements * 1e6
    click.echo(f"{name:44} {1 / seconds:10.0f} instances/s {per_element:8.2f} µs per element")


def main() -> None:
    """Measure and print."""
    ten = compiled(sequence(10))
    ours = cpu(lambda: run(ten), 500)
    theirs = cpu(spiff(sequence(10)), 50)
    line("10 script tasks, Obieg", ours, 12)
    line("10 script tasks, SpiffWorkflow 3.2.0", theirs, 12)
    click.echo(f"{'ratio':44} {theirs / ours:10.1f} ×")
    for length in (10, 100, 1_000, 2_000):
        definition = compiled(sequence(length))
        line(f"sequence of {length}", cpu(lambda d=definition: run(d), max(1, 2_000 // length)), length + 2)  # type: ignore[misc]
    split = compiled(wide(50))
    line("parallel split and join, width 50", cpu(lambda: run(split), 20), 54)
    looped = compiled(loop(1_000))
    line("loop, 1 000 rounds", cpu(lambda: run(looped), 2), 2_002)


if __name__ == "__main__":
    main()
