"""The case of three user tasks on SpiffWorkflow 3.2.0, in the same run as ours; ``python -m bench peers``.

SpiffWorkflow is a library without a store: what is measured is what its own documentation proposes, the whole
workflow as JSON, saved at every wait state, here into one row of SQLite with ``synchronous = FULL``. It then
has the present state and the tasks done so far. It does not record who acted, when, by which command and with
which result; there are no locks, no worklist to query, no claims, no jobs and timers for other programs, no
sealing, no chain of hashes, and nothing to run again. A claim is a change of a task's data, saved likewise.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from io import BytesIO
from pathlib import Path

import click
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

from bench import cases
from bench.measuring import figures, told
from engine import ProcessEngine

UNITS = 100


class Saved:
    """SpiffWorkflow's workflows, one JSON text each."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE workflow (key INTEGER PRIMARY KEY, content TEXT NOT NULL)")
        self._serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
        self.bytes = 0

    def save(self, key: int, workflow: BpmnWorkflow) -> None:
        """Write a workflow whole, in a transaction of its own."""
        content = self._serializer.serialize_json(workflow)
        self.bytes = len(content)
        self._database.execute("INSERT OR REPLACE INTO workflow VALUES (?, ?)", (key, content))

    def load(self, key: int) -> BpmnWorkflow:
        """Read a workflow back."""
        (content,) = self._database.execute("SELECT content FROM workflow WHERE key = ?", (key,)).fetchone()
        return self._serializer.deserialize_json(content)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def one_case(saved: Saved, specification: object, key: int) -> None:
    """Carry one case through: start, then three times query, claim, complete; saved at each change."""
    workflow = BpmnWorkflow(specification)
    workflow.task_tree.data.update(cases.VARIABLES)
    workflow.do_engine_steps()
    saved.save(key, workflow)
    for _ in range(3):
        workflow = saved.load(key)
        (task,) = workflow.get_tasks(state=TaskState.READY, manual=True)
        task.data["assignee"] = "jan"
        saved.save(key, workflow)
        workflow = saved.load(key)
        (task,) = workflow.get_tasks(state=TaskState.READY, manual=True)
        task.data.update(cases.ENTERED)
        task.run()
        workflow.do_engine_steps()
        saved.save(key, workflow)
    assert workflow.completed


def spiff(units: int) -> None:
    """Measure SpiffWorkflow and print."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.parse(BytesIO(cases.DRAWING.files()[0][1])).getroot())
    specification = parser.get_spec("case")
    with tempfile.TemporaryDirectory() as folder:
        saved = Saved(Path(folder) / "spiff.db")
        one_case(saved, specification, 0)
        begun, cpu = time.perf_counter(), time.process_time()
        for key in range(1, units + 1):
            one_case(saved, specification, key)
        took, cpu = time.perf_counter() - begun, time.process_time() - cpu
        saved.close()
    click.echo(
        f"  {'SpiffWorkflow 3.2.0, JSON in SQLite, state only':46} {units / took:7.0f}/s  "
        f"CPU {cpu / units * 1000:6.2f} ms, the JSON of a finished case {saved.bytes / 1000:.1f} kB"
    )


def main(*, quick: bool = False) -> None:
    """Measure and print."""
    units = UNITS // 5 if quick else UNITS
    (ours,) = cases.WORKLOADS
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        ProcessEngine(url).close()
        told("Obieg, SQLite, full history", figures(ours, url, 1, quick=quick))
    spiff(units)


if __name__ == "__main__":
    main()
