"""Element templates: right by the public schema, one for every handler, saying what it reads."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import handlers
from engine import HandlerRegistry, read_element_templates
from web.build_ui import SOURCE, packaged_node, system_node

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "handlers" / "element_templates"
FILES = sorted(FOLDER.glob("*.json"))
KNOWN = read_element_templates(FOLDER)
VALIDATE = """
import { validateZeebe } from '@bpmn-io/element-templates-validator';
import { readFileSync } from 'node:fs';
const bad = {};
for (const file of process.argv.slice(1)) {
  const { valid, errors } = validateZeebe(JSON.parse(readFileSync(file, 'utf8')));
  if (!valid) bad[file] = errors.map(each => each.message);
}
console.log(JSON.stringify(bad));
"""
SHIPPED = sorted((ROOT / "processes").glob("*/*.bpmn"))
_TASK = re.compile(r'<bpmn:(?:serviceTask|sendTask) id="(\w+)"([^>]*)>(.*?)</bpmn:', re.DOTALL)


def template(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_bytes())
    return read


def test_all_pass_the_public_schema() -> None:
    node = system_node() or packaged_node()
    assert node is not None
    command = [*node.node, "--input-type=module", "--eval", VALIDATE, "--", *map(str, FILES)]
    told = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == {}


def test_every_handler_has_one_and_none_is_for_nothing() -> None:
    registry = HandlerRegistry()
    handlers.register_all(registry, handlers.settings_from({"OBIEG_SMTP_SENDER": "obieg@urzad.example"}))
    assert {each.job_type for each, _ in KNOWN.values()} == set(registry.types())
    assert all(path.stem == key.removeprefix("obieg.") for path, key in zip(FILES, KNOWN, strict=True))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_person_can_fill_it_in(path: Path) -> None:
    read = template(path)
    groups = {each["id"] for each in read["groups"]}
    shown = [each for each in read["properties"] if each["type"] != "Hidden"]
    assert read["description"].endswith(".")
    assert {each["group"] for each in shown} == groups
    assert all(each["label"][0].isupper() for each in shown)
    for each in shown:
        if "pattern" in (constraints := each.get("constraints", {})):
            assert constraints["pattern"]["message"].startswith(("to ", "bez "))
            given = [str(each["value"])] if each.get("value") else []
            assert all(re.search(constraints["pattern"]["value"], value) for value in given)


def module_of(job_type: str) -> Path:
    """Return the module that registers a job type."""
    (found,) = (
        path
        for path in (ROOT / "handlers").glob("*.py")
        if path.name != "__init__.py" and f'"{job_type}"' in path.read_text(encoding="utf-8")
    )
    return found


def read_by(tree: ast.AST) -> Iterator[str]:
    """Yield the names of variables and headers that a module asks its job for."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        called, first = ast.unparse(node.func), node.args[0]
        if called.endswith((".variables.get", ".headers.get")) and isinstance(first, ast.Constant):
            yield str(first.value)
        elif ast.unparse(first) == "context" and called.rpartition(".")[2] in _READERS:
            yield from (word for each in node.args[1:] if (word := _word(each)))


def _word(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


_FUTURE = "from __future__ import annotations\n"
_READERS = {"text", "number", "record", "optional_text", "header_number", "_day", "_text"}


@pytest.mark.parametrize("module", sorted({module_of(each.job_type) for each, _ in KNOWN.values()}))
def test_it_lists_what_the_handler_reads_and_nothing_else(module: Path) -> None:
    floors = [module, *sorted(module.parent.glob(f"{module.stem}_quota.py"))]
    tree = ast.parse("".join(path.read_text(encoding="utf-8") for path in floors).replace(_FUTURE, ""))
    templates = [each for each, _ in KNOWN.values() if module_of(each.job_type) == module]
    listed = {setting.name for each in templates for setting in each.settings}
    words = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    if any(each.other_inputs for each in templates):
        words.add("numer_sprawy")  # every text of ours names it
    assert {each for each in read_by(tree) if each.isidentifier()} - listed == set()
    assert listed - words == set()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_task_of_the_procedures_that_has_a_handler_names_its_template(path: Path) -> None:
    for task, attributes, inside in _TASK.findall(path.read_text(encoding="utf-8")):
        job = re.search(r'<zeebe:taskDefinition type="([^"]+)"', inside)
        if job is None:
            continue
        named = re.search(r'zeebe:modelerTemplate="([^"]+)"', attributes)
        assert named is not None, task
        assert KNOWN[named[1]][0].job_type == job[1]
