"""The only door to lxml: hardened parsing of uploaded files, and thin typed readers for the tree.

What is refused here never reaches a schema, a reader or memory that outlives the call (``security.md``
§4.1–2): every call has a parser of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TypeAlias

import msgspec
from lxml import etree

from engine.errors import InvalidDefinition
from engine.model.records import Finding, Severity

Node: TypeAlias = etree._Element

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 20_000
_LEFT_OUT = "left-out"
_MAX_ANGLES = (
    5 * MAX_ELEMENTS
)  # two per element, the rest for comments and CDATA: refuses without building a tree

_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_ENCODING = re.compile(r"\A\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
_ASCII_BASED = re.compile(r"(?:utf-?8|(?:us-)?ascii|iso-8859-\d+|(?:windows|cp)-?125\d)", re.IGNORECASE)
_UNICODE = re.compile(r"utf-?8", re.IGNORECASE)
_REMEDY = "export the file again from the modeler as UTF-8 XML without a document type"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One parsed file: its name and the root of its tree."""

    name: str
    root: Node


def parse(name: str, content: bytes) -> Document:
    """Parse one uploaded file; raises ``InvalidDefinition`` with one finding naming the file and the line."""
    _screen(name, content)
    parser = etree.XMLParser(
        resolve_entities="internal",  # type: ignore[arg-type]  # lxml-stubs is older than this value
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as failure:
        reason = (failure.msg or "it cannot be read").removesuffix(".")
        refusal = _refusal(
            name, "xml-malformed", f"expected well-formed XML, but {reason}", line=failure.lineno or 0
        )
    else:
        _admit(name, root)
        return Document(name=name, root=root)
    finally:
        forget_errors()
    raise refusal


def forget_errors() -> None:
    """Empty libxml2's log of the thread, which keeps the last errors together with text of the file."""
    etree.clear_error_log()


def _screen(name: str, content: bytes) -> None:
    """Refuse by bytes alone what no parser should see."""
    if not content.strip():
        raise _refusal(name, "xml-empty", "expected an XML document, but the file is empty")
    if len(content) > MAX_BYTES:
        raise _refusal(
            name,
            "xml-too-large",
            f"expected at most {MAX_BYTES} bytes, but the file has {len(content)}",
            remedy="split the model into several files",
        )
    if content.count(b"<") > _MAX_ANGLES:
        raise _too_many(name)
    if b"\x00" in content:
        raise _refusal(name, "xml-encoding", "expected UTF-8 text, but the file contains a NUL byte")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = content.count(b"\n", 0, failure.start) + 1
        raise _refusal(
            name, "xml-encoding", f"expected UTF-8 text, but byte {failure.start} is not UTF-8", line=line
        ) from None
    _screen_text(name, text)


def _screen_text(name: str, text: str) -> None:
    declared = _ENCODING.match(text)
    # a Latin declaration over plain ASCII bytes is what several modelers write, and is UTF-8 all the same
    known = _ASCII_BASED if text.isascii() else _UNICODE
    if declared is not None and not known.fullmatch(declared[1]):
        raise _refusal(
            name,
            "xml-encoding",
            f"expected the encoding UTF-8, but the file declares {declared[1]!r}",
            line=1,
        )
    forbidden = _DECLARATION.search(text)
    if forbidden is not None:
        raise _refusal(
            name,
            "xml-doctype",
            f"expected no document type or entity, but the file contains {forbidden[0]}",
            line=text.count("\n", 0, forbidden.start()) + 1,
        )


def _admit(name: str, root: Node) -> None:
    """Check the parsed tree: no document type by any road, not too many elements."""
    information = root.getroottree().docinfo
    if information.doctype or information.internalDTD is not None:  # type: ignore[attr-defined]
        raise _refusal(name, "xml-doctype", "expected no document type, but the file has one")
    for number, _ in enumerate(root.iter(etree.Element), start=1):
        if number > MAX_ELEMENTS:
            raise _too_many(name)


def _too_many(name: str) -> InvalidDefinition:
    return _refusal(
        name,
        "xml-too-many-elements",
        f"expected at most {MAX_ELEMENTS} XML elements, but the file has more",
        remedy="split the model into several files",
    )


def _refusal(
    name: str, rule: str, message: str, *, line: int = 0, remedy: str = _REMEDY
) -> InvalidDefinition:
    return InvalidDefinition(
        [Finding(rule=rule, severity=Severity.ERROR, message=message, file=name, line=line, remedy=remedy)]
    )


def qname(namespace: str, local: str) -> str:
    """Return a tag in lxml's ``{namespace}local`` form."""
    return f"{{{namespace}}}{local}"


def local_name(node: Node) -> str:
    """Return the tag without its namespace."""
    return node.tag.rpartition("}")[2]


def namespace(node: Node) -> str:
    """Return the namespace of the tag, "" where it has none."""
    return node.tag[1:].rpartition("}")[0] if node.tag.startswith("{") else ""


def line(node: Node) -> int:
    """Return the 1-based line the element starts on."""
    found: int | None = node.sourceline  # type: ignore[assignment]
    return found or 0


def descendants(node: Node) -> Iterator[Node]:
    """Yield the element and every element below it in document order, without comments."""
    return node.iter(etree.Element)


def children(node: Node, namespace_: str = BPMN, local: str = "*") -> list[Node]:
    """Return the direct children in a namespace, optionally of one local name, in document order."""
    return list(node.iterchildren(qname(namespace_, local)))


def child(node: Node, local: str, namespace_: str = BPMN) -> Node | None:
    """Return the first direct child of that name, or None."""
    return next(node.iterchildren(qname(namespace_, local)), None)


def at_path(root: Node, path: str, line_: int) -> Node | None:
    """Return the element a validation error's XPath means, of several the one on that line."""
    prefixes = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
    try:
        found = root.getroottree().xpath(path, namespaces=prefixes)
    except etree.XPathError:
        return None
    nodes = [node for node in found if isinstance(node, etree._Element)] if isinstance(found, list) else []
    return next((node for node in nodes if line(node) == line_), nodes[0] if nodes else None)


def translated(root: Node, tag: Callable[[Node], str]) -> Node:
    """Return a copy of a tree with other tags, the lines kept; an element without a tag is left out."""
    copied = deepcopy(root)
    for node in list(copied.iter(etree.Element)):
        node.tag = tag(node) or _LEFT_OUT
    for node in list(copied.iter(_LEFT_OUT)):
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)
    return copied


def attribute(node: Node, name: str) -> str:
    """Return an attribute without the white space around it, "" where it is absent."""
    return str(node.get(name) or "").strip()


def attributes(node: Node) -> list[tuple[str, str]]:
    """Return all attributes as (name, value), without the white space around the values."""
    return [(str(name), str(value).strip()) for name, value in node.attrib.items()]


def boolean(node: Node, name: str, default: bool) -> bool:
    """Return an ``xsd:boolean`` attribute."""
    value = attribute(node, name)
    return value in {"true", "1"} if value else default


def integer(node: Node, name: str, default: int) -> int:
    """Return an ``xsd:integer`` attribute; numbers of more than 18 digits come out as 18 nines."""
    value = attribute(node, name)
    if not value:
        return default
    digits = value.lstrip("+-")
    size = int(digits) if len(digits) <= 18 else 10**18 - 1
    return -size if value.startswith("-") else size


def text(node: Node | None) -> str:
    """Return the character data directly inside an element, CDATA included, without comments."""
    if node is None:
        return ""
    return "".join([node.text or "", *(part.tail or "" for part in node)])


def detach(node: Node) -> None:
    """Take an element out of its tree; the text behind it stays."""
    around = node.getparent()
    if around is not None:
        before = node.getprevious()
        if node.tail and before is not None:
            before.tail = (before.tail or "") + node.tail
        elif node.tail:
            around.text = (around.text or "") + node.tail
        around.remove(node)


def extend(
    node: Node, local: str, parts: list[tuple[str, dict[str, str]]], attributes_: dict[str, str] | None = None
) -> None:
    """Give a BPMN element a ``zeebe:`` extension element with these attributes and parts."""
    around = child(node, "extensionElements")
    if around is None:
        around = etree.Element(qname(BPMN, "extensionElements"))
        node.insert(len(children(node, BPMN, "documentation")), around)
    made = etree.SubElement(around, qname(ZEEBE, local), attributes_ or {}, nsmap={"zeebe": ZEEBE})
    for name, values in parts:
        etree.SubElement(made, qname(ZEEBE, name), values)


def written(root: Node) -> bytes:
    """Return a tree as a UTF-8 file."""
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)
