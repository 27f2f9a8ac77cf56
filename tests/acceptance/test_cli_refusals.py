"""Bad input: one clear sentence, an exit code other than 0, nothing half-written."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.command_line import PROGRAM, Answer, environment, obieg
from tests.acceptance.conftest import Run
from tests.builders import process

HOSTILE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def sentence(answer: Answer, code: int) -> str:
    """Return the one line on stderr of a refusal that printed nothing else."""
    assert (answer.code, answer.out) == (code, "")
    [line] = answer.err.splitlines()
    assert line.count("Traceback") == 0
    return line


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HOSTILE, "<!DOCTYPE"),
        (b"", "empty"),
        (b"\x00\xff", "UTF-8"),
        (b"<bpmn", "well-formed"),
        (b"<a/>", "BPMN"),
    ],
    ids=["doctype", "empty", "binary", "truncated", "other"],
)
def test_a_file_that_is_no_diagram(run: Run, tmp_path: Path, content: bytes, told: str) -> None:
    Path("x.bpmn").write_bytes(content)
    refused = run("deploy", "x.bpmn")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("x.bpmn:")
    assert told in refused.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.bpmn"]
    assert run("check", "x.bpmn").code == 1


def test_a_refused_deployment_leaves_the_deployed_ones_alone(run: Run, approval: Path) -> None:
    run("deploy", approval)
    (approval / "broken.bpmn").write_bytes(HOSTILE)
    assert run("deploy", approval).code == 1
    assert "definitions     1" in run("db", "status").out


def test_what_the_engine_cannot_run_is_named_with_its_place(run: Run) -> None:
    diagram = process("p").start().script_task("compute", "1 +", "x").end()
    Path("p.bpmn").write_bytes(diagram.files()[0][1])
    refused = run("deploy", "p.bpmn")
    assert refused.code == 1
    assert "[compute]" in refused.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["start", "nosuch"], 1, "'nosuch'"),
        (["start", "approval", "--variables", '{"a":'], 2, "line 1, column 6"),
        (["start", "approval", "--variables", "[1]"], 2, "got a list"),
        (["start", "approval", "--variables", '{"a": NaN}'], 2, "NaN"),
        (["start", "approval", "--variables", "[" * 100_000], 2, "JSON"),
        (["start", "approval", "--form", "nosuch.json"], 1, "nosuch.json"),
        (["start", "approval", "--version", "7"], 1, "7"),
        (["start"], 2, "PROCESS"),
        (["complete", "12ab"], 2, "digits"),
        (["complete", "9" * 30], 2, "digits"),
        (["complete", "123"], 1, "123"),
        (["claim", "123"], 1, "123"),
        (["show", "123"], 1, "123"),
        (["show", "K/404"], 1, "K/404"),
        (["history", "123"], 1, "123"),
        (["replay", "123"], 1, "123"),
        (["verify", "123"], 1, "123"),
        (["retry", "123", "--reason", "x"], 1, "123"),
        (["cancel", "123", "--reason", "x"], 1, "123"),
        (["cancel", "123"], 2, "--reason"),
        (["message", "m", "--ttl", "soon"], 2, "PT1H"),
        (["deploy", "nosuch.bpmn"], 2, "nosuch.bpmn"),
        (["tasks", "--format", "xml"], 2, "json"),
        (["nosuch"], 2, "nosuch"),
        (["tasks", "--nosuch"], 2, "--nosuch"),
        (["worker"], 1, "OBIEG_SMTP_SENDER"),
        (["test", "approval"], 1, "scenarios"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_a_mistake_is_told_in_one_sentence(
    run: Run, approval: Path, arguments: list[str], code: int, told: str
) -> None:
    run("deploy", approval)
    assert told in sentence(run(*arguments), code)
    assert run("instances", "--format", "json").json == []


def test_a_finished_task_is_not_completed_again(run: Run, approval: Path) -> None:
    run("deploy", approval)
    run("start", "approval")
    key = run("tasks", "--format", "json").json[0]["key"]
    assert run("complete", key).code == 0
    assert "completed" in sentence(run("complete", key), 1)
    assert "completed" in sentence(run("claim", key), 1)


def test_a_mistyped_folder_does_not_get_a_database(run: Run, tmp_path: Path) -> None:
    assert "obieg deploy" in sentence(run("tasks"), 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"no database at all " * 100, b"x"], ids=["text", "short"])
def test_a_file_that_is_no_database(run: Run, content: bytes) -> None:
    Path("x.db").write_bytes(content)
    sentence(run("tasks", "--database", "sqlite:///x.db"), 1)
    assert Path("x.db").read_bytes() == content


def test_somebody_elses_database(run: Run) -> None:
    with sqlite3.connect("x.db") as connection:
        connection.execute("CREATE TABLE invoices (number)")
    connection.close()
    assert "invoices" in sentence(run("deploy", "--database", "sqlite:///x.db", _diagram()), 1)


def test_a_database_of_a_newer_program(run: Run) -> None:
    run("db", "upgrade")
    with sqlite3.connect("obieg.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer" in sentence(run("tasks"), 1)


def test_a_database_without_its_keyring(run: Run, approval: Path) -> None:
    run("deploy", approval)
    run("start", "approval")
    Path("obieg.db.keyring").unlink()
    assert "keyring" in sentence(run("instances"), 1)


def test_a_keyring_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("db", "upgrade")
    monkeypatch.setenv("OBIEG_KEYRING", "nosuch.keyring")
    assert "nosuch.keyring" in sentence(run("tasks"), 1)


def test_a_full_disk(run: Run, tmp_path: Path, approval: Path) -> None:
    """A limit on the size of files stands in for the end of the disk: the write fails half-way."""
    run("deploy", approval)
    limit = max(path.stat().st_size for path in tmp_path.iterdir())
    digests = [hashlib.sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(12_000)]
    (tmp_path / "big.json").write_text(json.dumps({"digests": digests}))
    command = [*PROGRAM, "start", "approval", "--form", "big.json"]
    refused = subprocess.run(
        ["prlimit", f"--fsize={limit}", *command],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    sentence(Answer(refused.returncode, refused.stdout, refused.stderr), 1)
    assert run("instances", "--format", "json").json == []


@pytest.mark.parametrize("address", ["mysql://x/y", "postgresql+psycopg://nobody@127.0.0.1:1/x", "nonsense"])
def test_a_database_that_cannot_be_reached(run: Run, address: str) -> None:
    sentence(run("tasks", "--database", address), 1)


def test_the_program_itself_says_it_the_same_way(tmp_path: Path) -> None:
    refused = obieg(tmp_path, "start", "nosuch", "--variables", "{")
    assert sentence(refused, 2).startswith("obieg start: Invalid value for '--variables'")


def _diagram() -> Path:
    path = Path("p.bpmn")
    path.write_bytes(process("p").start().end().files()[0][1])
    return path
