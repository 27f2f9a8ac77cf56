"""The SIO procedure as data: diagram, decisions, forms, messages and parameters fit together and cite it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.sio import ACTS, FETCHED, FILED, NOT_FETCHED
from engine import HandlerRegistry, read_element_templates
from engine.bpmn import CheckEnvironment, compile_files
from engine.dmn import read_model
from engine.feel import Environment
from engine.forms import Form, read_form
from engine.model.definition import Element, ElementType, ProcessDefinition
from engine.model.records import Severity
from engine.parameters import read_parameters
from handlers import register_all, settings_from, templates

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "handlers" / "element_templates"
FOLDER = ROOT / "processes" / "sio"
MESSAGES = FOLDER / "messages"
DIAGRAMS = sorted(FOLDER.glob("*.bpmn"))
PROCEDURE = re.compile(r"I(\.2\.[1-6])?")
RULES = re.compile(r"BB?[1-9][0-9]?(, BB?[1-9][0-9]?)*")
LEVEL_1 = {"minister", "cke", "oke", "kuratorium", "cea", "izba_rzemieslnicza", "rio", "uczelnia"}
LEVEL_2 = {"gmina", "powiat", "wojewodztwo"}
LEVEL_3 = {"szkola", "cuw"}
SAMPLE: dict[str, Any] = {
    "numer_sprawy": "SIO/2026/17",
    "data_wniosku": dt.date(2026, 12, 17),
    "organ_nazwa": "Prezydent Miasta Krakowa",
    "zrodlo_opis": "danymi zgromadzonymi w RSPO",
    "sposob_potwierdzenia": "osobiscie",
    "dni_terminu": 5,
    "termin_od_dzis": dt.date(2026, 12, 28),
    "okno_od": dt.date(2031, 5, 31),
    "numer_upowaznienia": "U-2026-0001",
    "dni_przed": 2,
    "uwierzytelniony": False,
    "termin_dzien": dt.date(2026, 12, 28),
    "ostatni_dzien_wniosku": dt.date(2026, 12, 26),
    "siedziba": "ul. Wymyślona 1, pokój 9",
    "godziny": "8:00–15:00",
    "adres_przedluzen": "sio@urzad.example",
    "przyczyna": "DANE",
    "opis": "Niezgodny REGON.",
    "uwagi": None,
    "decyzja": "odmow",
    "uzasadnienie": None,
    "rodzaj": "PO_TERMINIE",
    "numer_sio": "W/1/2026",
    "upowaznienie_do": dt.date(2031, 8, 31),
}


def parameters() -> frozenset[str]:
    path = FOLDER / "parameters.yaml"
    return frozenset(read_parameters(path.read_bytes(), source=path.name))


def forms() -> dict[str, Form]:
    paths = sorted((ROOT / "forms" / "sio").glob("*.form"))
    return {path.stem: read_form(path.name, path.read_bytes()) for path in paths}


def offered(form_id: str, key: str) -> set[str]:
    (found,) = (field for field in forms()[form_id].fields if field.key == key)
    return {option.value for option in found.options}


def text_of_diagrams() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in DIAGRAMS).replace("&quot;", '"')


@pytest.fixture(scope="module")
def processes() -> dict[str, ProcessDefinition]:
    registry = HandlerRegistry()
    register_all(registry, settings_from({"OBIEG_SMTP_SENDER": "obieg@urzad.example"}))
    handlers = [found for kind in registry.types() if (found := registry.get(kind)) is not None]
    compiled = compile_files(
        [(path.name, path.read_bytes()) for path in DIAGRAMS],
        CheckEnvironment(
            job_types=frozenset(registry.types()),
            form_ids=frozenset(forms()),
            decision_ids=frozenset(path.stem for path in FOLDER.glob("*.dmn")),
            process_ids=frozenset(path.stem for path in DIAGRAMS),
            parameters=parameters(),
            error_codes={each.type: frozenset(each.errors) for each in handlers},
            templates=tuple(each for each, _ in read_element_templates(TEMPLATES).values()),
        ),
    )
    assert [str(each) for each in compiled.findings if each.severity is not Severity.HINT] == []
    return {each.id: each for each in compiled.definitions}


def elements(processes: dict[str, ProcessDefinition]) -> list[Element]:
    found = [each for process in processes.values() for each in process.elements.values()]
    return [each for each in found if each.type is not ElementType.PROCESS]


def decide(decision: str, **given: Any) -> dict[str, str]:
    path = FOLDER / f"{decision}.dmn"
    model = read_model([(path.name, path.read_bytes())])
    assert model.findings == []
    value = model.evaluate(decision, dict(given), Environment(now=dt.datetime(2026, 12, 17, tzinfo=dt.UTC)))
    assert isinstance(value.value, dict)
    return {name: str(each) for name, each in value.value.items()}


def mail(name: str, **changed: Any) -> str:
    return templates.render([MESSAGES], f"sio/{name}", SAMPLE | changed).text


def test_each_process_is_in_the_file_of_its_name(processes: dict[str, ProcessDefinition]) -> None:
    assert sorted(processes) == [path.stem for path in DIAGRAMS]


def test_every_element_is_named_explained_and_cites_the_procedure(
    processes: dict[str, ProcessDefinition],
) -> None:
    for element in elements(processes):
        assert element.name, element.id
        assert len(element.documentation) > 15, element.id
        assert PROCEDURE.fullmatch(element.properties["obieg:legalBasis"]), element.id
        assert RULES.fullmatch(element.properties["obieg:rules"]), element.id


def test_quotations_are_the_procedures_own_words(processes: dict[str, ProcessDefinition]) -> None:
    chosen = processes["sio_weryfikacja_dostepu"].elements["ustal_organ"].documentation
    assert "Wybór właściwego organu upoważniającego jest automatyczny" in chosen
    missed = processes["sio_rozpatrzenie"].elements["stwierdz_niestawiennictwo"].documentation
    assert "w wyznaczonym (przedłużonym) terminie skutkuje odrzuceniem wniosku" in missed


def test_people_of_the_organ_found_do_the_tasks_and_each_has_a_deadline(
    processes: dict[str, ProcessDefinition],
) -> None:
    tasks = {each.id: each.user_task for each in elements(processes) if each.type is ElementType.USER_TASK}
    assert len(tasks) == 15
    for place, task in tasks.items():
        assert task is not None, place
        assert task.due_date, place
        assert task.candidate_groups is not None, place
        handed_down = ("grupa_czynnosci", "grupa_poprawy")  # by the process that calls
        routed = any(name in task.candidate_groups.source for name in ("organ.grupa", *handed_down))
        assert routed, place


def test_no_clock_and_no_machine_ends_a_case_against_the_applicant(
    processes: dict[str, ProcessDefinition],
) -> None:
    """From every timer, message and register answer the way to a letter of refusal leads over a person."""
    process = processes["sio_rozpatrzenie"]
    against = {"zawiadom_nienadanie", "zawiadom_odrzucenie", "zawiadom_nienadanie_2"}
    queue = [e.id for e in process.elements.values() if e.type is ElementType.BOUNDARY_EVENT]
    reached = set[str]()
    while queue:
        place = queue.pop()
        if place in reached or process.elements[place].user_task:
            continue
        reached.add(place)
        queue += [process.flows[flow].target for flow in process.elements[place].outgoing]
    assert {"odnotuj_przekroczenie", "zlozony_w_terminie"} <= reached
    assert not reached & against


def test_what_is_unused_is_not_there() -> None:
    text = text_of_diagrams()
    drawn = set(re.findall(r"parameters\.(\w+)", text))
    assert parameters() == drawn | {"rspo_csv_max_age"}  # read by rspo.lookup
    assert set(re.findall(r'formId="(\w+)"', text)) == forms().keys()
    assert set(re.findall(r'decisionId="(\w+)"', text)) == {path.stem for path in FOLDER.glob("*.dmn")}
    used = set(re.findall(r'source="="(sio/\w+)"" target="szablon"', text))
    assert used == {f"sio/{path.name.removesuffix('.txt.j2')}" for path in MESSAGES.iterdir()}


@pytest.mark.parametrize(
    ("form_id", "key"),
    [
        ("sio_sprawdzenie", "wynik_sprawdzenia"),
        ("sio_poprawnosc", "wynik_danych"),
        ("sio_poprawnosc", "podpis"),
        ("sio_wniosek", "sposob_potwierdzenia"),
        ("sio_przedluzenie_terminu", "decyzja_przedluzenia"),
        ("sio_blokada", "decyzja_blokady"),
        ("sio_czynnosc", "status_z_sio"),
        ("sio_spoznienie", "decyzja_spoznienia"),
        ("sio_zmiana_rspo", "decyzja_zmiany"),
        ("sio_niestawiennictwo", "decyzja_niestawiennictwa"),
    ],
)
def test_answers_the_diagram_asks_for_are_offered(form_id: str, key: str) -> None:
    asked = set(re.findall(rf'\b{key} = "([^"]+)"', text_of_diagrams()))
    assert asked or key == "status_z_sio"
    assert asked <= offered(form_id, key)


def test_a_clerk_can_copy_every_status_the_reference_sio_knows() -> None:
    known = {FILED, *(after for _, after in ACTS.values()), "Wygasłe", "Zablokowany", FETCHED, NOT_FETCHED}
    assert known == offered("sio_czynnosc", "status_z_sio")
    assert f'status_danych = "{FETCHED}"' in text_of_diagrams()


@pytest.mark.parametrize(
    ("given", "outcome", "consequence"),
    [
        ({"dokument": "brak"}, "brak_dokumentu", "ODRZUC"),
        ({"dokument": "prawo_jazdy"}, "brak_dokumentu", "ODRZUC"),
        ({"dokument": "mdowod", "mdowod_uznawany": False}, "brak_dokumentu", "ODRZUC"),
        ({"dokument": "mdowod"}, "zgodna", "PRZYZNAJ"),
        ({"dokument_wazny": False}, "dokument_niewazny", "ODRZUC"),
        ({"osoba_zgodna": False, "nazwisko_zgodne": False}, "inna_osoba", "ODRZUC"),
        ({"nazwisko_zgodne": False, "decyzja_nazwisko": "nie_nadaj"}, "zmienione_nazwisko", "NIE_NADAJ"),
        ({"nazwisko_zgodne": False, "decyzja_nazwisko": "kontynuuj"}, "zgodna", "PRZYZNAJ"),
        ({"dokument": "karta_pobytu"}, "zgodna", "PRZYZNAJ"),
    ],
)
def test_the_result_of_identity_follows_from_what_was_seen(
    given: dict[str, Any], outcome: str, consequence: str
) -> None:
    seen = {
        "dokument": "dowod", "mdowod_uznawany": True, "dokument_wazny": True, "osoba_zgodna": True,
        "nazwisko_zgodne": True, "decyzja_nazwisko": None,
    }  # fmt: skip
    assert decide("wynik_tozsamosci", **seen | given) == {"wynik": outcome, "skutek": consequence}


def test_every_reason_for_rejection_is_told() -> None:
    reasons = ("niestawiennictwo", "brak_dokumentu", "dokument_niewazny", "inna_osoba")
    letters = {mail("odrzucenie", przyczyna=reason) for reason in reasons}
    assert len(letters) == 4
    assert all("ponownie złożyć nowy wniosek" in letter for letter in letters)


@pytest.mark.parametrize(
    ("what", "unit"),
    [
        ("rozpatrzenie", "dni_robocze"),
        ("stawiennictwo", "dni_robocze"),
        ("wniosek_o_przedluzenie", "dni"),
        ("okno_przedluzenia", "miesiace"),
        ("przypomnienie", "dni"),
    ],
)
def test_each_deadline_is_counted_as_the_procedure_says(what: str, unit: str) -> None:
    assert decide("rodzaj_terminu", czynnosc=what)["jednostka"] == unit


def test_each_listed_kind_has_its_organ_without_a_choice() -> None:
    assert offered("sio_wniosek", "rodzaj_podmiotu") == LEVEL_1 | LEVEL_2 | LEVEL_3
    for kinds, level in ((LEVEL_1, "I"), (LEVEL_2, "II"), (LEVEL_3, "III")):
        for kind in kinds:
            found = decide("organ_przyznajacy", podstawa="ustawa", rodzaj_podmiotu=kind, przekazujacy="jst")
            assert found["poziom"] == level, kind
    school = {"podstawa": "ustawa", "rodzaj_podmiotu": "szkola"}
    assert decide("organ_przyznajacy", przekazujacy="minister", **school)["nazwa"].startswith("Minister")
    assert decide("organ_przyznajacy", przekazujacy="jst", **school)["grupa"] == "sio-3"


@pytest.mark.parametrize(
    ("basis", "kind", "source"),
    [
        ("ustawa", "szkola", "RSPO"),
        ("ustawa", "cuw", "ORGANY"),
        ("ustawa", "rio", "ORGANY"),
        ("wewnetrzne", "szkola", "UPOWAZNIENIE"),
    ],
)
def test_the_source_of_the_check_follows_from_the_application(basis: str, kind: str, source: str) -> None:
    assert decide("zrodlo_weryfikacji", podstawa=basis, rodzaj_podmiotu=kind)["kod"] == source


def test_every_reading_of_a_gap_names_what_carries_it() -> None:
    rulings = yaml.safe_load((FOLDER / "deviations.yaml").read_text(encoding="utf-8"))
    assert list(rulings) == [*(f"BB{number}" for number in range(1, 19)), "R1", "R3", "R4", "R5", "R6"]
    drawn = set(re.findall(r'id="(\w+)"', text_of_diagrams()))
    for number, ruling in rulings.items():
        assert len(ruling["text"]) > 20, number
        assert len(ruling["reading"]) > 20, number
        for place in ruling["carried_by"]:
            kind, _, name = place.rpartition(" ")
            there = {"": drawn, "parametr": parameters(), "formularz": forms()}.get(kind)
            assert there is None or name in there or re.search(r"[./]", name), f"{number}: {place}"


def test_personal_data_are_marked() -> None:
    marked = {field.key for form in forms().values() for field in form.fields if field.personal}
    assert {"imie", "nazwisko", "pesel", "dokument_cudzoziemca", "adres_email", "telefon"} <= marked


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.txt.j2")), ids=lambda path: path.name)
def test_messages_are_filled_in_and_cite_the_procedure(path: Path) -> None:
    rendered = templates.render([MESSAGES], f"sio/{path.name.removesuffix('.txt.j2')}", SAMPLE)
    assert "SIO/2026/17" in rendered.subject
    assert "I.2." in rendered.text
    assert "None" not in rendered.text
    assert not re.search(r"\bBB?[0-9]", rendered.text)  # our rule numbers are not for users (R4)


def test_the_second_mail_tells_the_organ_the_term_and_the_next_steps() -> None:
    text = mail("email_2")
    assert "Organ rozpatrujący wniosek: Prezydent Miasta Krakowa" in text
    assert "5 dni roboczych od dnia wysłania" in text
    assert "do 28.12.2026" in text
    assert "danymi zgromadzonymi w RSPO" in text
    assert "osobiście potwierdzić tożsamość" in text
    assert "nie trzeba potwierdzać osobiście" in mail("email_2", sposob_potwierdzenia="profil_zaufany")


@pytest.mark.parametrize(
    "words",
    [
        "są poprawne",
        "ul. Wymyślona 1, pokój 9",
        "8:00–15:00",
        "od dnia otrzymania tego e-maila, to jest najpóźniej 28.12.2026",
        "dowód osobisty lub paszport",
        "kartę pobytu",
        "na adres sio@urzad.example nie później niż na 2 dni przed upływem terminu",
        "to jest do końca dnia 26.12.2026",
        "uzasadnić i wskazać w nim wybrany dzień",
        "nie nadaje się biegu; można złożyć nowy wniosek",
        "skutkuje odrzuceniem wniosku; można ponownie złożyć nowy wniosek",
    ],
)
def test_the_third_mail_tells_documents_place_terms_and_both_consequences(words: str) -> None:
    assert words in mail("email_3")


def test_the_third_mail_of_a_signed_application_asks_nobody_to_come() -> None:
    text = mail("email_3", uwierzytelniony=True)
    assert "nie dokonuje się potwierdzenia tożsamości" in text
    assert "Wymyślona" not in text


def test_a_case_not_proceeded_with_is_not_called_rejected() -> None:
    letters = [
        mail("nienadanie_biegu", przyczyna=reason) for reason in ("DANE", "RSPO", "SPOZNIENIE", "NAZWISKO")
    ]
    assert len(set(letters)) == 4
    assert all("nie nadano biegu" in each and "ponownie złożyć wniosek" in each for each in letters)
    assert not any("odrzuc" in each for each in letters)
    assert "Niezgodny REGON." in letters[0]
