"""Plain BPMN for tests of notation the builder does not draw: bodies written as XML, flows as arrows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

from tests.bpmn_xml import HEAD

_ASSOCIATION = re.compile(r"<bpmn:association [^>]*/>")


class Plain:
    """One file with one executable process, and whatever ``roots`` adds before it."""

    def __init__(self, identity: str, body: str, roots: str = "") -> None:
        self._id = identity
        self.body = body
        self.roots = roots

    @property
    def id(self) -> str:
        """The process id."""
        return self._id

    def files(self) -> list[tuple[str, bytes]]:
        """Return what ``engine.deploy`` takes."""
        # the schema wants artifacts after all flow elements
        artifacts = "".join(_ASSOCIATION.findall(self.body))
        body = _ASSOCIATION.sub("", self.body) + artifacts
        process = f'<bpmn:process id="{self._id}" isExecutable="true">{body}</bpmn:process>'
        return [(f"{self._id}.bpmn", f"{HEAD}{self.roots}{process}</bpmn:definitions>".encode())]


def flows(*arrows: str) -> str:
    """Return sequence flows written as ``"a > b"``, or ``"a > b if amount > 1"``; ids are ``a_b``."""
    return "".join(_flow(arrow) for arrow in arrows)


def _flow(arrow: str) -> str:
    ends, _, condition = arrow.partition(" if ")
    source, target = (end.strip() for end in ends.split(" > "))
    inner = formal("conditionExpression", f"={condition}") if condition else ""
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
        f"{inner}</bpmn:sequenceFlow>"
    )


def node(tag: str, identity: str, inside: str = "", **attributes: str) -> str:
    """Return one BPMN element."""
    written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f'<bpmn:{tag} id="{identity}"{written}>{inside}</bpmn:{tag}>'


def nodes(tag: str, *identities: str) -> str:
    """Return several BPMN elements of one kind."""
    return "".join(node(tag, identity) for identity in identities)


def users(*identities: str) -> str:
    """Return user tasks."""
    inside = "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>"
    return "".join(node("userTask", identity, inside) for identity in identities)


def script(identity: str, expression: str, result: str, inside: str = "", **attributes: str) -> str:
    """Return a script task whose FEEL value goes to a variable."""
    extension = (
        f'<bpmn:extensionElements><zeebe:script expression="={escape(expression, {chr(34): "&quot;"})}" '
        f'resultVariable="{result}"/></bpmn:extensionElements>'
    )
    return node("scriptTask", identity, extension + inside, **attributes)


def formal(tag: str, text: str) -> str:
    """Return an element whose body is an expression."""
    return f'<bpmn:{tag} xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:{tag}>'


def event(tag: str, identity: str, definitions: Iterable[str], inside: str = "", **attributes: str) -> str:
    """Return an event with event definitions written as XML."""
    return node(tag, identity, inside + "".join(definitions), **attributes)
