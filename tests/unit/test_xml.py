"""What the door to lxml lets in: hostile files are refused by one clear finding, before anything is built."""

from __future__ import annotations

import time

import pytest

from engine import xml
from engine.errors import InvalidDefinition
from engine.model.records import Finding

ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'


def refusal(content: bytes) -> Finding:
    with pytest.raises(InvalidDefinition) as caught:
        xml.parse("a.bpmn", content)
    (finding,) = caught.value.findings
    assert finding.file == "a.bpmn"
    assert finding.remedy
    return finding


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (ENTITY.encode(), "xml-doctype"),
        (BOMB.encode(), "xml-doctype"),
        (ENTITY.replace("DOCTYPE", "doctype").encode(), "xml-doctype"),
        (b"<!-- hidden <!DocType x> --><x/>", "xml-doctype"),
        (b"<x><![CDATA[<!ENTITY e 'x'>]]></x>", "xml-doctype"),
        (b'<?xml version="1.0"?>\n\n<! ENTITY x "y"><x/>', "xml-doctype"),
        (ENTITY.encode("utf-16"), "xml-encoding"),
        (ENTITY.encode("utf-32"), "xml-encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-<x/>', "xml-encoding"),
        (b'<?xml version="1.0" encoding="IBM037"?><x/>', "xml-encoding"),
        ('<?xml version="1.0" encoding="iso-8859-2"?><x a="ż"/>'.encode("iso-8859-2"), "xml-encoding"),
        ('<?xml version="1.0" encoding="iso-8859-2"?><x a="ż"/>'.encode(), "xml-encoding"),
        (b"<x>\x00</x>", "xml-encoding"),
        (b"\x00\xff", "xml-encoding"),
        (b"", "xml-empty"),
        (b" \n ", "xml-empty"),
        (b"<bpmn", "xml-malformed"),
        (b"<x><y></x>", "xml-malformed"),
        (b"<x/><y/>", "xml-malformed"),
        (b"<x>&undefined;</x>", "xml-malformed"),
        (b"<" * 1000 + b"x", "xml-malformed"),
        (b"<a>" * 300 + b"</a>" * 300, "xml-malformed"),
        (b"{}", "xml-malformed"),
        (b"<r>" + b"<a/>" * 20_000 + b"</r>", "xml-too-many-elements"),
        (b"<r>" + b"<a/>" * 300_000 + b"</r>", "xml-too-many-elements"),
        (b"<r>" + b" " * xml.MAX_BYTES + b"</r>", "xml-too-large"),
    ],
)
def test_hostile_and_broken_files_are_refused(content: bytes, rule: str) -> None:
    assert refusal(content).rule == rule


def test_two_million_elements_are_refused_at_once() -> None:
    content = b"<r>" + b"<a/>" * 2_000_000 + b"</r>"
    begun = time.perf_counter()
    assert refusal(content).rule == "xml-too-large"
    assert time.perf_counter() - begun < 0.5


def test_a_finding_names_the_line() -> None:
    assert refusal(b"<x>\n\n  <y></z>\n</x>").line == 3
    assert refusal(b'<?xml version="1.0"?>\n<!DOCTYPE x>\n<x/>').line == 2
    assert refusal("<x>\nzażółć".encode() + b"\xff</x>").line == 2


def test_ordinary_files_are_read() -> None:
    most = b"<r>" + b"<a/>" * 19_999 + b"</r>"
    assert xml.parse("most.xml", most).root.tag == "r"
    assert xml.parse("bom.xml", b"\xef\xbb\xbf<r/>").root.tag == "r"
    latin = b'<?xml version="1.0" encoding="ISO-8859-1"?><r/>'  # plain ASCII, as some modelers declare it
    assert xml.parse("latin.xml", latin).root.tag == "r"


def test_readers() -> None:
    root = xml.parse("a", b'<r xmlns="urn:x" flag=" 1 "><!-- c -->one<![CDATA[<two>]]><k/>three</r>').root
    assert (xml.namespace(root), xml.local_name(root), xml.line(root)) == ("urn:x", "r", 1)
    assert xml.text(root) == "one<two>three"
    assert xml.boolean(root, "flag", False) is True
    assert xml.boolean(root, "other", True) is True
    assert [xml.local_name(node) for node in xml.descendants(root)] == ["r", "k"]
    assert xml.child(root, "k", "urn:x") is not None
    assert xml.child(root, "k") is None
