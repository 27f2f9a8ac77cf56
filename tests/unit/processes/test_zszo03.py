"""ZSZO-03 as data: the diagram, forms, messages and parameters fit together and cite the procedure."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from engine import HandlerRegistry
from engine.bpmn import CheckEnvironment, compile_files
from engine.forms import Form, read_form
from engine.model.definition import Element, ElementType, ProcessDefinition
from engine.model.records import Severity
from engine.parameters import read_parameters
from handlers import register_all, settings_from, templates
from handlers.incident import CATEGORIES

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "processes" / "zszo03"
MESSAGES = FOLDER / "messages"
PROCEDURE = re.compile(r"§[2-6]( pkt [1-9]| „[^”]+”)?")
RULES = re.compile(r"A{1,2}[1-9][0-9]?(, A{1,2}[1-9][0-9]?)*")
SAMPLE = {
    "numer_sprawy": "ZSZO/2026/17",
    "login": "jkowalska",
    "placowka_nazwa": "SZKOŁA PODSTAWOWA NR 900 W KRAKOWIE",
    "pakiet_sha256": "ab" * 32,
    "termin_potwierdzenia": dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC),
    "haslo_wazne_do": dt.datetime(2026, 12, 31, 9, 0, tzinfo=dt.UTC),
    "kod_odmowy": "BRAK_KONTA",
    "uzasadnienie": None,
    "przyczyna": "NIE_DORECZONO",
}


def parameters() -> frozenset[str]:
    path = FOLDER / "parameters.yaml"
    return frozenset(read_parameters(path.read_bytes(), source=path.name))


def forms() -> dict[str, Form]:
    paths = sorted((ROOT / "forms" / "zszo03").glob("*.form"))
    return {path.stem: read_form(path.name, path.read_bytes()) for path in paths}


@pytest.fixture(scope="module")
def registry() -> HandlerRegistry:
    registry = HandlerRegistry()
    register_all(registry, settings_from({"OBIEG_SMTP_SENDER": "obieg@urzad.example"}))
    return registry


@pytest.fixture(scope="module")
def process(registry: HandlerRegistry) -> ProcessDefinition:
    handlers = [found for kind in registry.types() if (found := registry.get(kind)) is not None]
    path = FOLDER / "zszo03_haslo_startowe.bpmn"
    compiled = compile_files(
        [(path.name, path.read_bytes())],
        CheckEnvironment(
            job_types=frozenset(registry.types()),
            form_ids=frozenset(forms()),
            decision_ids=frozenset(),
            process_ids=frozenset(),
            parameters=parameters(),
            error_codes={each.type: frozenset(each.errors) for each in handlers},
        ),
    )
    told = [str(finding) for finding in compiled.findings if finding.severity is not Severity.HINT]
    assert told == []
    (definition,) = compiled.definitions
    return definition


def elements(process: ProcessDefinition) -> list[Element]:
    return [each for each in process.elements.values() if each.type is not ElementType.PROCESS]


def headers(process: ProcessDefinition, name: str) -> set[str]:
    return {each.job.headers[name] for each in elements(process) if each.job and name in each.job.headers}


def test_every_element_is_named_explained_and_cites_the_procedure(process: ProcessDefinition) -> None:
    for element in elements(process):
        place = element.id
        assert element.name, place
        assert len(element.documentation) > 20, place
        assert PROCEDURE.fullmatch(element.properties["obieg:legalBasis"]), place
        assert RULES.fullmatch(element.properties["obieg:rules"]), place


def test_quotations_are_the_procedures_own_words(process: ProcessDefinition) -> None:
    quoted = [
        process.elements[place].documentation for place in ("wyslij_pakiet", "wyslij_klucz", "sprawdz_konto")
    ]
    assert "na adres RSPO szkoły lub placówki Wnioskodawcy wprowadzony do SEOD" in quoted[0]
    assert "na telefon komórkowy służbowy wprowadzony przez Wnioskodawcę do SEOD" in quoted[1]
    assert "tylko dla użytkownika ze swojej placówki" in quoted[2]


def test_every_lane_names_a_group_and_every_user_task_its_people(process: ProcessDefinition) -> None:
    leaves = [lane for lane in process.lanes if lane.elements]
    assert {lane.group for lane in leaves} == {
        *("wnioskodawca", "kierownik-ek04", "administrator-zszo", "EK-04", "system")
    }
    for element in elements(process):
        if element.type is ElementType.USER_TASK:
            assert element.user_task is not None
            assert element.user_task.assignee or element.user_task.candidate_groups, element.id
            assert element.user_task.due_date, element.id


def test_sending_is_for_ek04_alone_and_taking_up_for_both(process: ProcessDefinition) -> None:
    approve, take_up = (
        process.elements[place].user_task for place in ("zatwierdz_wysylke", "podejmij_wniosek")
    )
    assert approve is not None
    assert take_up is not None
    assert approve.candidate_groups is not None
    assert take_up.candidate_groups is not None
    assert approve.candidate_groups.source == "EK-04"
    assert {"EK-04", "administrator-zszo"} <= set(re.findall(r'"([^"]+)"', take_up.candidate_groups.source))


def test_every_way_to_an_end_closes_the_ticket_that_was_opened(process: ProcessDefinition) -> None:
    """Follow every path from the opening of the ticket (R2); the withdrawal has its own, and asks first."""
    side_threads = {"przypomniano_podjecie", "zawiadomiono_kierownika", "przypomniano_potwierdzenie"}
    closing = {e.id for e in elements(process) if e.job and e.job.type.source == "seod.close_ticket"}
    reached, queue = set[str](), ["otworz_zgloszenie"]
    while queue:
        place = queue.pop()
        if place in reached or place in closing:
            continue
        reached.add(place)
        exits = [place, *process.boundaries.get(place, ())]
        queue += [process.flows[flow].target for each in exits for flow in process.elements[each].outgoing]
    ends = {place for place in reached if process.elements[place].type is ElementType.END_EVENT}
    assert ends == side_threads
    assert len(closing) == 5


def test_what_is_unused_is_not_there(process: ProcessDefinition) -> None:
    text = (FOLDER / "zszo03_haslo_startowe.bpmn").read_text(encoding="utf-8")
    assert parameters() == set(re.findall(r"parameters\.(\w+)", text))
    used = {e.user_task.form_id for e in elements(process) if e.user_task} | set(
        re.findall(r'formId="(\w+)"', text)
    )
    assert used == forms().keys()
    assert headers(process, "template") == {
        f"zszo03/{p.name.removesuffix('.txt.j2')}" for p in MESSAGES.iterdir()
    }


def test_answers_the_gateways_wait_for_are_those_the_forms_offer(process: ProcessDefinition) -> None:
    for key, form_id in (("decyzja", "zszo03_podjecie"), ("kanal", "zszo03_kanal")):
        offered = {
            option.value for field in forms()[form_id].fields if field.key == key for option in field.options
        }
        conditions = [flow.condition.source for flow in process.flows.values() if flow.condition]
        awaited = {found for source in conditions for found in re.findall(rf'^{key} = "(\w+)"$', source)}
        assert offered == awaited != set()


def test_reasons_the_incident_register_knows_are_those_the_form_offers() -> None:
    (reason,) = (field for field in forms()["zszo03_wniosek"].fields if field.key == "powod")
    assert {option.value for option in reason.options} == CATEGORIES.keys()


def test_personal_data_are_marked() -> None:
    marked = {field.key for form in forms().values() for field in form.fields if field.personal}
    assert {"login", "wnioskodawca", "opis"} <= marked


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.txt.j2")), ids=lambda path: path.name)
def test_messages_are_filled_in_and_cite_the_procedure(path: Path) -> None:
    rendered = templates.render([MESSAGES], f"zszo03/{path.name.removesuffix('.txt.j2')}", SAMPLE)
    assert "ZSZO/2026/17" in rendered.subject
    assert "§" in rendered.text
    assert "None" not in rendered.text + rendered.subject
    assert "Wydział Edukacji" in rendered.text
    assert "\n\n\n" not in rendered.text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NIE_TA_SAMA_PLACOWKA", "tylko dla użytkownika ze swojej placówki"),
        ("BRAK_DOSTEPU", "posiadającego dostęp do SEOD"),
        ("BRAK_KONTA", "Utworzenie konta"),
        ("KONTO_ZABLOKOWANE", "zablokowane"),
        ("RSPO_NIE_ZNALEZIONO", "nie ma w Rejestrze"),
        ("PLACOWKA_ZLIKWIDOWANA", "zlikwidowana"),
        ("INNA", "w uzasadnieniu"),
    ],
)
def test_a_refusal_gives_its_reason_and_the_way_back(code: str, words: str) -> None:
    given = SAMPLE | {"kod_odmowy": code, "uzasadnienie": "Wyjaśniono telefonicznie."}
    text = templates.render([MESSAGES], "zszo03/odmowa", given).text
    assert words in text
    assert "Wyjaśniono telefonicznie." in text
    assert "można złożyć ponownie" in text


def test_the_packages_mail_says_what_comes_next_and_until_when() -> None:
    text = templates.render([MESSAGES], "zszo03/pakiet", SAMPLE).text
    assert "do 01.01.2027" in text  # 23:30 UTC is the next day in Warsaw
    assert "SMS" in text
    assert "ab" * 32 in text


def test_the_keys_sms_is_one_ascii_part(process: ProcessDefinition) -> None:
    (pattern,) = headers(process, "tekst")
    text = pattern.replace("{nr}", "ZSZO/2026/123456").replace("{klucz}", "XXXX-XXXX-XXXX-XXXX")
    assert text.isascii()
    assert len(text) <= 160
    assert not re.search(r"[\^{}\\\[\]~|]", text)  # GSM-7 counts these twice
