"""What owners do before a new version is there: drafts, what a change touches, deploying upon a version."""

from __future__ import annotations

import pytest

from engine import Conflict, ElementChange, InvalidDefinition, NotFound, ProcessEngine
from tests.builders import Process, process


def drawing(due: str = "=now()", *, late: bool = False) -> Process:
    drawn = process("permit").start("filed").user_task("decide", name="Rozstrzygnij", group="EK", due=due)
    if late:
        drawn = drawn.boundary_timer("P1D", "late", interrupting=False).end("told").at("decide")
    return drawn.end("done")


def content(drawn: Process) -> bytes:
    [(_name, found)] = drawn.files()
    return found


def test_each_person_has_a_draft_and_two_windows_of_one_do_not_overwrite_each_other(
    engine: ProcessEngine,
) -> None:
    drafts = engine.definition_drafts
    first = drafts.save("process", "permit", content(drawing()), by="olga", based_on=0, revision=0)
    theirs = drafts.save(
        "process", "permit", content(drawing("=today()")), by="piotr", based_on=0, revision=0
    )
    again = drafts.save("process", "permit", content(drawing(late=True)), by="olga", based_on=0, revision=1)
    assert (first.revision, again.revision, theirs.revision) == (1, 2, 1)
    with pytest.raises(Conflict, match="another window"):  # the first window still has revision 1
        drafts.save("process", "permit", content(drawing()), by="olga", based_on=0, revision=1)
    with pytest.raises(Conflict):  # a window opened before there was any draft
        drafts.save("process", "permit", content(drawing()), by="olga", based_on=0, revision=0)
    assert drafts.find("process", "permit", by="olga") == again
    assert drafts.find("process", "permit", by="piotr") == theirs
    assert drafts.others("process", "permit", than="olga") == ["piotr"]
    drafts.discard("process", "permit", by="olga")
    assert drafts.find("process", "permit", by="olga") is None
    assert [each.id for each in drafts.of("piotr")] == ["permit"]
    with pytest.raises(Conflict):  # thrown away in one window, saved in the other
        drafts.save("process", "permit", content(drawing()), by="olga", based_on=0, revision=2)


@pytest.mark.parametrize(
    ("kind", "sent", "rule"),
    [
        ("process", b"<open", "xml-malformed"),
        ("process", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "xml-doctype"),
        ("process", b"<x>" + b" " * (2 << 20) + b"</x>", "xml-too-large"),
        ("process", content(process("other").start().end()), "draft-id"),
        ("decision", b"<definitions/>", "draft-id"),
        ("form", b"{", "form-json"),
        ("form", b"[" * 100_000, "form-json"),
        ("form", b'{"id": "other"}', "draft-id"),
        ("form", b'"' + b"a" * (2 << 20) + b'"', "form-large"),
    ],
)
def test_what_cannot_be_opened_again_is_no_draft(
    engine: ProcessEngine, kind: str, sent: bytes, rule: str
) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        engine.definition_drafts.save(kind, "permit", sent, by="olga", based_on=0, revision=0)
    assert [each.rule for each in refused.value.findings] == [rule]
    assert engine.definition_drafts.of("olga") == []


def test_a_draft_may_break_every_rule_of_the_check(engine: ProcessEngine) -> None:
    broken = content(process("permit").start().exclusive("which").flow_if("=(").end())
    assert engine.check([("permit.bpmn", broken)]) != []
    saved = engine.definition_drafts.save("process", "permit", broken, by="olga", based_on=0, revision=0)
    assert saved.content == broken


def test_a_version_is_deployed_upon_the_one_that_was_seen(engine: ProcessEngine) -> None:
    engine.deploy(drawing().files(), by="olga", comment="pierwsza", based_on={"permit": 0})
    engine.deploy(drawing("=today()").files(), by="piotr", comment="w tym samym dniu", based_on={"permit": 1})
    with pytest.raises(Conflict, match=r"version 1 .* but it is 2"):
        engine.deploy(drawing(late=True).files(), by="olga", based_on={"permit": 1})
    versions = [(each.version, each.deployed_by, each.comment) for each in engine.definitions()]
    assert versions == [(2, "piotr", "w tym samym dniu"), (1, "olga", "pierwsza")]
    assert engine.definition_file("process", "permit", 1) == content(drawing())
    assert engine.definition_file("process", "permit") == content(drawing("=today()"))
    with pytest.raises(NotFound):
        engine.definition_file("form", "permit")


def test_a_change_names_the_elements_it_touches_and_the_cases_that_wait_there(engine: ProcessEngine) -> None:
    assert engine.changes("permit", content(drawing())) == []
    engine.deploy(drawing().files(), by="olga")
    for _ in range(3):
        engine.start("permit", actor="anna")
    engine.run_until_idle()
    task, *_others = engine.user_tasks()
    engine.complete(task.key, actor="ewa")
    engine.run_until_idle()
    assert engine.changes("permit", content(drawing())) == []
    changed = {
        each.element_id: each for each in engine.changes("permit", content(drawing("=today()", late=True)))
    }
    assert (changed["decide"].change, changed["decide"].waiting) == (ElementChange.CHANGED, 2)
    assert (changed["decide"].name, changed["decide"].element_type) == ("Rozstrzygnij", "userTask")
    assert (changed["late"].change, changed["late"].waiting) == (ElementChange.ADDED, 0)
    gone = {
        each.element_id: each for each in engine.changes("permit", content(process("permit").start().end()))
    }
    assert (gone["decide"].change, gone["decide"].waiting) == (ElementChange.REMOVED, 2)
    assert engine.open_instances() == {("permit", 1): 2}


def test_what_modelers_leave_out_or_write_otherwise_is_no_change(engine: ProcessEngine) -> None:
    [(name, before)] = drawing(late=True).files()
    engine.deploy([(name, before)], by="olga")
    text = before.decode()
    assert 'attachedToRef="decide"' in text
    said = text.replace('attachedToRef="decide"', 'attachedToRef="decide"  parallelMultiple="false"')
    moved = said.replace("<bpmn:outgoing>", "\n  <bpmn:outgoing>").replace(' x="', ' x="1')
    assert moved != text
    assert engine.changes("permit", moved.encode()) == []
