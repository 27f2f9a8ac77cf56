"""Reading the ``zeebe:`` extension elements (``engine.md`` §5) of one flow node."""

from __future__ import annotations

from engine import xml
from engine.bpmn import values
from engine.model.definition import (
    CalledDecision,
    CalledElement,
    DeclaredEntry,
    Expression,
    JobDefinition,
    Mapping,
    ScriptDefinition,
    UserTaskDefinition,
)

ENTRY = "obieg:entry:"  # how the properties begin that declare an entry of a register
ENTRY_IF, ENTRY_CLOSED = "obieg:entryIf:", "obieg:entryClosed:"


def extension(node: xml.Node, local: str) -> xml.Node | None:
    """Return the first ``zeebe:`` extension element of that name, or None."""
    around = xml.child(node, "extensionElements")
    return None if around is None else xml.child(around, local, xml.ZEEBE)


def properties(node: xml.Node) -> dict[str, str]:
    """Return ``zeebe:properties`` as a dictionary; the last of equal names wins."""
    around = extension(node, "properties")
    if around is None:
        return {}
    return {
        xml.attribute(part, "name"): part.get("value") or ""
        for part in xml.children(around, xml.ZEEBE, "property")
        if xml.attribute(part, "name")
    }


def entries(node: xml.Node) -> tuple[DeclaredEntry, ...]:
    """Return what is to be written into registers, in document order.

    ``obieg:entry:REGISTER`` says what the entry is about, ``obieg:entry:REGISTER:FIELD`` gives a field of it,
    ``obieg:entryIf:REGISTER`` whether it is made, ``obieg:entryClosed:REGISTER`` the resolution it is closed
    with.
    """
    around = extension(node, "properties")
    subjects: dict[str, Expression | None] = {}
    fields: dict[str, dict[str, Expression | None]] = {}
    lines: dict[str, int] = {}
    for part in () if around is None else xml.children(around, xml.ZEEBE, "property"):
        name = xml.attribute(part, "name")
        if not name.startswith(ENTRY):
            continue
        register, is_field, field = name.removeprefix(ENTRY).partition(":")
        lines.setdefault(register, xml.line(part))
        given = values.attribute_value(part, "value")
        if is_field:
            fields.setdefault(register, {})[field] = given
        else:
            subjects[register] = given
    others = properties(node) if lines else {}
    return tuple(
        DeclaredEntry(
            register=each,
            subject=subjects.get(each),
            fields=fields.get(each, {}),
            line=line,
            condition=values.feel(others.get(f"{ENTRY_IF}{each}", ""), line),
            resolution=others.get(f"{ENTRY_CLOSED}{each}", "").strip(),
        )
        for each, line in lines.items()
    )


def job(node: xml.Node) -> JobDefinition | None:
    """Return the job a ``zeebe:taskDefinition`` asks for."""
    definition = extension(node, "taskDefinition")
    job_type = values.attribute_value(definition, "type")
    if definition is None or job_type is None:
        return None
    back_off = properties(node).get("obieg:retryBackoff", "")
    return JobDefinition(
        type=job_type,
        retries=values.attribute_value(definition, "retries"),
        headers=_headers(node),
        back_off=values.value(back_off, xml.line(definition)),
    )


def _headers(node: xml.Node) -> dict[str, str]:
    around = extension(node, "taskHeaders")
    if around is None:
        return {}
    return {
        xml.attribute(part, "key"): part.get("value") or ""
        for part in xml.children(around, xml.ZEEBE, "header")
    }


def mappings(node: xml.Node, local: str) -> tuple[Mapping, ...]:
    """Return the ``zeebe:input`` or ``zeebe:output`` mappings in document order."""
    around = extension(node, "ioMapping")
    if around is None:
        return ()
    return tuple(_mapping(part) for part in xml.children(around, xml.ZEEBE, local))


def _mapping(part: xml.Node) -> Mapping:
    source = values.attribute_value(part, "source")
    return Mapping(source=source or values.NULL, target=xml.attribute(part, "target"))


def user_task(node: xml.Node) -> UserTaskDefinition:
    """Return who may do a user task, until when, with which form."""
    assignment = extension(node, "assignmentDefinition")
    schedule = extension(node, "taskSchedule")
    form = extension(node, "formDefinition")
    return UserTaskDefinition(
        assignee=values.attribute_value(assignment, "assignee"),
        candidate_groups=values.attribute_value(assignment, "candidateGroups"),
        candidate_users=values.attribute_value(assignment, "candidateUsers"),
        due_date=values.attribute_value(schedule, "dueDate"),
        follow_up_date=values.attribute_value(schedule, "followUpDate"),
        priority=values.attribute_value(extension(node, "priorityDefinition"), "priority"),
        form_id=None if form is None else xml.attribute(form, "formId") or None,
        form_binding=_binding(form, "deployment"),
    )


def script(node: xml.Node) -> ScriptDefinition | None:
    """Return a script task's expression: ``zeebe:script``, or ``<script>`` (BPMN 2.0.2 §10.3.3)."""
    definition = extension(node, "script")
    expression = values.attribute_feel(definition, "expression")
    if definition is not None and expression is not None:
        return ScriptDefinition(
            expression=expression, result_variable=xml.attribute(definition, "resultVariable") or None
        )
    plain = values.body_feel(xml.child(node, "script"))
    return None if plain is None else ScriptDefinition(expression=plain)


def called_element(node: xml.Node) -> CalledElement | None:
    """Return what a call activity calls: ``zeebe:calledElement``, or the attribute ``calledElement``."""
    definition = extension(node, "calledElement")
    process_id = values.attribute_value(definition, "processId")
    if definition is None or process_id is None:
        plain = xml.attribute(node, "calledElement").rpartition(":")[2]
        target = values.literal(plain, xml.line(node))
        return None if target is None else CalledElement(process_id=target)
    return CalledElement(
        process_id=process_id,
        binding=_binding(definition, "latest"),
        version_tag=xml.attribute(definition, "versionTag") or None,
        propagate_all_child_variables=xml.boolean(definition, "propagateAllChildVariables", True),
        propagate_all_parent_variables=xml.boolean(definition, "propagateAllParentVariables", True),
    )


def called_decision(node: xml.Node) -> CalledDecision | None:
    """Return the decision a business rule task evaluates."""
    definition = extension(node, "calledDecision")
    decision_id = values.attribute_value(definition, "decisionId")
    if definition is None or decision_id is None:
        return None
    return CalledDecision(
        decision_id=decision_id,
        result_variable=xml.attribute(definition, "resultVariable"),
        binding=_binding(definition, "latest"),
        version_tag=xml.attribute(definition, "versionTag") or None,
    )


def _binding(definition: xml.Node | None, default: str) -> str:
    return default if definition is None else xml.attribute(definition, "bindingType") or default
