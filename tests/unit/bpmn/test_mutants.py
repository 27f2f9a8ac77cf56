"""Mutated models: refused with a finding, or they run to an end, a wait or an incident; nothing else."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from lxml import etree

from engine.bpmn import CheckEnvironment, compile_files
from engine.clock import micros
from engine.errors import Conflict, NotFound
from engine.kernel import CommandContext, Context, InstanceTree, Limits, step
from engine.kernel import commands as cmd
from engine.model.definition import ProcessDefinition
from engine.model.records import InstanceState, Severity
from tests.bpmn_xml import HEAD
from tests.builders import process, steps

PROCEDURES = sorted(Path(__file__).parents[3].glob("processes/*/*.bpmn"))
# a shipped diagram takes twenty times as long as one that shows a single element
MUTANTS = {"shipped": 150, "built": 1_850}
LONG_MUTANTS = {"shipped": 20_000, "built": 180_000}
VARIABLES = {"numer_sprawy": "7"}
NOW = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
JUNK = [
    *("", "=", "=1", "=[", "${x}", "-1", "0", "2", "true", "false", "x" * 300, "żółć", "a b", "9" * 5000),
    *("P99999999Y", "PT0S", "PT1H", "R0/PT1H", "R/PT1S", "* * * * *", "=null", "=1/0", '="a" + 1', "nie_ma"),
    *("=((((((((((1))))))))))", "feel", "All", "None", "versionTag", "2026-12-24", "=parameters.x"),
    "=for i in 1..9",
]
TAGS = [
    "startEvent",
    "endEvent",
    "boundaryEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "task",
    "userTask",
    "serviceTask",
    "scriptTask",
    "sendTask",
    "receiveTask",
    "subProcess",
    "callActivity",
    "exclusiveGateway",
    "parallelGateway",
    "eventBasedGateway",
    "inclusiveGateway",
    "complexGateway",
    "adHocSubProcess",
    "sequenceFlow",
    "timerEventDefinition",
    "messageEventDefinition",
    "errorEventDefinition",
    "signalEventDefinition",
    "terminateEventDefinition",
    "escalationEventDefinition",
    "timeCycle",
    "timeDate",
    "timeDuration",
    "process",
]
ATTRIBUTES = [
    "id",
    "sourceRef",
    "targetRef",
    "attachedToRef",
    "default",
    "cancelActivity",
    "isInterrupting",
    "triggeredByEvent",
    "isExecutable",
    "isSequential",
    "startQuantity",
    "completionQuantity",
    "behavior",
    "instantiate",
    "messageRef",
    "errorRef",
]
# most mutants should pass the schema
KINDS = ["drop", "copy", "move", "tag", "set", "set", "swap", "swap", "unset", "text", "text"]
PICTURES = ("{http://www.omg.org/spec/BPMN/20100524/DI}", "{http://www.omg.org/spec/DD")


def seeds() -> list[bytes]:
    """Return the models that are mutated: built ones with everything in them, and the shipped procedures."""
    inner = steps().start().user_task("inner").throw_escalation("PILNE").end_error("ZLE")
    people = (
        process("p")
        .lane("Wydział", "approve", group="EK-04")
        .start(form="wniosek")
        .user_task("approve", due="2026-12-24")
        .boundary_timer("R3/PT1H", "remind", interrupting=False)
        .send_task("nag", message="przypomnienie", key='"7"')
        .end("nagged")
        .at("approve")
        .boundary_message("wycofanie", "withdrawn", key='"7"')
        .end_terminate("stopped")
        .at("approve")
        .exclusive("which")
        .flow_if("1 = 1")
        .parallel("fork")
        .service_task("send", "email.send", retries="3", outputs={"a.b": "1"})
        .boundary_error("ODRZUCONY", "bounced")
        .connect_to("join")
        .at("send")
        .parallel("join")
        .end("done")
        .at("fork")
        .sub_process("sub", inner)
        .boundary_escalation("PILNE", "urgent", interrupting=False)
        .end_signal("alarm", "alarmed")
        .at("sub")
        .boundary_error("ZLE", "wrong")
        .connect_to("join")
        .at("sub")
        .connect_to("join")
        .at("which")
        .default()
        .end("refused")
        .event_sub_process("watch", steps().start_signal("alarm", interrupting=False).task("t").end())
        .event_sub_process("rescue", steps().start_error("").end())
    )
    machines = (
        process("p")
        .start_timer("0 8 * * *")
        .script_task("count", "1 + 1", "n")
        .multi_instance("[1, 2, 3]", "osoba", sequential=True, collect=("ile", "n"), until="n > 5")
        .sub_process("each", steps().start().task("x").end())
        .multi_instance(times="3")
        .event_based("wait")
        .catch_message("odpowiedź", "answer", key='"7"')
        .call_activity("call", "inny")
        .end_escalation("PILNE", "escalated")
        .at("wait")
        .catch_timer("PT1H", "expired")
        .receive_task("hear", "odpowiedź", key='"7"')
        .manual_task("manual")
        .connect_to("count")
    )
    return [files[0][1] for files in (people.files(), machines.files())]


SHIPPED = [path.read_bytes() for path in PROCEDURES]
BUILT = seeds()


def mutate(data: st.DataObject, content: bytes) -> bytes:
    """Return the file with one to three random changes of its tree, or of its bytes."""
    root = etree.fromstring(content)
    for _ in range(data.draw(st.integers(1, 3))):
        nodes = [node for node in root.iter(etree.Element) if _counts(node)]
        node = data.draw(st.sampled_from(nodes))
        other = data.draw(st.sampled_from(nodes))
        _change(data, node, other, root)
    changed = etree.tostring(root)
    if data.draw(st.integers(0, 15)) == 0:
        at = data.draw(st.integers(0, len(changed) - 1))
        return changed[:at] + data.draw(st.binary(max_size=2)) + changed[at + data.draw(st.integers(0, 3)) :]
    return changed


def _counts(node: etree._Element) -> bool:
    """Leave out the pictures: a mutated shape says nothing about the process."""
    return not str(node.tag).startswith(
        ("{http://www.omg.org/spec/BPMN/20100524/DI}", "{http://www.omg.org/spec/DD")
    )


def _change(data: st.DataObject, node: etree._Element, other: etree._Element, root: etree._Element) -> None:
    around = node.getparent()
    kind = data.draw(st.sampled_from(KINDS))
    if kind in ("drop", "copy", "move") and around is not None:
        if kind == "drop":
            around.remove(node)
        elif kind == "copy":
            around.insert(around.index(node), copy.deepcopy(node))
        elif other is not node and node not in other.iterancestors():
            other.append(node)
    elif kind == "tag" and around is not None:
        node.tag = f"{{http://www.omg.org/spec/BPMN/20100524/MODEL}}{data.draw(st.sampled_from(TAGS))}"
    elif kind == "text":
        node.text = data.draw(st.sampled_from(JUNK))
    elif kind == "unset" and node.attrib:
        del node.attrib[data.draw(st.sampled_from(sorted(node.attrib)))]
    else:
        names = sorted({*map(str, node.attrib), *ATTRIBUTES})
        ids = sorted(str(part.get("id")) for part in root.iter(etree.Element) if part.get("id"))
        values = JUNK if kind == "set" else ids
        node.set(data.draw(st.sampled_from(names)), data.draw(st.sampled_from(values)))


def run(definition: ProcessDefinition) -> None:
    """Carry one instance of a process as far as it goes, answering whatever it waits for."""
    starts = definition.starts.get(definition.id)
    tree: InstanceTree | None = None
    command: cmd.Command = cmd.Start(variables=dict(VARIABLES), element_id=starts[0] if starts else None)
    first_key, now = 1, NOW
    for _ in range(25):
        recorded = CommandContext(
            semantics_version=1, now=micros(now), first_key=first_key, definition_key=1, definition="x"
        )
        limits = Limits(elements=300, elements_without_wait=900, keys=2_000, loop_children=50)
        context = Context(
            recorded=recorded, definition=definition, parameters={}, calendars={}, limits=limits
        )
        try:
            outcome = step(tree, command, context)  # type: ignore[arg-type]
        except (Conflict, NotFound):
            return
        tree, first_key, now = outcome.tree, first_key + outcome.keys_used, now + dt.timedelta(days=400)
        if tree.header.state is not InstanceState.ACTIVE:
            return
        following = next_command(tree)
        if following is None:
            return
        command = following


def next_command(tree: InstanceTree) -> cmd.Command | None:
    """Return a command that answers the first thing waited for; fails when an element waits for nothing."""
    if tree.header.queue is not None:
        return cmd.Proceed()
    for instance in tree.elements.values():
        if instance.job is not None and instance.incident is None:
            return cmd.CompleteJob(job_key=instance.job.key, element_key=instance.key, variables={})
        if instance.user_task is not None and instance.incident is None:
            return cmd.CompleteUserTask(task_key=instance.key, variables={})
        if instance.timers:
            return cmd.FireTimer(timer_key=instance.timers[0].key, element_key=instance.key)
        if instance.subscriptions:
            found = instance.subscriptions[0]
            kind = cmd.CorrelateMessage if found.kind == "message" else cmd.BroadcastSignal
            return kind(subscription_key=found.key, element_key=instance.key, name=found.name, variables={})
        waits = instance.incident or instance.called or tree.children.get(instance.key) or instance.joins
        assert waits, f"{instance.element_id} waits for nothing"
    return None


@pytest.mark.torture
@pytest.mark.parametrize("kind", MUTANTS)
def test_a_mutant_is_refused_or_runs(kind: str, long_counts: bool) -> None:
    originals = SHIPPED if kind == "shipped" else BUILT

    @settings(
        max_examples=(LONG_MUTANTS if long_counts else MUTANTS)[kind],
        deadline=None,
        database=None,
        derandomize=not long_counts,  # the same mutants for everybody; other seeds are for the long run
        phases=[Phase.explicit, Phase.generate],  # a mutant is no clearer for being smaller
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def mutants(data: st.DataObject) -> None:
        content = mutate(data, data.draw(st.sampled_from(originals)))
        note(content.decode(errors="replace"))
        compilation = compile_files([("mutant.bpmn", content)], CheckEnvironment())
        errors = [finding for finding in compilation.findings if finding.severity is Severity.ERROR]
        assert not (errors and compilation.definitions)
        assert all(finding.message and finding.remedy and finding.rule for finding in compilation.findings)
        for definition in compilation.definitions:
            run(definition)

    mutants()


def test_the_seeds_themselves_pass_and_run() -> None:
    assert PROCEDURES, "expected the shipped procedures beside the tests"
    for content in (*SHIPPED, *BUILT):
        compilation = compile_files([("seed.bpmn", content)], CheckEnvironment())
        assert [str(finding) for finding in compilation.findings if finding.severity is Severity.ERROR] == []
        for definition in compilation.definitions:
            run(definition)


def test_nothing_of_a_refused_file_survives_in_memory() -> None:
    """Security.md §4: a canary in every text of a refused model is nowhere once the call is over."""
    import gc

    canary = "kanarek7531"
    body = (
        f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="{canary}_s"/>'
        f'<bpmn:scriptTask id="a" name="{canary}_n"><bpmn:script>{canary}_v</bpmn:script></bpmn:scriptTask>'
        f'<bpmn:sequenceFlow id="f" sourceRef="{canary}_s" targetRef="{canary}_x"/>'
        "</bpmn:process></bpmn:definitions>"
    )
    compile_files([("a.bpmn", (HEAD + body).encode())], CheckEnvironment())
    del body
    gc.collect()
    left = [
        text
        for holder in gc.get_objects()
        if isinstance(holder, (dict, list, tuple, set))
        for text in (holder.values() if isinstance(holder, dict) else list(holder))
        if isinstance(text, str) and text.startswith(f"{canary}_")
    ]
    assert left == []
