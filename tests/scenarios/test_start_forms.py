"""The form of a start event (``engine.md`` §5): checked before there is a case, like a task's form."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from engine import InvalidSubmission
from tests.builders import process
from tests.scenarios.run import Run


def field(kind: str, key: str, **extra: Any) -> dict[str, Any]:
    label = "dateLabel" if kind == "datetime" else "label"
    return {"type": kind, "key": key, label: key, **extra}


def deployed(run: Run) -> None:
    fields = [
        field("textfield", "who", readonly=True),
        field("textfield", "login", validate={"required": True}, properties={"obieg:validate": "login"}),
        field("datetime", "noticed", subtype="date"),
        field("textarea", "why", conditional={"hide": '=kind != "other"'}),
    ]
    content = {"type": "default", "id": "filed", "schemaVersion": 16, "components": fields}
    drawing = process("p").start(form="filed").user_task("look").end()
    run.engine.deploy([*drawing.files(), ("filed.form", json.dumps(content).encode())], by="owner")


def test_fields_become_values_and_what_the_form_does_not_have_is_the_callers(run: Run) -> None:
    deployed(run)
    given: dict[str, Any] = {"login": "jan", "noticed": "2026-12-16", "why": "x", "who": "anna", "number": 7}
    case = run.start("p", **given)
    expected = {"login": "jan", "noticed": dt.date(2026, 12, 16), "why": None, "who": "anna", "number": 7}
    assert case.variables == expected
    assert run.start("p", login="jan", why="x", kind="other").variables["why"] == "x"


@pytest.mark.parametrize("given", [{}, {"login": "JAN"}, {"login": "jan", "noticed": "16th"}])
def test_a_form_that_is_wrong_starts_nothing(run: Run, given: dict[str, Any]) -> None:
    deployed(run)
    with pytest.raises(InvalidSubmission) as caught:
        run.start("p", **given)
    assert set(caught.value.fields) == (
        {"login"} if given != {"login": "jan", "noticed": "16th"} else {"noticed"}
    )
    assert run.engine.instances() == []
