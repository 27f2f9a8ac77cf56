"""What the repository itself must keep to: sizes, names, links, no trace of a machine or a registry."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import commands

ROOT = Path(__file__).parent.parent
BANNED_NAMES = {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc", "core", "service"}
# Folders of single machines. Put together here so that this file does not name them either.
MACHINE = re.compile(r"(?<![\w.])/(?:" + "|".join(("work", "ro" + "ot", "fa" + "rm", "home")) + r")/\w")
REGISTRY = re.compile(r"https?://|--(?:extra-)?index-url|--find-links|--trusted-host", re.IGNORECASE)
BINARY = {".png", ".pdf", ".db", ".bin", ".jpg", ".woff2", ".ico", ".gz", ".zip", ".msgpack"}
LONGEST = {"README.md": 150, "CONTRIBUTING.md": 150}


def _files() -> list[Path]:
    """Return what is tracked or about to be: everything git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()]


FILES = _files()
TEXTS = [path for path in FILES if path.suffix not in BINARY]


def test_no_file_is_heavier_than_300_kb() -> None:
    assert [str(path.relative_to(ROOT)) for path in FILES if path.stat().st_size > 300_000] == []


def test_no_text_names_a_folder_of_one_machine() -> None:
    assert _lines_with(MACHINE, TEXTS) == []


def test_the_locks_are_pinned_by_hash_and_name_no_registry() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert [lock.name for lock in locks] == ["build.txt", "dev.txt", "node.txt", "runtime.txt"]
    assert _lines_with(REGISTRY, [*locks, *(ROOT / "requirements").glob("*.in")]) == []
    for lock in locks:
        pins = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8"))
        assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin or "==" not in pin] == []


def test_the_runtime_lock_has_every_dependency_and_the_dev_lock_agrees_with_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime, dev = _pins("runtime.txt"), _pins("dev.txt")
    wanted = {re.split(r"[\[<>=!~ ]", line)[0].lower() for line in project["dependencies"]}
    assert wanted <= runtime.keys()
    assert runtime["spiffworkflow"] == "3.2.0"
    assert {name: dev.get(name) for name in runtime} == runtime


def test_no_file_is_a_junk_drawer() -> None:
    assert [path.name for path in FILES if path.stem.lower() in BANNED_NAMES] == []
    assert [str(path) for path in FILES if BANNED_NAMES & set(path.relative_to(ROOT).parts[:-1])] == []


def test_modules_are_short_enough_to_read() -> None:
    modules = [path for path in FILES if path.suffix == ".py" and "migrations" not in path.parts]
    assert {str(path.relative_to(ROOT)): _length(path) for path in modules if _length(path) > 400} == {}


@pytest.mark.parametrize(("name", "longest"), LONGEST.items())
def test_what_newcomers_read_stays_short(name: str, longest: int) -> None:
    assert _length(ROOT / name) <= longest


def test_links_between_documents_lead_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in FILES
        if page.suffix == ".md"
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if not target.startswith(("http", "mailto:", "#"))
        if not (page.parent / target.split("#")[0]).exists()
    ]
    assert dead == []


def test_files_named_in_documents_exist() -> None:
    """`engine/x.py` in backticks is a promise; a moved file must take its mentions along."""
    named = re.compile(r"`((?:engine|handlers|commands|demo|web|tests|processes|forms|bench)/[\w/.-]+\.\w+)`")
    pages = [path for path in FILES if path.suffix == ".md" and "decisions" not in path.parts]
    gone = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in pages
        for name in named.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    ]
    assert gone == []


def test_commands_named_in_documents_exist() -> None:
    named = re.compile(r"(?:^|[`/ ])obieg ([a-z][a-z-]*)\b", re.MULTILINE)
    code = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
    asked = {
        (page.name, command)
        for page in FILES
        if page.suffix == ".md"
        for quoted in code.findall(page.read_text(encoding="utf-8"))
        for command in named.findall(quoted)
    }
    assert ("README.md", "verify") in asked
    assert {(page, command) for page, command in asked if command not in commands.NAMES} == set()


def _lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), start=1)
        if pattern.search(line)
    ]


def _pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def _length(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")
