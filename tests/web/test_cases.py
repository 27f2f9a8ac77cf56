"""The page of a case: how it stands in words, deadlines explained, personal data masked until asked for."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable

import pytest

from engine import Completed, HandlerRegistry, JobContext, ProcessEngine, VirtualClock
from engine.store import audit, case_search
from tests.builders import process
from tests.web.conftest import Browser, form
from web import create_application
from web.pages import instances as instances_page

Browsers = Callable[[str | None], Browser]
PESEL = "44051401359"
PERSON = form(
    "person",
    {
        "type": "textfield", "id": "p", "key": "pesel", "label": "PESEL",
        "properties": {"obieg:personal": "true"},
    },
    {"type": "number", "id": "k", "key": "kwota", "label": "Kwota"},
)  # fmt: skip
DRAWING = (
    process("z_danymi", name="Z danymi")
    .start("zlozono", form="person")
    .user_task("ocen", name="Oceń", group="EK-04", due="=working day deadline(now(), 3)")
    .boundary_timer("P30D", "za_pozno")
    .end("przepadlo")
    .at("ocen")
    .exclusive("czy")
    .flow_if("kwota > 100")
    .call_activity("sprawdz", "sprawdzenie")
    .end("koniec")
    .at("czy")
    .default()
    .end("odmowa")
)
CHECKING = process("sprawdzenie", name="Sprawdzenie").start().service_task("pytaj", "nikt.nie.robi").end()


@pytest.fixture
def key(office: ProcessEngine) -> int:
    """A case with personal data, whose task nobody has taken."""
    office.deploy([*DRAWING.files(), *CHECKING.files(), PERSON], by="olga")
    values = {"pesel": PESEL, "kwota": 150, "opis": f"osoba {PESEL} z {{adresem}}"}
    return office.start("z_danymi", variables=values, business_key="WE.1", actor="anna").key


def audited(office: ProcessEngine) -> list[str]:
    with office.parts.store.reading() as tx:
        return [row.actor for row in audit.read(tx) if row.action == "personal_data_shown"]


def test_a_case_says_how_it_stands_and_how_its_deadline_was_computed(browser: Browsers, key: int) -> None:
    page = browser("jan").get(f"/instances/{key}")
    assert "Zadanie „Oceń” czeka na osobę z: EK-04, do wt 22.12.2026, 24:00." in page
    assert "working day deadline(now(), 3)" in page
    assert "sb 19.12.2026: nie liczy się: sobota" in page
    assert "wt 22.12.2026: 3. dzień roboczy" in page
    assert 'data-island="diagram"' in page
    given = re.search(r'data-island="diagram"><script type="application/json">(.*?)</script>', page)
    assert given is not None
    marks = json.loads(given[1])["marks"]
    assert marks["elements"]["ocen"]["state"] == "active"
    assert marks["elements"]["zlozono"] == {"state": "completed", "count": 1}
    assert len(marks["flows"]) == 1


def test_personal_data_are_masked_until_asked_for_and_that_is_kept(
    browser: Browsers, office: ProcessEngine, key: int
) -> None:
    jan = browser("jan")
    page = jan.get(f"/instances/{key}")
    assert PESEL not in page
    assert "osoba ••• z" in page
    assert "150" in page
    assert audited(office) == []
    page = jan.post(f"/instances/{key}/reveal")
    assert PESEL in page
    assert audited(office) == ["jan"]
    assert PESEL not in jan.get(f"/instances/{key}")
    assert office.verify().ok


def test_what_a_form_elsewhere_calls_personal_is_masked_in_a_case_without_forms(
    browser: Browsers, office: ProcessEngine, key: int
) -> None:
    watch = process("czuwanie").start().receive_task("czekaj", "zmiana", key="=pesel").end()
    office.deploy(watch.files(), by="olga")
    started = office.start("czuwanie", variables={"pesel": PESEL}, business_key="WE.2", actor="jan").key
    page = browser("jan").get(f"/instances/{started}")
    assert "pesel" in page
    assert PESEL not in page


@pytest.mark.parametrize(
    ("person", "sees"), [("jan", True), ("aldona", True), ("oskar", False), ("inna", False), ("ada", False)]
)
def test_only_some_may_see_personal_data(
    browser: Browsers, office: ProcessEngine, key: int, person: str, sees: bool
) -> None:
    visitor = browser(person)
    visitor.get("/processes")
    visitor.post(f"/instances/{key}/reveal")
    assert (visitor.status == 200) is sees
    assert audited(office) == ([person] if sees else [])


def test_an_applicant_sees_their_own_entries_and_not_the_office(browser: Browsers, key: int) -> None:
    anna = browser("anna")
    page = anna.get(f"/instances/{key}")
    assert "Sprawę rozpatruje urząd. Krok: Oceń, do wt 22.12.2026, 24:00." in page
    assert PESEL in page
    for inside in ("Jak obliczono", "Wywołane procedury", "history", "Powód"):
        assert inside not in page
    assert browser("inna").client.get(f"/instances/{key}").status_code == 404


def test_jobs_and_incidents_of_called_procedures_are_on_the_page(
    browser: Browsers, office: ProcessEngine, key: int
) -> None:
    (task,) = office.user_tasks(instance_key=key)
    office.claim(task.key, actor="jan")
    page = browser("ewa").get(f"/instances/{key}")
    assert "Zadanie „Oceń” ma Jan Próbna" in page
    office.complete(task.key, actor="jan")
    office.run_until_idle()
    page = browser("aldona").get(f"/instances/{key}")
    assert "W procedurze „Sprawdzenie”: system wykonuje czynność „pytaj”." in page
    assert "nikt.nie.robi: gotowa" in page
    assert "„Oceń”: zadanie wykonane" in page
    assert "Jan Próbna" in page
    (job,) = office.activate_jobs("nikt.nie.robi", worker="w", limit=1, lease=dt.timedelta(minutes=1))
    office.fail_job(job.key, worker="w", attempt=job.attempt, reason=f"odmowa dla {PESEL}", retries=0)
    page = browser("oskar").get(f"/instances/{key}")
    assert "zatrzymał się i czeka na operatora" in page
    assert "odmowa dla •••" in page
    assert PESEL not in page


def test_documents_are_given_to_those_allowed_and_noted(
    browser: Browsers, office: ProcessEngine, key: int
) -> None:
    ref = office.documents.store(root_key=key, name='a"b\r\nż.pdf', content=b"%PDF", media_type="text/html")
    jan = browser("jan")
    assert "Pobierz: a" in jan.get(f"/instances/{key}")
    page = jan.text
    answer = jan.client.post(
        f"/instances/{key}/documents/{ref}",
        data={"form_token": page.split('name="form_token" value="')[1].split('"')[0]},
    )
    assert (answer.status_code, answer.content) == (200, b"%PDF")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="a_b___.pdf"'
    other = office.start("sprawdzenie", actor="anna").key
    jan.text = page
    jan.post(f"/instances/{other}/documents/{ref}")
    assert jan.status == 404
    assert audited(office) == ["jan"]


def test_mails_and_answers_of_the_outside_are_listed(database_url: str, clock: VirtualClock) -> None:
    registry = HandlerRegistry()

    @registry.handler("wyslij")
    def send(context: JobContext) -> Completed:
        context.effect("smtp", lambda: {"code": 250, "template": "przypomnienie", "sha256": "0" * 64})
        return Completed()

    with ProcessEngine(database_url, clock=clock, handlers=registry) as engine:
        engine.deploy(process("mails").start().service_task("poczta", "wyslij").end("e").files(), by="x")
        key = engine.start("mails", actor="jan").key
        engine.run_until_idle()
        client = Browser.of(create_application(engine), engine.accounts.open("jan"))
        page = client.get(f"/instances/{key}")
        assert "wysłano e-mail – " in page
        assert "wzór: przypomnienie" in page
        assert "sha256" not in page
        assert re.search(r"wykonano [^<]*,\s+system", page)
        assert "node-" not in page
        assert re.search(r"Sprawa zakończona [^<]*: ", page)


def test_cases_are_found_by_what_people_know_of_them(
    browser: Browsers, office: ProcessEngine, key: int, clock: VirtualClock
) -> None:
    office.start("z_danymi", variables={"pesel": "1", "kwota": 1}, business_key="WE.2", actor="inna")
    clock.advance(dt.timedelta(days=1))
    office.start("sprawdzenie", business_key="XX.1", actor="jan")
    jan = browser("jan")

    def found(query: str) -> list[str]:
        return re.findall(
            r'<th scope="row"><a href="/instances/\d+">([^<]*)</a>', jan.get(f"/instances?{query}")
        )

    assert found("") == ["XX.1", "WE.2", "WE.1"]
    assert found("order=oldest") == ["WE.1", "WE.2", "XX.1"]
    assert found("number=WE.2") == ["WE.2"]
    assert found("number=we.*") in ([], ["WE.2", "WE.1"])  # SQLite's LIKE does not mind the case of letters
    assert found("number=WE.*&order=number") == ["WE.1", "WE.2"]
    assert found("applicant=Anna") == ["WE.1"]
    assert found("applicant=inna") == ["WE.2"]
    assert found("process=sprawdzenie") == ["XX.1"]
    assert found("which=ended") == []
    assert found("order=deadline") == ["WE.1", "WE.2"]
    assert found("due=late") == []
    clock.advance(dt.timedelta(days=5))
    assert found("due=late") == ["WE.2", "WE.1"]
    assert "po terminie" in jan.text
    assert found("due=late&order=deadline&applicant=Anna") == ["WE.1"]
    assert found("which=nonsense&order=nonsense&due=nonsense") == ["XX.1", "WE.2", "WE.1"]
    assert browser("anna").get("/instances").count('<th scope="row">') == 1


def test_a_list_that_may_not_be_all_says_so(
    browser: Browsers, key: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    jan = browser("jan")
    assert "Mogą istnieć jeszcze inne" not in jan.get("/instances")
    assert "Podaj dokładniej wnioskodawcę" not in jan.get("/instances?applicant=a")
    assert "pokazano od" not in jan.get("/instances?from=2501")
    assert "WE.1" in jan.text
    monkeypatch.setattr(case_search, "MOST_LOOKED_AT", -501)  # and 501 cases are wanted
    monkeypatch.setattr(instances_page, "_MOST_PEOPLE", 1)
    assert "Mogą istnieć jeszcze inne" in jan.get("/instances")
    assert "Podaj dokładniej wnioskodawcę" in jan.get("/instances?applicant=a")


def test_pages_of_cases_take_as_many_statements_whatever_there_is(
    browser: Browsers, office: ProcessEngine, key: int
) -> None:
    jan, aldona = browser("jan"), browser("aldona")

    def counted(visitor: Browser, path: str) -> int:
        visitor.get(path)
        before = office.statements
        visitor.get(path)
        return office.statements - before

    few = counted(jan, "/instances"), counted(aldona, f"/instances/{key}")
    for number in range(60):
        office.start("z_danymi", variables={"pesel": str(number), "kwota": 1}, actor="anna")
    (task,) = office.user_tasks(instance_key=key)
    for _ in range(20):
        office.claim(task.key, actor="jan")
        office.unclaim(task.key, actor="jan")
    many = counted(jan, "/instances"), counted(aldona, f"/instances/{key}")
    assert many == few
    assert max(many) <= 24
    assert "Następna strona" in jan.get("/instances")
    assert "61 spraw" in jan.text


def test_what_a_caller_calls_personal_is_masked_in_what_it_has_called(
    browser: Browsers, office: ProcessEngine, key: int
) -> None:
    (task,) = office.user_tasks(instance_key=key)
    office.claim(task.key, actor="jan")
    office.complete(task.key, actor="jan")
    (called,) = office.instances(process_id="sprawdzenie")
    assert office.variables(called.key)["pesel"] == PESEL
    place = f"/instances/{called.key}"
    for address in (place, f"{place}/replay", f"{place}/course.json"):
        page = browser("oskar").get(address)
        assert PESEL not in page
        assert "•••" in page
