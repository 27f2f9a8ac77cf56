"""What the doctor says of what waits, and what keeps a node from starting."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from commands.doctor import _waiting, refuse_insecure, templates
from commands.office import Office
from engine import EngineError, Keyring, ProcessEngine


def test_what_is_overdue_or_stranded_is_told() -> None:
    with ProcessEngine("sqlite:///:memory:") as engine:
        quiet = engine.figures()
    assert list(_waiting(quiet)) == []
    told = [(each.name, each.verdict) for each in _waiting(replace(quiet, lateness=61.0, stranded_jobs=1))]
    assert told == [("overdue", "error"), ("stranded", "warning")]


def test_a_node_refuses_a_keyring_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "keyring"
    Keyring.at(path)
    office = Office(processes=tmp_path, forms=tmp_path, keyring=path)
    refuse_insecure(office)
    path.chmod(0o644)
    with pytest.raises(EngineError, match="can be read by others: run chmod 400"):
        refuse_insecure(office)


def test_words_changed_in_the_folder_but_not_deployed_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "urzad" / "messages"
    folder.mkdir(parents=True)
    (folder / "list.txt.j2").write_bytes(b"Subject: a\r\n")
    monkeypatch.setenv("OBIEG_SMTP_SENDER", "urzad@um.krakow.example")
    office = Office(processes=tmp_path, forms=tmp_path)
    with ProcessEngine("sqlite:///:memory:") as engine:
        assert list(templates(office, engine)) == []  # nothing is deployed at all
        engine.deploy([("urzad/messages/list.txt.j2", b"Subject: a\n")], by="olga")
        assert list(templates(office, engine)) == []
        (folder / "list.txt.j2").write_bytes(b"Subject: b\n")
        (folder / "nowy.txt.j2").write_bytes(b"Subject: c\n")
        told = [(each.verdict, each.message) for each in templates(office, engine)]
    assert told == [
        ("warning", "other in the folder than deployed: urzad/list (1)"),
        ("warning", "not deployed: urzad/nowy"),
    ]
