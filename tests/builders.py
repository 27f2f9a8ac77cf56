"""Processes for tests, written so that a test reads like a sentence::

    process("approval").start().user_task("approve").boundary_timer("PT1H").end("late")
    process("p").start().exclusive("which").flow_if("amount > 10").task("big").end() \
        .at("which").default().task("small").end("cheap")

The builder has a *cursor*, the element drawn last; the next one is connected to it. ``at`` moves the cursor
back, ``flow_if`` and ``default`` say how the next connection is taken, boundary events move the cursor onto
themselves. ``files()`` is what ``engine.deploy`` and ``engine.check`` take. Expressions are FEEL, the leading
``=`` may be left out where only FEEL is possible.
"""

from __future__ import annotations

from typing import Self
from xml.sax.saxutils import escape

from tests.bpmn_xml import FORMAL, Event, Node, Pairs, document, element, feel, mappings, when
from tests.bpmn_xml import job as job_of
from tests.bpmn_xml import multi_instance as loop_of
from tests.bpmn_xml import properties as properties_of
from tests.drawing import Drawing


def process(identity: str, **options: str) -> Process:
    """Begin a process; options: ``name``, ``version_tag``, ``retention``, ``extra`` (XML before it)."""
    return Process(identity, **options)


def steps() -> Steps:
    """Begin the inside of a sub-process."""
    return Steps()


class Steps(Drawing):
    """A sequence of elements under construction."""

    # events -------------------------------------------------------------------------------------------------

    def start(
        self, identity: str = "", *, form: str = "", interrupting: bool = True, properties: Pairs = None
    ) -> Self:
        """Draw a none start event."""
        extensions = [element("zeebe:formDefinition", {"formId": form})] if form else []
        extensions += properties_of(properties)
        return self._start(identity, [], interrupting, extensions)

    def start_message(
        self,
        name: str,
        identity: str = "",
        *,
        key: str = "",
        interrupting: bool = True,
        outputs: Pairs = None,
    ) -> Self:
        """Draw a message start event."""
        return self._start(identity, [Event("message", name, key)], interrupting, mappings(None, outputs))

    def start_timer(self, timer: str, identity: str = "", *, interrupting: bool = True) -> Self:
        """Draw a timer start event: ``PT1H``, ``R3/PT1H``, ``0 8 * * *``, ``2026-12-24T12:00``."""
        return self._start(identity, [Event("timer", timer)], interrupting)

    def start_signal(self, name: str, identity: str = "", *, interrupting: bool = True) -> Self:
        """Draw a signal start event."""
        return self._start(identity, [Event("signal", name)], interrupting)

    def start_error(self, code: str = "", identity: str = "", *, outputs: Pairs = None) -> Self:
        """Draw the error start event of an event sub-process; without a code it catches every error."""
        return self._start(identity, [Event("error", code)], True, mappings(None, outputs))

    def start_escalation(self, code: str = "", identity: str = "", *, interrupting: bool = True) -> Self:
        """Draw the escalation start event of an event sub-process; without a code it catches all."""
        return self._start(identity, [Event("escalation", code)], interrupting)

    def _start(
        self, identity: str, events: list[Event], interrupting: bool, extensions: list[str] | None = None
    ) -> Self:
        self._cursor = None
        attributes = {} if interrupting else {"isInterrupting": "false"}
        return self._draw("startEvent", identity, "start", attributes, extensions, events=events)

    def catch_timer(self, timer: str, identity: str = "", *, outputs: Pairs = None) -> Self:
        """Draw an intermediate timer event; ``=`` FEEL is a duration."""
        return self._catch(identity, Event("timer", timer), outputs)

    def catch_message(self, name: str, identity: str = "", *, key: str = "", outputs: Pairs = None) -> Self:
        """Draw an intermediate message event that waits for the name and the correlation key (FEEL)."""
        return self._catch(identity, Event("message", name, key), outputs)

    def catch_signal(self, name: str, identity: str = "", *, outputs: Pairs = None) -> Self:
        """Draw an intermediate signal event that waits."""
        return self._catch(identity, Event("signal", name), outputs)

    def _catch(self, identity: str, event: Event, outputs: Pairs) -> Self:
        return self._draw(
            "intermediateCatchEvent",
            identity,
            f"wait_{event.kind}",
            {},
            mappings(None, outputs),
            events=[event],
        )

    def throw(self, identity: str = "") -> Self:
        """Draw a none intermediate event."""
        return self._throw(identity, [])

    def throw_message(self, name: str, identity: str = "", *, key: str = "", job: str = "") -> Self:
        """Draw an intermediate event that sends a message (by a job, where ``job`` names its type)."""
        return self._throw(identity, [Event("message", name, key)], job_of(job))

    def throw_signal(self, name: str, identity: str = "") -> Self:
        """Draw an intermediate event that broadcasts a signal."""
        return self._throw(identity, [Event("signal", name)])

    def throw_escalation(self, code: str, identity: str = "") -> Self:
        """Draw an intermediate event that escalates."""
        return self._throw(identity, [Event("escalation", code)])

    def _throw(self, identity: str, events: list[Event], extensions: list[str] | None = None) -> Self:
        default = f"throw_{events[0].kind}" if events else "throw"
        return self._draw("intermediateThrowEvent", identity, default, {}, extensions, events=events)

    def end(self, identity: str = "") -> Self:
        """Draw a none end event."""
        return self._end(identity, [])

    def end_error(self, code: str, identity: str = "") -> Self:
        """Draw an error end event."""
        return self._end(identity, [Event("error", code)])

    def end_escalation(self, code: str, identity: str = "") -> Self:
        """Draw an escalation end event."""
        return self._end(identity, [Event("escalation", code)])

    def end_signal(self, name: str, identity: str = "") -> Self:
        """Draw a signal end event."""
        return self._end(identity, [Event("signal", name)])

    def end_message(self, name: str, identity: str = "", *, key: str = "", job: str = "") -> Self:
        """Draw a message end event."""
        return self._end(identity, [Event("message", name, key)], job_of(job))

    def end_terminate(self, identity: str = "") -> Self:
        """Draw a terminate end event."""
        return self._end(identity, [Event("terminate")])

    def _end(self, identity: str, events: list[Event], extensions: list[str] | None = None) -> Self:
        default = f"end_{events[0].kind}" if events else "end"
        return self._draw("endEvent", identity, default, {}, extensions, events=events)

    def boundary_timer(self, timer: str, identity: str = "", *, interrupting: bool = True) -> Self:
        """Attach a timer to the activity drawn last, and go on from it."""
        return self._boundary(identity, Event("timer", timer), interrupting)

    def boundary_message(
        self,
        name: str,
        identity: str = "",
        *,
        key: str = "",
        interrupting: bool = True,
        outputs: Pairs = None,
    ) -> Self:
        """Attach a message to the activity drawn last, and go on from it."""
        return self._boundary(identity, Event("message", name, key), interrupting, outputs)

    def boundary_signal(self, name: str, identity: str = "", *, interrupting: bool = True) -> Self:
        """Attach a signal to the activity drawn last, and go on from it."""
        return self._boundary(identity, Event("signal", name), interrupting)

    def boundary_error(self, code: str = "", identity: str = "", *, outputs: Pairs = None) -> Self:
        """Attach an error to the activity drawn last, and go on from it; without a code it catches all."""
        return self._boundary(identity, Event("error", code), True, outputs)

    def boundary_escalation(self, code: str = "", identity: str = "", *, interrupting: bool = True) -> Self:
        """Attach an escalation to the activity drawn last, go on from it; without a code it catches all."""
        return self._boundary(identity, Event("escalation", code), interrupting)

    def _boundary(self, identity: str, event: Event, interrupting: bool, outputs: Pairs = None) -> Self:
        host = self._here()
        while host.host is not None:  # a second boundary event right after the first one: same host
            host = host.host
        self._cursor = None
        attributes = {} if interrupting else {"cancelActivity": "false"}
        extensions = mappings(None, outputs)
        self._draw(
            "boundaryEvent", identity, f"{host.id}_{event.kind}", attributes, extensions, events=[event]
        )
        self._here().host = host
        return self

    # activities ---------------------------------------------------------------------------------------------

    def task(self, identity: str = "") -> Self:
        """Draw a task without a type."""
        return self._draw("task", identity, "task")

    def manual_task(self, identity: str = "") -> Self:
        """Draw a manual task."""
        return self._draw("manualTask", identity, "manual")

    def user_task(
        self,
        identity: str,
        *,
        name: str = "",
        group: str = "",
        assignee: str = "",
        users: str = "",
        form: str = "",
        due: str = "",
        follow_up: str = "",
        priority: str = "",
        inputs: Pairs = None,
        outputs: Pairs = None,
        properties: Pairs = None,
    ) -> Self:
        """Draw a user task; values beginning with ``=`` are FEEL."""
        assignment = {"assignee": assignee, "candidateGroups": group, "candidateUsers": users}
        schedule = {"dueDate": due, "followUpDate": follow_up}
        extensions = [
            element("zeebe:userTask"),
            *when(any(assignment.values()), "zeebe:assignmentDefinition", assignment),
            *when(any(schedule.values()), "zeebe:taskSchedule", schedule),
            *when(bool(priority), "zeebe:priorityDefinition", {"priority": priority}),
            *when(bool(form), "zeebe:formDefinition", {"formId": form}),
            *mappings(inputs, outputs),
            *properties_of(properties),
        ]
        return self._draw("userTask", identity, "", {"name": name}, extensions)

    def service_task(
        self,
        identity: str,
        job: str = "",
        *,
        name: str = "",
        retries: str = "",
        headers: Pairs = None,
        inputs: Pairs = None,
        outputs: Pairs = None,
        properties: Pairs = None,
        tag: str = "serviceTask",
    ) -> Self:
        """Draw a service task whose job type is ``job`` (none: it completes at once)."""
        extensions = [*job_of(job, retries, headers), *mappings(inputs, outputs), *properties_of(properties)]
        return self._draw(tag, identity, "", {"name": name}, extensions)

    def send_task(self, identity: str, *, message: str = "", key: str = "", job: str = "") -> Self:
        """Draw a send task: by a job, or as a message of this engine."""
        events = [Event("message", message, key)] if message else []
        return self._draw("sendTask", identity, "", {}, job_of(job), events=events)

    def receive_task(self, identity: str, message: str, *, key: str = "", outputs: Pairs = None) -> Self:
        """Draw a receive task."""
        events = [Event("message", message, key)]
        return self._draw("receiveTask", identity, "", {}, mappings(None, outputs), events=events)

    def script_task(
        self, identity: str, expression: str, result: str = "", *, inputs: Pairs = None, outputs: Pairs = None
    ) -> Self:
        """Draw a script task; without ``result`` it is the standard's own, whose context is merged."""
        extensions = mappings(inputs, outputs)
        if result:
            script = {"expression": feel(expression), "resultVariable": result}
            return self._draw("scriptTask", identity, "", {}, [element("zeebe:script", script), *extensions])
        self._draw("scriptTask", identity, "", {"scriptFormat": "feel"}, extensions)
        self._here().inside = element("bpmn:script", {}, escape(expression))
        return self

    def business_rule_task(
        self, identity: str, decision: str, result: str, *, inputs: Pairs = None, version_tag: str = ""
    ) -> Self:
        """Draw a business rule task that evaluates a decision, the newest or the newest of a version tag."""
        bound = {"bindingType": "versionTag", "versionTag": version_tag} if version_tag else {}
        called = element("zeebe:calledDecision", {"decisionId": decision, "resultVariable": result} | bound)
        return self._draw("businessRuleTask", identity, "", {}, [called, *mappings(inputs, None)])

    def call_activity(
        self,
        identity: str,
        calls: str,
        *,
        inputs: Pairs = None,
        outputs: Pairs = None,
        all_in: bool = True,
        all_out: bool = True,
    ) -> Self:
        """Draw a call activity; ``all_in`` and ``all_out`` say whether all variables travel."""
        called = {
            "processId": calls,
            "propagateAllParentVariables": str(all_in).lower(),
            "propagateAllChildVariables": str(all_out).lower(),
        }
        extensions = [element("zeebe:calledElement", called), *mappings(inputs, outputs)]
        return self._draw("callActivity", identity, "", {}, extensions)

    def sub_process(
        self, identity: str, inside: Steps, *, inputs: Pairs = None, outputs: Pairs = None
    ) -> Self:
        """Draw an embedded sub-process."""
        self._draw("subProcess", identity, "", {}, mappings(inputs, outputs))
        self._here().body = inside.within(identity)
        return self

    def event_sub_process(self, identity: str, inside: Steps) -> Self:
        """Draw an event sub-process beside what is there; the cursor stays."""
        node = Node(
            "subProcess", identity, attributes={"triggeredByEvent": "true"}, body=inside.within(identity)
        )
        self.body.nodes.append(node)
        return self

    def multi_instance(
        self,
        collection: str = "",
        element_name: str = "",
        *,
        times: str = "",
        sequential: bool = False,
        collect: tuple[str, str] | None = None,
        until: str = "",
    ) -> Self:
        """Repeat the activity drawn last, for each item or so many times; ``collect``: (list, FEEL)."""
        extension = {
            "inputCollection": feel(collection) if collection else "",
            "inputElement": element_name,
            "outputCollection": collect[0] if collect else "",
            "outputElement": feel(collect[1]) if collect else "",
        }
        self._here().loop = loop_of(extension, times, until, sequential=sequential)
        return self

    def looping(self, condition: str) -> Self:
        """Repeat the activity drawn last while a condition holds."""
        inside = element("bpmn:loopCondition", FORMAL, escape(feel(condition)))
        self._here().loop = element("bpmn:standardLoopCharacteristics", {}, inside)
        return self

    # gateways and flows -------------------------------------------------------------------------------------

    def exclusive(self, identity: str) -> Self:
        """Draw an exclusive gateway."""
        return self._draw("exclusiveGateway", identity, "")

    def parallel(self, identity: str) -> Self:
        """Draw a parallel gateway."""
        return self._draw("parallelGateway", identity, "")

    def event_based(self, identity: str) -> Self:
        """Draw an event-based gateway."""
        return self._draw("eventBasedGateway", identity, "")

    def gateway(self, tag: str, identity: str, **attributes: str) -> Self:
        """Draw any other gateway by its BPMN tag."""
        return self._draw(tag, identity, "", attributes)


class Process(Steps):
    """A whole process; ``files()`` is what is deployed."""

    def __init__(
        self, identity: str, *, name: str = "", version_tag: str = "", extra: str = "", retention: str = ""
    ) -> None:
        super().__init__()
        self.id = identity
        self._attributes = {"id": identity, "name": name, "isExecutable": "true"}
        self._extensions = [element("zeebe:versionTag", {"value": version_tag})] if version_tag else []
        self._extensions += properties_of({"obieg:retention": retention} if retention else None)
        self._extra = extra
        self._lanes: list[str] = []

    def lane(self, name: str, *elements: str, group: str = "") -> Self:
        """Put elements into a lane, which may name their candidate group."""
        extensions = "".join(properties_of({"obieg:group": group} if group else None))
        content = element("bpmn:extensionElements", {}, extensions) if extensions else ""
        content += "".join(element("bpmn:flowNodeRef", {}, escape(identity)) for identity in elements)
        self._lanes.append(
            element("bpmn:lane", {"id": f"lane_{len(self._lanes) + 1}", "name": name}, content)
        )
        return self

    def not_executable(self) -> Self:
        """Leave the process a drawing."""
        self._attributes["isExecutable"] = "false"
        return self

    def xml(self) -> str:
        """Return the file as text."""
        return document(self._attributes, self._extensions, self.body, self._lanes, self._extra)

    def files(self) -> list[tuple[str, bytes]]:
        """Return the one file of this process, ready to deploy."""
        return [(f"{self._attributes['id']}.bpmn", self.xml().encode())]
