"""What is said of message templates when they are deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import reading
from engine import HandlerRegistry, ProcessEngine
from handlers.templates import complaint

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("file", "content", "rule"),
    [
        ("list.txt.j2", b"Subject: x\n", "template-place"),
        ("urzad/list.txt.j2", b"Subject: x\n", "template-place"),
        ("urzad/messages/list.html.j2", b"<p>", "template-place"),
        ("urzad/messages/list.txt.j2", b"no subject", "template-content"),
        ("urzad/messages/list.txt.j2", b"Subject: x\n\n{{ x|nosuchfilter }}", "template-content"),
        ("urzad/messages/list.txt.j2", b"Subject: x\n\n{% for a in b %}{{ lipsum() }}", "template-content"),
        ("urzad/messages/list.txt.j2", b"Subject: x\n\n{{ klucz_ref }}", "template-content"),
        ("urzad/messages/list.txt.j2", b"Subject: x\n\n\xff", "template-content"),
        ("urzad/messages/list.txt.j2", b"Subject: x\n\n\0", "template-content"),
        ("urzad/messages/list.txt.j2", b"Subject: " + b"x" * 64_000, "template-content"),
    ],
)
def test_words_that_no_case_could_use_are_refused(file: str, content: bytes, rule: str) -> None:
    with ProcessEngine("sqlite:///:memory:", handlers=HandlerRegistry(check_message=complaint)) as engine:
        found = engine.check([(file, content)])
    assert [(each.rule, each.file, bool(each.remedy)) for each in found] == [(rule, file, True)]


TEXT, OTHER, HTML = b"Subject: x\n\nA", b"Subject: x\n\nB", b"<p>"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            [("a/urzad/messages/list.txt.j2", TEXT), ("b/urzad/messages/list.txt.j2", OTHER)],
            [("template-twice", "b/urzad/messages/list.txt.j2")],
        ),
        (  # as the command line names both of two folders
            [("urzad/messages/list.txt.j2", TEXT), ("urzad/messages/list.txt.j2", OTHER)],
            [("template-twice", "urzad/messages/list.txt.j2")],
        ),
        (
            [("a/urzad/messages/list.txt.j2", TEXT), ("b/urzad/messages/list.html.j2", HTML)],
            [("template-place", "b/urzad/messages/list.html.j2")],
        ),
        (
            [("one.txt.j2", TEXT), ("two.txt.j2", TEXT), ("three.html.j2", HTML)],
            [("template-place", each) for each in ("one.txt.j2", "two.txt.j2", "three.html.j2")],
        ),
        ([("a/urzad/messages/list.txt.j2", TEXT), ("b/urzad/messages/list.txt.j2", TEXT)], []),
        ([("urzad/messages/list.txt.j2", TEXT), ("inny/messages/list.txt.j2", OTHER)], []),
    ],
)
def test_every_file_whose_words_would_be_lost_is_told(
    files: list[tuple[str, bytes]], told: list[tuple[str, str]]
) -> None:
    with ProcessEngine("sqlite:///:memory:", handlers=HandlerRegistry(check_message=complaint)) as engine:
        found = engine.check(files)
    assert [(each.rule, each.file) for each in found] == told


def test_those_shipped_are_named_by_their_procedure_however_the_path_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = ROOT / "processes" / "zszo03"
    monkeypatch.chdir(folder)
    ways = [folder], [folder / "messages"], [Path()], [Path("messages")], [Path("messages/pakiet.txt.j2")]
    for given in ways:
        names = [name for name, _ in reading.files(given) if name.endswith(".j2")]
        assert "zszo03/messages/pakiet.txt.j2" in names
    with ProcessEngine("sqlite:///:memory:", handlers=HandlerRegistry(check_message=complaint)) as engine:
        assert engine.check(reading.files([folder / "messages"])) == []
