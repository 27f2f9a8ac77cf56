"""Shipped messages and diagrams fit together: each template exists, is allowed and gets what it names."""

from __future__ import annotations

import datetime as dt
import functools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from jinja2 import Environment, meta

from handlers import templates

PROCESSES = Path(__file__).resolve().parents[3] / "processes"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"


CARRIED = frozenset({"numer_sprawy", "numer_upowaznienia", "numer_sio"})  # a case has them where it calls


def called_sendings() -> list[tuple[str, str, str, frozenset[str]]]:
    """Return the same of call activities that hand their template to a sending process (``szablon``)."""
    found = []
    for file in sorted(PROCESSES.glob("*/*.bpmn")):
        for call in ET.parse(file).iter(f"{BPMN}callActivity"):  # noqa: S314  our own files
            given = {item.get("target"): str(item.get("source")) for item in call.iter(f"{ZEEBE}input")}
            if "szablon" in given:
                names = frozenset(str(name) for name in given) | own_of_senders(file.parent.name)
                template = given["szablon"].strip('="')
                found.append((file.parent.name, str(call.get("id")), template, names | CARRIED))
    return found


def own_of_senders(procedure: str) -> frozenset[str]:
    """Return what the sending process itself adds to the variables it is called with."""
    return frozenset(
        name for each, _, template, inputs in all_sendings() for name in inputs
        if (each, template) == (procedure, "None")
    )  # fmt: skip


def sendings() -> list[tuple[str, str, str, frozenset[str]]]:
    """Return the sendings whose template is known: their own header's, or given by the call."""
    return [each for each in all_sendings() if each[2] != "None"] + called_sendings()


@functools.cache
def all_sendings() -> list[tuple[str, str, str, frozenset[str]]]:
    """Return procedure, element id, template id and input names of every ``email.send`` in every diagram."""
    found = []
    for file in sorted(PROCESSES.glob("*/*.bpmn")):
        for task in ET.parse(file).iter():  # noqa: S314  our own files
            definition = task.find(f"{BPMN}extensionElements/{ZEEBE}taskDefinition")
            if definition is None or definition.get("type") != "email.send":
                continue
            headers = {item.get("key"): item.get("value") for item in task.iter(f"{ZEEBE}header")}
            inputs = frozenset(str(item.get("target")) for item in task.iter(f"{ZEEBE}input"))
            found.append((file.parent.name, str(task.get("id")), str(headers.get("template")), inputs))
    return found


def test_there_are_messages_to_check() -> None:
    assert len(sendings()) >= 25


@pytest.mark.parametrize(("procedure", "element", "template", "inputs"), sendings())
def test_a_sending_gives_its_template_all_it_names(
    procedure: str, element: str, template: str, inputs: frozenset[str]
) -> None:
    folder = PROCESSES / procedure / "messages"
    name = template.rpartition("/")[2]
    source = (folder / f"{name}.txt.j2").read_text(encoding="utf-8")
    parser = Environment(autoescape=True)
    parser.filters |= dict.fromkeys(("data", "godzina", "lista"), str)
    assert meta.find_undeclared_variables(parser.parse(source)) <= inputs, element
    assert "do" in inputs, element
    dates = set(re.findall(r"(\w+) *\| *data\b", source))
    times = set(re.findall(r"(\w+) *\| *godzina\b", source))
    day, moment = dt.date(2026, 12, 17), dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
    values = {name: moment if name in times else day if name in dates else "2" for name in inputs}
    rendered = templates.render([folder], template, values)
    assert rendered.subject
    assert len(rendered.text) > 80
