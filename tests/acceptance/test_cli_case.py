"""A case from deployment to proof, by commands alone."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.command_line import obieg
from tests.acceptance.conftest import Run
from tests.builders import process


def test_a_case_from_deployment_to_proof(database_url: str, tmp_path: Path, approval: Path) -> None:
    """Each command is a process of its own, as a person types it; all that connects them is the database."""
    where = {"OBIEG_DATABASE": database_url, "OBIEG_AS": "anna", "OBIEG_KEYRING": ""}

    deployed = obieg(tmp_path, "deploy", "approval", more=where)
    assert (deployed.code, deployed.err) == (0, "")
    assert "approval/approval.bpmn" in deployed.out

    started = obieg(
        tmp_path, "start", "approval", "--business-key", "K/1", "--variables", '{"amount": 0.1}', more=where
    )
    assert started.code == 0, started.err

    [task] = obieg(tmp_path, "--format", "json", "tasks", "--group", "EK-04", more=where).json
    assert (task["element_id"], task["state"], task["key"].isdigit()) == ("approve", "created", True)

    completed = obieg(
        tmp_path, "complete", task["key"], "--as", "jan", "--variables", '{"decision": "yes"}', more=where
    )
    assert completed.code == 0, completed.err

    shown = obieg(tmp_path, "show", "K/1", "--format", "json", more=where).json
    assert (shown["instance"]["state"], shown["ended_at"]) == ("completed", ["approved"])
    assert shown["variables"] == {"amount": "0.1", "decision": "yes"}

    verified = obieg(tmp_path, "verify", "K/1", more=where)
    assert verified.code == 0
    assert re.findall(r"^(chain|fold|re-execution) +ok$", verified.out, re.MULTILINE) == [
        "chain",
        "fold",
        "re-execution",
    ]


def test_people_see_deadlines_in_warsaw_and_as_the_law_counts_them(run: Run, approval: Path) -> None:
    run("deploy", approval)
    run("start", "approval", "--business-key", "K/1")
    assert re.search(r"Zatwierdź +created +EK-04 +20\d\d-\d\d-\d\d 24:00", run("tasks").out)
    shown = run("show", "K/1").out
    assert re.search(r"^timers\n.*\n\d+ +late +20\d\d-\d\d-\d\d \d\d:\d\d", shown, re.MULTILINE)


def test_claim_unclaim_and_assign_say_whose_task_it_is(run: Run, approval: Path) -> None:
    run("deploy", approval)
    run("start", "approval")
    key = run("tasks", "--format", "json").json[0]["key"]
    assert "for jan" in run("claim", key, "--as", "jan").out
    assert [task["key"] for task in run("tasks", "--mine", "--as", "jan", "--format", "json").json] == [key]
    other = run("claim", key, "--as", "ewa")
    assert (other.code, other.out) == (1, "")
    assert "for EK-04" in run("unclaim", key, "--as", "jan").out
    assert "for ewa" in run("assign", key, "ewa", "--as", "boss").out


def test_the_same_request_counts_once(run: Run, approval: Path) -> None:
    run("deploy", approval)
    first = run("start", "approval", "--request-id", "r-1", "--format", "json").json
    assert run("start", "approval", "--request-id", "r-1", "--format", "json").json["key"] == first["key"]
    assert len(run("instances", "--format", "json").json) == 1
    key = run("tasks", "--format", "json").json[0]["key"]
    assert [run("complete", key, "--request-id", "r-2").code for _ in range(2)] == [0, 0]


def test_history_and_replay_tell_what_was_when(run: Run, approval: Path) -> None:
    run("deploy", approval)
    run("start", "approval", "--business-key", "K/1", "--variables", '{"amount": 120}')
    key = run("tasks", "--format", "json").json[0]["key"]
    middle = run("history", "K/1", "--format", "json").json[-1]["seq"]
    run("complete", key, "--as", "jan", "--variables", '{"amount": 1}')

    events = run("history", "K/1", "--format", "json").json
    assert [(each["seq"], each["index"]) for each in events] == sorted((e["seq"], e["index"]) for e in events)
    assert any(each["actor"] == "jan" and each["element_id"] == "approve" for each in events)
    assert re.search(r"jan +user_task_ended +approve", run("history", "K/1").out)

    then = run("replay", "K/1", "--at", middle, "--format", "json").json
    assert then["variables"] == {"amount": 120}
    assert {each["element_id"] for each in then["elements"] if each["state"] == "active"} >= {"approve"}
    assert run("replay", "K/1", "--format", "json").json["variables"] == {"amount": 1}


def test_a_suspended_case_waits_and_a_cancelled_one_is_over(run: Run, approval: Path) -> None:
    run("deploy", approval)
    run("start", "approval", "--business-key", "K/1")
    assert "suspended" in run("suspend", "K/1", "--reason", "sprawdzamy").out
    assert "active" in run("activate", "K/1", "--reason", "sprawdzone").out
    assert "cancelled" in run("cancel", "K/1", "--reason", "pomyłka").out
    assert "no user tasks" in run("tasks").out
    assert run("verify").code == 0


def test_a_changed_row_fails_the_verification_and_is_located(run: Run, approval: Path) -> None:
    run("deploy", approval)
    key = run("start", "approval", "--format", "json").json["key"]
    with sqlite3.connect("obieg.db") as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE history SET actor = 'nobody' WHERE seq = 1")
    connection.close()
    verified = run("verify", key)
    assert verified.code == 1
    assert f"chain: instance {key}, seq 1" in verified.out


def test_options_stand_before_or_after_the_command_or_in_the_environment(
    run: Run, approval: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--database", "sqlite:///a.db", "deploy", approval)
    assert run("--database", "sqlite:///a.db", "--format", "json", "tasks").json == []
    assert run("tasks", "--database", "sqlite:///a.db", "--format", "json").json == []
    monkeypatch.setenv("OBIEG_DATABASE", "sqlite:///a.db")
    monkeypatch.setenv("OBIEG_START_BUSINESS_KEY", "K/7")
    assert run("start", "approval", "--format", "json").json["business_key"] == "K/7"


def test_people_are_added_once_and_listed(run: Run) -> None:
    assert run("user", "add", "jan", "--name", "Jan Próbny", "--role", "clerk", "--group", "EK-04").code == 0
    assert run("user", "add", "jan", "--name", "Inny Jan").code == 1
    [person] = run("user", "list", "--group", "EK-04", "--format", "json").json
    assert (person["name"], person["roles"]) == ("Jan Próbny", ["clerk"])


def test_groups_are_named_and_listed(run: Run) -> None:
    run("user", "add", "jan", "--name", "Jan Próbny", "--role", "clerk", "--group", "EK-04")
    assert run("group", "name", "EK-04", "Referat systemów").code == 0
    [group] = run("group", "list", "--format", "json").json
    assert (group["id"], group["name"], group["members"]) == ("EK-04", "Referat systemów", 1)
    assert "EK-04  Referat systemów" in run("group", "list").out
    assert run("group", "name", "EK-04", "").code == 0
    assert "Referat" not in run("group", "list").out
    assert run("group", "name", "EK-04", "x" * 121).code == 1


def test_the_doctor_names_what_is_wrong_and_the_remedy(
    run: Run, approval: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBIEG_SMTP_TLS", "off")
    run("deploy", approval)
    Path("obieg.db.keyring").chmod(0o644)
    checked = run("doctor")
    assert checked.code == 1
    assert "run chmod 400 obieg.db.keyring" in checked.out
    assert "OBIEG_SMTP_SENDER" in checked.out
    assert "set OBIEG_SMTP_TLS=required" in checked.out
    assert "start `obieg worker`" in checked.out


def test_messages_and_signals_reach_who_waits(run: Run) -> None:
    diagram = (
        process("waiting")
        .start()
        .catch_message("reply", "hear", key="=number")
        .catch_signal("go", "see")
        .end()
    )
    Path("w.bpmn").write_bytes(diagram.files()[0][1])
    run("deploy", "w.bpmn")
    run("message", "reply", "--key", "7", "--variables", '{"text": "tak"}', "--ttl", "PT1H", "--id", "m-1")
    key = run("start", "waiting", "--variables", '{"number": "7"}', "--format", "json").json["key"]
    run("message", "reply", "--key", "8")  # somebody else's; delivers what is buffered besides
    assert [each["element_id"] for each in run("show", key, "--format", "json").json["elements"]][-1] == "see"
    assert run("signal", "go").code == 0
    shown = run("show", key, "--format", "json").json
    assert (shown["instance"]["state"], shown["variables"]["text"]) == ("completed", "tak")


def test_an_incident_is_listed_and_tried_again(run: Run) -> None:
    diagram = process("stuck").start().exclusive("which").flow_if("amount > 10").end("big")
    Path("s.bpmn").write_bytes(diagram.files()[0][1])
    run("deploy", "s.bpmn")
    key = run("start", "stuck", "--variables", '{"amount": 1}', "--format", "json").json["key"]
    [incident] = run("incidents", "--format", "json").json
    assert (incident["instance_key"], incident["element_id"]) == (key, "which")
    assert "which" in run("show", key).out
    assert run("retry", incident["key"], "--reason", "spróbujmy jeszcze raz").code == 0
    [again] = run("incidents", "--format", "json").json
    assert again["key"] != incident["key"] or again["resolved_at"] is None
    assert re.search(r"incident_resolved", run("history", key).out)
