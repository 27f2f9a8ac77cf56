"""What the scenarios of compensation and of transactions draw alike."""

from __future__ import annotations

from tests.plain import event, node, script

COMPENSATE = "<bpmn:compensateEventDefinition/>"


def undoable(identity: str, undo: str, *, kind: str = "script") -> str:
    """An activity with its handler: a script that notes what is undone, or a user task."""
    handler = (
        script(undo, f'append(log, "{undo}")', "log", isForCompensation="true")
        if kind == "script"
        else node("userTask", undo, isForCompensation="true")
    )
    return (
        script(identity, f'append(log, "{identity}")', "log")
        + event("boundaryEvent", f"on_{identity}", [COMPENSATE], attachedToRef=identity)
        + handler
        + f'<bpmn:association id="as_{identity}" associationDirection="One" sourceRef="on_{identity}" '
        f'targetRef="{undo}"/>'
    )
