"""Whether the kernel executes everything that an executable process draws (``engine.bpmn.supported``)."""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.bpmn import supported
from engine.bpmn.findings import found, place_in
from engine.bpmn.source import GLOBAL_TASKS, Source, is_executable
from engine.model.records import Finding

_LANGUAGES = {"language", "scriptFormat", "scriptLanguage"}
_BOOLEANS = {"true", "false", "1", "0"}


def check_support(source: Source) -> Iterator[Finding]:
    """Yield a finding for everything in a file's processes and global tasks that is not executed exactly."""
    executable = [process for process in source.processes() if is_executable(process)]
    executable += source.global_tasks()
    for process in executable:
        for node in _walk(process):
            yield from _check_element(source, node)
    if executable:
        for message in xml.children(source.root, xml.BPMN, "message"):
            yield from _check_extensions(source, message)


def _walk(node: xml.Node) -> Iterator[xml.Node]:
    """Yield the BPMN elements below a process without what is inside extensions, scripts and texts."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending += reversed(
            [part for part in xml.children(current) if xml.local_name(part) != "extensionElements"]
        )


def _check_element(source: Source, node: xml.Node) -> Iterator[Finding]:
    tag = xml.local_name(node)
    if tag != "process":
        yield from _check_tag(source, node, tag)
    yield from _check_attributes(source, node)
    yield from _check_extensions(source, node)


def _check_tag(source: Source, node: xml.Node, tag: str) -> Iterator[Finding]:
    if tag in supported.RESOURCES:
        yield found(place_in(source.name, node), "resource-not-read", tag=tag)
    elif tag in supported.REFUSED_ELEMENTS:
        yield _refused(source, node, supported.REFUSED_ELEMENTS[tag])
    elif not _is_known(node, tag):
        yield _refused(source, node, f"<{tag}> is not executed")


def _is_known(node: xml.Node, tag: str) -> bool:
    if tag in supported.EXECUTED or tag in supported.INERT:
        return True
    around = node.getparent()
    return around is not None and xml.local_name(around) in supported.RESOURCES | _RESOURCE_PARTS


_RESOURCE_PARTS = frozenset(["resourceAssignmentExpression", "resourceParameterBinding"])


def _check_attributes(source: Source, node: xml.Node) -> Iterator[Finding]:
    for name, value in xml.attributes(node):
        if name in _LANGUAGES and not _is_feel(value):
            yield found(place_in(source.name, node), "unsupported-language", language=value)
        elif name.startswith(supported.FOREIGN_ENGINES) and _local(name) not in supported.FOREIGN_READ:
            yield found(place_in(source.name, node), "foreign-extension", name=_local(name))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _is_feel(language: str) -> bool:
    return language.lower() in supported.FEEL_LANGUAGES or "omg.org/spec/DMN/" in language


def _check_extensions(source: Source, node: xml.Node) -> Iterator[Finding]:
    around = xml.child(node, "extensionElements")
    if around is None:
        return
    tag = xml.local_name(node)
    host = GLOBAL_TASKS.get(tag, tag)
    for part in xml.children(around, xml.ZEEBE):
        name = xml.local_name(part)
        if name not in supported.EXTENSIONS:
            reason = supported.REFUSED_EXTENSIONS.get(name, f"zeebe:{name} is not executed")
            yield _refused(source, part, reason)
            continue
        places = supported.EXTENSIONS[name]
        if places is not None and host not in places:
            yield _refused(source, part, f"zeebe:{name} has no meaning on <{host}>")
        for inner in xml.descendants(part):
            if xml.namespace(inner) == xml.ZEEBE:
                yield from _check_extension_attributes(source, inner)


def _check_extension_attributes(source: Source, part: xml.Node) -> Iterator[Finding]:
    name = xml.local_name(part)
    for (extension, attribute), reason in supported.REFUSED_EXTENSION_ATTRIBUTES.items():
        if extension == name and xml.attribute(part, attribute):
            yield _refused(source, part, f"zeebe:{name} with {attribute} is not executed: {reason}")
    for attribute, value in xml.attributes(part):
        if attribute in supported.BOOLEAN_EXTENSION_ATTRIBUTES and value not in _BOOLEANS:
            place = place_in(source.name, part)
            yield found(place, "extension-value", tag=name, attribute=attribute, value=value[:30])
    for attribute in supported.REQUIRED_EXTENSION_ATTRIBUTES.get(name, ()):
        if not xml.attribute(part, attribute):
            yield found(place_in(source.name, part), "extension-incomplete", tag=name, attribute=attribute)


def _refused(source: Source, node: xml.Node, reason: str) -> Finding:
    return found(place_in(source.name, node), "unsupported", reason=reason)
