"""What people do: file, take, fill in, complete, follow, replay, prove; and what two of them do at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine import ProcessEngine
from tests.web.conftest import Browser

Browsers = Callable[[str | None], Browser]


def filed(browser: Browsers, **fields: str) -> Browser:
    anna = browser("anna")
    anna.get("/start/wniosek_o_dostep")
    anna.post("/start/wniosek_o_dostep", **({"field__imie": "Zofia", "field__kwota": "60 000,5"} | fields))
    return anna


def task_path(page: str) -> str:
    found = re.search(r'href="(/tasks/\d+)"', page)
    assert found is not None
    return found[1]


def test_an_application_is_filed_decided_and_followed(browser: Browsers, office: ProcessEngine) -> None:
    anna = filed(browser)
    assert anna.status == 200
    assert "WNIOSEK/2026/1" in anna.text
    jan = browser("jan")
    worklist = jan.get("/tasks")
    assert "zostały 2 dni robocze" in worklist
    assert "pn 21.12.2026, 24:00" in worklist
    path = task_path(worklist)
    jan.get(path)
    assert "Zofia" in jan.text
    jan.post(f"{path}/claim")
    assert "Oddaj zadanie" in jan.text
    jan.post(f"{path}/complete", field__decyzja="tak")
    assert "Zadanie wykonane" in jan.text
    (instance,) = office.instances()
    assert str(instance.state) == "completed"
    variables = office.variables(instance.key)
    assert (str(variables["kwota"]), variables["decyzja"], variables["powod"]) == ("60000.5", "tak", None)
    anna.get(f"/instances/{instance.key}")
    assert "zakończona" in anna.text


def test_errors_are_told_at_their_fields_and_nothing_is_lost(
    browser: Browsers, office: ProcessEngine
) -> None:
    anna = filed(browser, field__imie="", field__kwota="dużo")
    assert anna.status == 422
    assert "Uzupełnij pole „Imię”" in anna.text
    assert 'value="dużo"' in anna.text
    assert 'aria-invalid="true"' in anna.text
    assert office.instances() == []


def test_further_fields_appear_without_javascript(browser: Browsers) -> None:
    filed(browser)
    jan = browser("jan")
    path = task_path(jan.get("/tasks"))
    assert "Powód odmowy" not in jan.get(path)
    jan.post(f"{path}/complete", refresh="1", field__decyzja="nie")
    assert "Powód odmowy" in jan.text
    assert re.search(r'value="nie"\s+checked', jan.text)
    jan.post(f"{path}/complete", field__decyzja="nie")
    assert jan.status == 422
    jan.post(f"{path}/complete", field__decyzja="nie", field__powod="Brak danych")
    assert "Zadanie wykonane" in jan.text


def test_two_clerks_at_once_get_one_task_and_one_polite_answer(browser: Browsers) -> None:
    filed(browser)
    jan, ewa = browser("jan"), browser("ewa")
    path = task_path(jan.get("/tasks"))
    jan.get(path)
    ewa.get(path)
    jan.post(f"{path}/claim")
    ewa.post(f"{path}/claim")
    assert ewa.status == 409
    assert "ktoś inny" in ewa.text
    ewa.get(path)
    ewa.post(f"{path}/complete", field__decyzja="nie", field__powod="x")
    assert ewa.status == 409


def test_a_form_sent_twice_counts_once(browser: Browsers, office: ProcessEngine) -> None:
    anna = browser("anna")
    anna.get("/start/wniosek_o_dostep")
    request = re.search(r'name="request" value="([^"]+)"', anna.text)
    assert request is not None
    shown = anna.text
    for _ in range(2):
        anna.text = shown
        anna.post("/start/wniosek_o_dostep", field__imie="Zofia", request=request[1])
        assert anna.status == 200
    assert len(office.instances()) == 1


def test_an_auditor_replays_and_proves_a_case(browser: Browsers, office: ProcessEngine) -> None:
    filed(browser)
    (instance,) = office.instances()
    aldona = browser("aldona")
    assert "Krok 1 z 1" in aldona.get(f"/instances/{instance.key}/replay?step=1")
    assert "Zofia" in aldona.text
    aldona.get(f"/instances/{instance.key}")
    aldona.post(f"/instances/{instance.key}/verify")
    assert "Historia jest nienaruszona" in aldona.text


def test_an_owner_checks_and_deploys_and_a_refused_file_changes_nothing(
    browser: Browsers, office: ProcessEngine
) -> None:
    olga = browser("olga")
    olga.get("/processes/wniosek_o_dostep/1/file")
    diagram = olga.text
    olga.get("/processes/deploy")
    files = {"files": ("wniosek.bpmn", diagram.replace("Rozstrzygnij", "Zdecyduj").encode())}
    token = re.search(r'name="form_token" value="([^"]*)"', olga.text)
    assert token is not None
    broken = {"files": ("zly.bpmn", b"<nie-bpmn/>")}
    sent = {"form_token": token[1], "deploy": "1"}
    refused = olga.client.post("/processes/deploy", data=sent, files=broken)
    assert refused.status_code == 422
    assert "Nic nie zostało wdrożone" in refused.text
    assert len(office.definitions()) == 3
    deployed = olga.client.post("/processes/deploy", data=sent, files=files)
    assert "Wdrożono" in deployed.text
    assert {d.version for d in office.definitions() if d.kind == "process"} == {1, 2}
    assert "Zdecyduj" in olga.get("/processes/wniosek_o_dostep")


def test_an_owner_deploys_a_folder_with_the_words_of_its_mails(
    browser: Browsers, office: ProcessEngine
) -> None:
    olga = browser("olga")
    olga.get("/processes/deploy")
    token = re.search(r'name="form_token" value="([^"]*)"', olga.text)
    assert token is not None
    words = [(f"urzad/messages/list{n}.txt.j2", f"Subject: List {n}\n\nTreść".encode()) for n in range(21)]
    files = [*words, ("urzad/messages/list1.html.j2", b"<p>"), ("urzad/scenarios/a.yaml", b"-")]
    sent = {"form_token": token[1], "deploy": "1"}
    answer = olga.client.post("/processes/deploy", data=sent, files=[("folder", each) for each in files])
    assert "Wdrożono" in answer.text
    assert len([each for each in office.definitions() if each.kind == "template"]) == 21
    assert "Wzory wiadomości i pism" in olga.get("/processes")
    assert olga.get("/definitions/template/urzad/list1/1/file") == "Subject: List 1\n\nTreść\n<p>"
    refused = olga.client.post(
        "/processes/deploy", data=sent, files=[("files", ("list.txt.j2", b"Subject: x"))]
    )
    assert (refused.status_code, "wdróż cały folder" in refused.text) == (422, True)
