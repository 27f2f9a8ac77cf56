"""What those who file may start, see and find: their own, for their own school, and nothing of the inside."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest

from engine import ProcessEngine
from tests.builders import process
from tests.web.conftest import FILED, Browser, form

Browsers = Callable[[str | None], Browser]
START = "/start/wniosek_o_dostep"

SCHOOLS = form(
    "schools",
    {
        "type": "textfield", "id": "s_rspo", "key": "numer_rspo", "label": "Numer RSPO",
        "validate": {"required": True},
    },
)  # fmt: skip
REQUEST = re.compile(r'name="request" value="([^"]*)"')


def filed(browser: Browser, path: str = START, **fields: str) -> str:
    """Fill in and send a start form; return the path of the instance."""
    browser.get(path)
    browser.post(path, **({"field__imie": "Zofia"} | fields))
    found = re.search(r"/instances/(\d+)", str(browser.client.get("/instances").text))
    return found[0] if found else ""


def test_applicants_see_what_they_have_entered_and_nothing_of_the_inside(
    browser: Browsers, office: ProcessEngine
) -> None:
    anna, jan = browser("anna"), browser("jan")
    path = filed(anna)
    key = int(path.rpartition("/")[2])
    office.set_variables(key, {"notatka": "podejrzenie"}, actor="jan", reason="notatka")
    (task,) = office.user_tasks(instance_key=key)
    office.claim(task.key, actor="jan")
    page = anna.get(path)
    assert "Zofia" in page
    assert '<th scope="row">Imię</th>' in page
    for inside in ("notatka", "podejrzenie", "wnioskodawca", "Jan Próbna"):
        assert inside not in page
    assert "Sprawę rozpatruje urząd. Krok:" in page
    page = jan.get(path)
    assert "podejrzenie" in page
    assert "ma Jan Próbna" in page


def test_applicants_see_the_answers_of_their_own_tasks(browser: Browsers, office: ProcessEngine) -> None:
    drawing = (
        process("poprawa", name="Poprawa")
        .start("submitted", form="filed")
        .user_task("correct", assignee='="anna"', form="schools")
        .user_task("decide", group="EK-04")
        .end("done")
        .lane("Wnioskodawca", "submitted", "correct", group="wnioskodawca")
    )
    office.deploy([*drawing.files(), FILED, SCHOOLS], by="olga")
    anna = browser("anna")
    path = filed(anna, "/start/poprawa")
    (task,) = office.user_tasks(assignee="anna")
    assert f'href="/tasks/{task.key}"' in anna.get("/tasks")
    assert f'href="/tasks/{task.key}"' not in anna.get("/tasks?which=groups")
    anna.get(f"/tasks/{task.key}")
    anna.post(f"/tasks/{task.key}/complete", field__numer_rspo="999777")
    assert anna.status == 200
    assert "999777" in anna.get(path)


def test_an_incident_is_told_to_applicants_without_its_inside(
    browser: Browsers, office: ProcessEngine
) -> None:
    drawing = (
        process("psuje_sie", name="Psuje się")
        .start("submitted", form="filed")
        .service_task("broken", job="zapis")
        .end("done")
        .lane("Wnioskodawca", "submitted", group="wnioskodawca")
    )
    office.deploy([*drawing.files(), FILED], by="olga")
    anna = browser("anna")
    path = filed(anna, "/start/psuje_sie")
    (job,) = office.activate_jobs("zapis", worker="w", limit=1, lease=dt.timedelta(minutes=1))
    office.fail_job(job.key, reason="tajne szczegóły", retries=0)
    page = anna.get(path)
    assert "czeka na czynność urzędu" in page
    assert "tajne" not in page
    assert "tajne szczegóły" in browser("oskar").get(path)


@pytest.mark.parametrize(
    ("group", "anna_may", "jan_may"),
    [("wnioskodawca", True, False), ("wnioskujacy", True, False), ("EK-04", False, True),
     ("kierownik", False, False), ("", False, True)],
)  # fmt: skip
def test_a_process_is_started_by_those_whose_lane_it_starts_in(
    browser: Browsers, office: ProcessEngine, group: str, anna_may: bool, jan_may: bool
) -> None:
    drawing = (
        process("inny", name="Inna procedura")
        .start("submitted", form="filed")
        .user_task("decide", group="EK-04")
        .end("done")
        .lane("Tor", "submitted", group=group)
    )
    office.deploy([*drawing.files(), FILED], by="olga")
    for person, may in (("anna", anna_may), ("jan", jan_may)):
        visitor = browser(person)
        assert ("Inna procedura" in visitor.get("/start")) is may
        visitor.get("/start/inny")
        assert visitor.status == (200 if may else 404)
        visitor.get("/tasks")
        visitor.post("/start/inny", field__imie="Zofia")
        assert visitor.status == (200 if may else 404)
    assert len(office.instances(process_id="inny")) == anna_may + jan_may


def test_somebody_of_a_school_files_for_that_school_only(browser: Browsers, office: ProcessEngine) -> None:
    drawing = (
        process("szkolny", name="Wniosek szkoły")
        .start("submitted", form="schools")
        .user_task("decide", group="EK-04")
        .end("done")
        .lane("Wnioskujący", "submitted", group="wnioskujacy")
    )
    office.deploy([*drawing.files(), SCHOOLS], by="olga")
    office.people.add("dyrektor", name="Dorota", roles=("applicant",), school="999001", by="test")
    dyrektor = browser("dyrektor")
    assert 'value="999001"' in dyrektor.get("/start/szkolny")
    dyrektor.post("/start/szkolny", field__numer_rspo="999002")
    assert dyrektor.status == 422
    assert "tylko dla swojej szkoły: 999001" in dyrektor.text
    assert 'id="s_rspo-error"' in dyrektor.text
    assert office.instances() == []
    dyrektor.post("/start/szkolny", field__numer_rspo="999001")
    assert dyrektor.status == 200
    (instance,) = office.instances()
    assert office.variables(instance.key)["numer_rspo"] == "999001"


def test_an_own_case_is_found_behind_any_number_of_others(browser: Browsers, office: ProcessEngine) -> None:
    office.start("wniosek_o_dostep", variables={"imie": "A"}, business_key="MOJA/1", actor="anna")
    for _ in range(51):
        office.start("wniosek_o_dostep", variables={"imie": "B"}, business_key="CUDZA", actor="inna")
    anna = browser("anna")
    page = anna.get("/instances")
    assert "MOJA/1" in page
    assert "CUDZA" not in page
    assert "from=50" not in page
    assert "Nie ma takich spraw" in anna.get("/instances?number=CUDZA")
    page = browser("inna").get("/instances")
    assert "from=50" in page
    assert page.count("CUDZA") == 50
    jan = browser("jan")
    assert "from=50" in jan.get("/instances")
    assert "MOJA/1" in jan.get("/instances?from=50")


def test_a_called_process_takes_no_place_in_the_list(browser: Browsers, office: ProcessEngine) -> None:
    called = process("wolany", name="Wołany").start().user_task("wait", group="EK-04").end()
    caller = process("wolajacy").start("submitted").call_activity("calls", "wolany").end()
    office.deploy([*called.files(), *caller.files()], by="olga")
    started = office.start("wolajacy", actor="anna", business_key="CALOSC/1")
    (child,) = office.instances(process_id="wolany")
    anna = browser("anna")
    assert f"/instances/{started.key}" in anna.get("/instances")
    assert f"/instances/{child.key}" not in anna.text
    anna.get(f"/instances/{child.key}")
    assert anna.status == 200
    assert office.starter(child.key) == "anna"


def test_a_form_sent_again_burns_no_case_number(browser: Browsers, office: ProcessEngine) -> None:
    anna = browser("anna")
    shown = anna.get(START)
    for imie in ("Zofia", "Zofia", "Inna"):
        anna.text = shown
        anna.post(START, field__imie=imie)
        assert "WNIOSEK/2026/1<" in anna.text
    filed(browser("inna"))
    keys = sorted(str(each.business_key) for each in office.instances())
    assert keys == ["WNIOSEK/2026/1", "WNIOSEK/2026/2"]


def test_a_suspended_process_is_told_politely_and_draws_no_number(
    browser: Browsers, office: ProcessEngine
) -> None:
    office.suspend_process("wniosek_o_dostep", actor="olga", reason="przerwa")
    anna = browser("anna")
    anna.get(START)
    anna.post(START, field__imie="Zofia")
    assert anna.status == 409
    assert "procedura jest wstrzymana" in anna.text
    office.activate_process("wniosek_o_dostep", actor="olga", reason="koniec przerwy")
    filed(anna)
    assert [each.business_key for each in office.instances()] == ["WNIOSEK/2026/1"]
