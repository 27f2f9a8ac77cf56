"""Which message an element means, and what of it is refused."""

from __future__ import annotations

from engine.bpmn import CheckEnvironment, compile_files
from engine.model.records import Severity
from tests.scenarios.test_collaborations import (
    MESSAGE,
    NAMED,
    Pools,
    carries,
    citizen,
    conversation,
    keyed,
    office,
)

ROOTS = '<bpmn:message id="ask" name="ask"/><bpmn:message id="reply" name="reply"/>'


def errors(drawing: Pools) -> list[tuple[str, str, str]]:
    findings = compile_files(drawing.files(), CheckEnvironment()).findings
    return [
        (each.rule, each.element_id, each.message) for each in findings if each.severity is Severity.ERROR
    ]


def test_a_message_flow_without_a_message_has_a_name_of_its_own() -> None:
    between = carries("send", "asked") + carries("answer", "hear")
    pools = Pools(between, citizen=citizen(), office=office())
    asking, deciding = compile_files(pools.files(), CheckEnvironment()).definitions
    names = [asking.elements[each].events[0].name for each in ("send", "hear")]
    names += [deciding.elements[each].events[0].name for each in ("asked", "answer")]
    assert [each.source for each in names if each] == [
        "office.send_asked",
        "citizen.answer_hear",
        "office.send_asked",
        "citizen.answer_hear",
    ]


def test_one_that_hears_two_senders_gives_both_one_name() -> None:
    between = carries("send", "asked") + carries("send2", "asked") + carries("answer", "hear")
    between += carries("answer", "hear2")
    pools = Pools(between, citizen=citizen(), other=citizen(mark="2"), office=office())
    assert errors(pools) == []
    names = {
        event.name.source
        for definition in compile_files(pools.files(), CheckEnvironment()).definitions
        for element in definition.elements.values()
        for event in element.events
        if event.name
    }
    assert names == {"office.send_asked", "citizen.answer_hear"}


def test_flows_that_name_two_messages_are_refused() -> None:
    between = carries("send", "asked", messageRef="ask") + carries("answer", "asked")
    found = errors(Pools(between, ROOTS, citizen=citizen(NAMED), office=office(MESSAGE, NAMED)))
    assert ("message-ambiguous", "asked") in {(rule, element) for rule, element, _ in found}


def test_an_event_without_any_message_is_refused() -> None:
    found = errors(Pools(carries("answer", "outside"), office=office()))
    assert {(rule, element) for rule, element, _ in found} == {
        ("event-incomplete", "asked"),
        ("event-incomplete", "answer"),
    }


def test_a_key_that_the_process_does_not_bind_is_refused() -> None:
    assert errors(conversation("n")) == []
    roots, key, _ = keyed("n")
    pools = Pools(key, roots, citizen=citizen(NAMED).replace('id="send"', 'id="send" messageRef="ask"'))
    ((rule, element, message),) = errors(pools)
    assert (rule, element) == ("correlation", "hear")
    assert "binds the key 'key'" in message


def test_two_keys_for_one_message_are_refused() -> None:
    roots, key, subscription = keyed("n")
    asks = citizen(NAMED).replace('id="send"', 'id="send" messageRef="ask"')
    other = key.replace('"key"', '"other"')
    found = errors(Pools(key + other, roots, citizen=asks + subscription))
    assert {(rule, element) for rule, element, _ in found} == {
        ("correlation", "send"),
        ("correlation", "hear"),
    }


def test_twenty_keys_are_enough() -> None:
    keys = "".join(f'<bpmn:correlationKey id="k{number}"/>' for number in range(21))
    ((rule, element, message),) = errors(
        Pools(keys, ROOTS, citizen=citizen(NAMED).replace("sendTask", "task"))
    )
    assert (rule, element) == ("correlation", "k20")
    assert "there are 21" in message
