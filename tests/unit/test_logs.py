"""Log events carry names and ids; what an error says, which may quote a person, stays out of them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from engine import BpmnError, Completed, HandlerRegistry, JobContext, ProcessEngine, VirtualClock, log_events
from engine.logs import event_log, places
from tests.builders import process
from tests.conftest import START

CANARY = "44051401359"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Where the events of a test go, as JSON; the program's logging is put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    log_events(stream, as_json=True)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def test_an_event_is_one_line_of_json_with_its_ids(lines: io.StringIO) -> None:
    event_log("test").warning("thing_happened", key=7, type="email.send")
    logging.getLogger("somebody.else").warning("told %s", "so")
    own, other = (json.loads(line) for line in lines.getvalue().splitlines())
    assert {name: own[name] for name in ("event", "level", "logger", "key", "type")} == {
        "event": "thing_happened", "level": "warning", "logger": "obieg.test", "key": 7, "type": "email.send",
    }  # fmt: skip
    assert own["timestamp"].endswith("Z")
    assert other["event"] == "told so"


def test_people_may_read_events_too() -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    log_events(stream, as_json=False)
    event_log("test").error("thing_failed", key=7)
    root.handlers[:] = before
    root.setLevel(level)
    assert "thing_failed" in stream.getvalue()
    assert "key=7" in stream.getvalue()


def test_what_a_handler_raises_is_told_without_its_words(lines: io.StringIO) -> None:
    registry = HandlerRegistry()

    @registry.handler("bad")
    def bad(context: JobContext) -> Completed:
        raise KeyError(CANARY)

    drawn = process("p").start().service_task("work", job="bad").end()
    with ProcessEngine("sqlite:///:memory:", clock=VirtualClock(START), handlers=registry) as engine:
        engine.deploy(drawn.files(), by="owner")
        engine.start("p", variables={"pesel": CANARY}, actor="anna")
        engine.run_until_idle()
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    [failed] = [each for each in told if each["event"] == "handler_failed"]
    assert (failed["type"], failed["attempt"], failed["error"]) == ("bad", 1, "KeyError")
    assert "test_logs.py" in failed["at"]
    assert CANARY not in lines.getvalue()


def test_places_name_lines_and_no_values() -> None:
    try:
        raise BpmnError("code", CANARY)
    except BpmnError as error:
        told = places(error)
    assert told.startswith("test_logs.py:")
    assert CANARY not in told


@pytest.mark.parametrize("as_json", [True, False])
def test_what_a_library_logs_of_an_error_has_neither_its_words_nor_its_variables(as_json: bool) -> None:
    root, stream = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    log_events(stream, as_json=as_json)
    try:
        typed = "hasło-Zofii"
        raise ValueError(f"odrzucono {typed}")
    except ValueError:
        logging.getLogger("a.library").exception("something went wrong")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    told = stream.getvalue()
    assert "ValueError" in told
    assert "test_logs.py" in told
    assert "Zofii" not in told
