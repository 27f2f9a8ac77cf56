"""ZSZO-03 as data: the diagram, forms, messages and parameters fit together and cite the procedure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from engine import HandlerRegistry, read_element_templates
from engine.bpmn import CheckEnvironment, compile_files
from engine.feel import Environment, compile_expression
from engine.forms import Form, read_form
from engine.model.definition import Element, ElementType, ProcessDefinition
from engine.model.records import Severity
from engine.parameters import read_parameters
from handlers import register_all, settings_from, templates
from handlers.incident import CATEGORIES

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "handlers" / "element_templates"
FOLDER = ROOT / "processes" / "zszo03"
MESSAGES = FOLDER / "messages"
PROCEDURE = re.compile(r"§[2-6]( pkt [1-9]| „[^”]+”)?|RODO art\. 3[34] ust\. [15]")
RULES = re.compile(r"A{1,2}[1-9][0-9]?(, A{1,2}[1-9][0-9]?)*")
SAMPLE = {
    "numer_sprawy": "ZSZO/2026/17",
    "login": "jkowalska",
    "placowka_nazwa": "SZKOŁA PODSTAWOWA NR 900 W KRAKOWIE",
    "pakiet_sha256": "ab" * 32,
    "pakiet_format": "pdf",
    "termin_potwierdzenia": dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC),
    "haslo_wazne_do": dt.datetime(2026, 12, 31, 9, 0, tzinfo=dt.UTC),
    "kod_odmowy": "BRAK_KONTA",
    "uzasadnienie": None,
    "przyczyna": "NIE_DORECZONO",
    "konto_zablokowano_o": None,
    "sposob_przekazania": "elektronicznie",
    "termin_odbioru": dt.datetime(2027, 1, 5, 22, 59, 59, tzinfo=dt.UTC),
    "miejsce_odbioru": "Wydział Edukacji",
    "odmowy_wydania": 3,
    "przyczyna_odmowy_wydania": "brak_f01",
    "termin_art33": dt.datetime(2026, 10, 26, 20, 0, tzinfo=dt.UTC),
    "haslo": "haslo-tylko-w-wydruku",
    "wydanie": {
        "kto": "uzytkownik",
        "dokument": "dowod",
        "koncowka": "123X",
        "zdarzenie": dt.date(2027, 1, 4),
    },
    "protokol_zniszczenia": {"osoby": ["Nina Nowak", "Jan Kowal"], "zdarzenie": dt.date(2027, 1, 6)},
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
def definitions(registry: HandlerRegistry) -> dict[str, ProcessDefinition]:
    handlers = [found for kind in registry.types() if (found := registry.get(kind)) is not None]
    paths = sorted(FOLDER.glob("*.bpmn"))
    ids = re.findall(r'<bpmn:process id="(\w+)"', "".join(path.read_text(encoding="utf-8") for path in paths))
    compiled = compile_files(
        [(path.name, path.read_bytes()) for path in paths],
        CheckEnvironment(
            job_types=frozenset(registry.types()),
            form_ids=frozenset(forms()),
            decision_ids=frozenset(),
            process_ids=frozenset(ids),
            parameters=parameters(),
            error_codes={each.type: frozenset(each.errors) for each in handlers},
            templates=tuple(each for each, _ in read_element_templates(TEMPLATES).values()),
        ),
    )
    told = [finding for finding in compiled.findings if finding.severity is not Severity.HINT]
    # Whoever calls these catches what leaves them; the check looks at one process at a time.
    assert {finding.rule for finding in told} <= {"error-never-caught"}
    assert {finding.file for finding in told} <= {"zszo03_czynnosci.bpmn", "zszo03_dane_kontaktowe.bpmn"}
    return {each.id: each for each in compiled.definitions}


@pytest.fixture(scope="module")
def process(definitions: dict[str, ProcessDefinition]) -> ProcessDefinition:
    return definitions["zszo03_haslo_startowe"]


def elements(*processes: ProcessDefinition) -> list[Element]:
    return [
        each
        for process in processes
        for each in process.elements.values()
        if each.type is not ElementType.PROCESS
    ]


def closing(process: ProcessDefinition) -> set[str]:
    """Return the activities that close the ticket in SEOD."""
    calls = [each for each in elements(process) if each.called_element is not None]
    return {
        each.id
        for each in calls
        if each.called_element and each.called_element.process_id.source == "seod_zamkniecie"
    }


def headers(processes: Iterable[ProcessDefinition], *names: str) -> set[str]:
    jobs = [each.job for each in elements(*processes) if each.job]
    return {job.headers[name] for job in jobs for name in names if name in job.headers}


def test_every_element_is_named_explained_and_cites_the_procedure(
    definitions: dict[str, ProcessDefinition],
) -> None:
    for element in elements(*definitions.values()):
        place = element.id
        assert element.name, place
        assert len(element.documentation) > 20, place
        assert PROCEDURE.fullmatch(element.properties["obieg:legalBasis"]), place
        assert RULES.fullmatch(element.properties["obieg:rules"]), place


def test_quotations_are_the_procedures_own_words(definitions: dict[str, ProcessDefinition]) -> None:
    told = {each.id: each.documentation for each in elements(*definitions.values())}
    quoted = [told[place] for place in ("wyslij_pakiet", "wyslij_klucz", "sprawdz_konto")]
    assert "na adres RSPO szkoły lub placówki Wnioskodawcy wprowadzony do SEOD" in quoted[0]
    assert "na telefon komórkowy służbowy wprowadzony przez Wnioskodawcę do SEOD" in quoted[1]
    assert "tylko dla użytkownika ze swojej placówki" in quoted[2]


def test_every_lane_names_a_group_and_every_user_task_its_people(
    definitions: dict[str, ProcessDefinition],
) -> None:
    groups = {lane.group for each in definitions.values() for lane in each.lanes if lane.elements}
    assert groups == {"wnioskodawca", "kierownik-ek04", "administrator-zszo", "EK-04", "iod", "system"}
    for element in elements(*definitions.values()):
        if element.type is ElementType.USER_TASK:
            assert element.user_task is not None
            assert element.user_task.assignee or element.user_task.candidate_groups, element.id
            assert element.user_task.due_date, element.id


def test_sending_is_for_ek04_alone_and_taking_up_for_both(definitions: dict[str, ProcessDefinition]) -> None:
    tasks = {each.id: each.user_task for each in elements(*definitions.values())}
    approve, take_up = tasks["zatwierdz_wysylke"], tasks["podejmij_wniosek"]
    assert approve is not None
    assert take_up is not None
    assert approve.candidate_groups is not None
    assert take_up.candidate_groups is not None
    assert approve.candidate_groups.source == "EK-04"
    assert {"EK-04", "administrator-zszo"} <= set(re.findall(r'"([^"]+)"', take_up.candidate_groups.source))


def test_every_way_to_an_end_closes_the_ticket_that_was_opened(process: ProcessDefinition) -> None:
    """Follow every path from the opening of the ticket (R2); the withdrawal has its own, and asks first.

    A second application ends without: the open ticket is the first one's.
    """
    side_threads = {"przypomniano_podjecie", "zawiadomiono_kierownika", "odrzucono_podwojny"}
    closers = closing(process)
    reached, queue = set[str](), ["otworz_zgloszenie"]
    while queue:
        place = queue.pop()
        if place in reached or place in closers:
            continue
        reached.add(place)
        exits = [place, *process.boundaries.get(place, ())]
        queue += [process.flows[flow].target for each in exits for flow in process.elements[each].outgoing]
    ends = {place for place in reached if process.elements[place].type is ElementType.END_EVENT}
    assert ends == side_threads
    assert len(closers) == 5


def test_what_is_unused_is_not_there(definitions: dict[str, ProcessDefinition]) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.bpmn")))
    drawn = set(re.findall(r"parameters\.(\w+)", text))
    assert parameters() == drawn | {"rspo_csv_max_age"}  # read by rspo.lookup
    assert set(re.findall(r'formId="(\w+)"', text)) == forms().keys()
    named = headers(definitions.values(), "template", "wydruk", "pokwitowanie", "szablon")
    assert named == {f"zszo03/{p.name.removesuffix('.txt.j2')}" for p in MESSAGES.iterdir()}
    called = {
        each.called_element.process_id.source
        for each in elements(*definitions.values())
        if each.called_element
    }
    assert called <= definitions.keys()


@pytest.mark.parametrize(
    ("key", "form_id", "never_asked"),
    [
        ("decyzja", "zszo03_podjecie", {"zwroc"}),
        ("kanal", "zszo03_kanal", {"ponow", "osobiscie"}),
        ("droga_klucza", "zszo03_klucz", {"uniewaznij"}),
        ("wynik_konta", "zszo03_wpisz_konto", {"zgodne"}),
        ("wynik_hasla", "zszo03_wpisz_haslo", {"ustawione"}),
        ("wynik_wyjasnienia", "zszo03_wyjasnienie", {"potwierdzono", "osobiscie"}),
        ("zgoda", "zszo03_zgoda", {"tak"}),
    ],
)
def test_answers_the_gateways_wait_for_are_those_the_forms_offer(
    definitions: dict[str, ProcessDefinition], key: str, form_id: str, never_asked: set[str]
) -> None:
    """What is not asked for takes the default flow."""
    fields = forms()[form_id].fields
    offered = {option.value for field in fields if field.key == key for option in field.options}
    flows = [flow for each in definitions.values() for flow in each.flows.values()]
    conditions = [flow.condition.source for flow in flows if flow.condition]
    awaited = {found for source in conditions for found in re.findall(rf'\b{key} = "(\w+)"', source)}
    assert awaited
    assert offered == awaited | never_asked


def test_a_case_keeps_its_binding_in_whatever_it_calls(definitions: dict[str, ProcessDefinition]) -> None:
    """Every process that asks for the binding is handed it, so an owner's change reaches new cases only."""
    asking = {
        each.id
        for each in definitions.values()
        if any(flow.condition and "wiazanie" in flow.condition.source for flow in each.flows.values())
    }
    assert len(asking) == 7
    for element in elements(*definitions.values()):
        if element.called_element and element.called_element.process_id.source in asking:
            given = {mapping.target: mapping.source.source for mapping in element.inputs}
            assert given["wiazanie"] in ("parameters.wiazanie", "wiazanie"), element.id


def test_reasons_the_incident_register_knows_are_those_the_form_offers() -> None:
    (reason,) = (field for field in forms()["zszo03_wniosek"].fields if field.key == "powod")
    assert {option.value for option in reason.options} == CATEGORIES.keys() - {"odmowa_wydania"}


def test_personal_data_are_marked() -> None:
    marked = {field.key for form in forms().values() for field in form.fields if field.personal}
    assert {"login", "wnioskodawca", "opis", "koncowka_numeru", "f01_pelnomocnik", "rozmowca"} <= marked


def test_what_registers_are_told_of_a_person_outlives_the_case_and_is_never_in_clear(
    definitions: dict[str, ProcessDefinition],
) -> None:
    """Erasing the case does not reach its lines in registers: no field a person fills in freely is copied."""
    personal = {field.key for form in forms().values() for field in form.fields if field.personal}
    told = "Zofia Jawna, tel. 600 701 802"
    marked = dict.fromkeys(personal | {"uzasadnienie_wyjasnienia"}, told)
    scope = {**marked, "numer_sprawy": "ZSZO/2026/17", "droga_klucza": "telefon"}
    surroundings = Environment(now=dt.datetime(2026, 12, 17, 9, 0, tzinfo=dt.UTC))
    entries = [entry for each in elements(*definitions.values()) for entry in each.entries]
    given = [
        each for entry in entries for each in (entry.subject, *entry.fields.values()) if each is not None
    ]
    written = [compile_expression(each.source, scope) for each in given if not each.literal]
    assert {"login", "rozmowca", "numer_rozmowy"} <= {name for each in written for name in each.variables}
    for expression in written:
        said = str(expression.evaluate(scope, surroundings))
        assert not re.search(r"zofia|jawna|60070|701.?802", said, re.IGNORECASE), expression.source


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.txt.j2")), ids=lambda path: path.name)
def test_messages_are_filled_in_and_cite_the_procedure(path: Path) -> None:
    rendered = templates.render([MESSAGES], f"zszo03/{path.name.removesuffix('.txt.j2')}", SAMPLE)
    assert "ZSZO/2026/17" in rendered.subject + rendered.text
    assert "§" in rendered.text or "RODO, art. 33" in rendered.text
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
        ("ZGLOSZENIE_OTWARTE", "już trwa"),
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


@pytest.mark.parametrize(
    ("wanted", "says"), [("pdf", "każdy program do plików PDF"), ("zip", "program 7-Zip"), ("7z", "7-Zip")]
)
def test_the_packages_mail_says_how_to_open_it(wanted: str, says: str) -> None:
    text = templates.render([MESSAGES], "zszo03/pakiet", {**SAMPLE, "pakiet_format": wanted}).text
    assert says in text
    assert f"dane-dostepowe.{wanted}" in text


def test_only_the_print_out_shows_the_password() -> None:
    names = [path.name.removesuffix(".txt.j2") for path in MESSAGES.glob("*.txt.j2")]
    texts = {name: templates.render([MESSAGES], f"zszo03/{name}", SAMPLE).text for name in names}
    shown = {name for name, text in texts.items() if str(SAMPLE["haslo"]) in text}
    assert shown == {"wydruk_danych"}


def test_the_collectors_mail_says_where_until_when_who_and_with_what() -> None:
    text = templates.render([MESSAGES], "zszo03/odbior", SAMPLE).text
    for demanded in (
        "Miejsce: Wydział Edukacji",
        "05.01.2027",
        "F-01",
        "dyrektor",
        "dokument tożsamości",
        "ZSZO-04",
    ):
        assert demanded in text


def test_the_keys_sms_is_one_ascii_part(definitions: dict[str, ProcessDefinition]) -> None:
    (pattern,) = headers(definitions.values(), "tekst")
    text = pattern.replace("{nr}", "ZSZO/2026/123456").replace("{klucz}", "XXXX-XXXX-XXXX-XXXX")
    assert text.isascii()
    assert len(text) <= 160
    assert not re.search(r"[\^{}\\\[\]~|]", text)  # GSM-7 counts these twice
