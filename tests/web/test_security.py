"""Roles × routes, foreign forms, sessions, markup in data: what a page must never do."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from markupsafe import Markup
from starlette.routing import Route

from engine import ProcessEngine, Role
from tests.web.conftest import PASSWORD, PEOPLE, Browser
from web import create_application
from web.authorization import Action, authorize

pytestmark = pytest.mark.any_database
Browsers = Callable[[str | None], Browser]

# Every route, with the roles that may use it; a route that is not listed here fails the test.
EVERYBODY = set(Role)
OFFICE = {Role.CLERK, Role.OPERATOR, Role.AUDITOR}
OWNERS = {Role.OWNER, Role.APPROVER}
ROUTES: dict[tuple[str, str], set[Role]] = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/tasks"): OFFICE | {Role.APPLICANT},
    ("POST", "/tasks/next"): {Role.APPLICANT, Role.CLERK},
    ("POST", "/tasks/claim"): {Role.APPLICANT, Role.CLERK},
    ("POST", "/tasks/filters"): OFFICE | {Role.APPLICANT},
    ("GET", "/tasks/{key}"): {Role.APPLICANT, Role.CLERK},
    ("POST", "/tasks/{key}/claim"): {Role.APPLICANT, Role.CLERK},
    ("POST", "/tasks/{key}/unclaim"): {Role.APPLICANT, Role.CLERK},
    ("POST", "/tasks/{key}/assign"): {Role.CLERK},
    ("POST", "/tasks/{key}/complete"): {Role.APPLICANT, Role.CLERK},
    ("GET", "/tasks/{key}/secrets"): {Role.CLERK},
    ("POST", "/tasks/{key}/secrets"): {Role.CLERK},
    ("GET", "/start"): {Role.APPLICANT, Role.CLERK},
    ("GET", "/start/{process_id}"): {Role.APPLICANT},  # the process asked for starts in applicants' lane
    ("POST", "/start/{process_id}"): {Role.APPLICANT},
    ("GET", "/instances"): OFFICE | {Role.APPLICANT},
    ("GET", "/instances/{key}"): OFFICE | {Role.APPLICANT},
    ("GET", "/instances/{key}/receipt"): {Role.APPLICANT},
    ("GET", "/instances/{key}/files/{reference}"): {Role.APPLICANT},
    ("POST", "/instances/{key}/reveal"): {Role.CLERK, Role.AUDITOR},
    ("POST", "/instances/{key}/documents/{reference}"): {Role.CLERK, Role.AUDITOR},
    ("POST", "/instances/{key}/sheets/{sheet}"): {Role.CLERK, Role.AUDITOR},
    ("GET", "/instances/{key}/replay"): {Role.OPERATOR, Role.AUDITOR},
    ("POST", "/instances/{key}/replay"): {Role.AUDITOR},
    ("GET", "/instances/{key}/course.json"): {Role.OPERATOR, Role.AUDITOR},
    ("POST", "/instances/{key}/export"): {Role.AUDITOR},
    ("POST", "/instances/{key}/verify"): {Role.OPERATOR, Role.AUDITOR},
    ("GET", "/registers"): {Role.CLERK, Role.AUDITOR},
    ("GET", "/registers/{name}"): {Role.CLERK, Role.AUDITOR},
    ("GET", "/registers/{name}/csv"): {Role.CLERK, Role.AUDITOR},
    ("GET", "/registers/{name}/pdf"): set(),  # this office makes no PDFs
    ("GET", "/counter"): {Role.CLERK, Role.AUDITOR},
    ("GET", "/registers/{name}/new"): {Role.CLERK},
    ("POST", "/registers/{name}/new"): {Role.CLERK},
    ("POST", "/registers/{name}/cards"): {Role.CLERK},
    ("POST", "/registers/{name}/{number}/resolve"): {Role.CLERK},
    ("GET", "/reconciliations"): set(),  # this office compares nothing
    ("POST", "/reconciliations"): set(),
    ("GET", "/authorisations"): {Role.CLERK, Role.AUDITOR},
    ("GET", "/authorisations/csv"): {Role.CLERK, Role.AUDITOR},
    ("GET", "/authorisations/pdf"): set(),  # this office makes no PDFs
    ("GET", "/authorisations/{number}"): set(),  # there is none here
    ("GET", "/deviations"): OWNERS | {Role.AUDITOR},
    ("GET", "/deviations/csv"): OWNERS | {Role.AUDITOR},
    ("GET", "/deviations/pdf"): set(),  # this office makes no PDFs
    ("POST", "/deviations/{procedure}/{number}"): set(),  # there is none here
    ("GET", "/letters"): {Role.CLERK},
    ("GET", "/letters/{register}/{number}"): {Role.CLERK},
    ("POST", "/letters/{register}/{number}/close"): {Role.CLERK},
    ("POST", "/letters/{register}/{number}/forward"): {Role.CLERK},
    ("POST", "/letters/{register}/{number}/files/{at}"): {Role.CLERK},
    ("GET", "/incidents"): {Role.OPERATOR, Role.AUDITOR},
    ("POST", "/incidents/resolve"): {Role.OPERATOR},
    ("GET", "/incidents/{key}"): {Role.OPERATOR, Role.AUDITOR},
    ("POST", "/incidents/{key}/resolve"): {Role.OPERATOR},
    ("POST", "/account"): EVERYBODY,
    ("GET", "/people"): {Role.ADMINISTRATOR},
    ("GET", "/people/new"): {Role.ADMINISTRATOR},
    ("POST", "/people/new"): {Role.ADMINISTRATOR},
    ("GET", "/people/{person_id}"): {Role.ADMINISTRATOR},
    ("POST", "/people/{person_id}"): {Role.ADMINISTRATOR},
    ("POST", "/people/{person_id}/active"): {Role.ADMINISTRATOR},
    ("POST", "/people/{person_id}/password"): {Role.ADMINISTRATOR},
    ("GET", "/groups"): {Role.ADMINISTRATOR},
    ("GET", "/groups/name"): {Role.ADMINISTRATOR},
    ("POST", "/groups/name"): {Role.ADMINISTRATOR},
    ("GET", "/operations"): {Role.OPERATOR, Role.AUDITOR},
    ("GET", "/operations/timers"): {Role.OPERATOR, Role.AUDITOR},
    ("GET", "/operations/batches"): {Role.OPERATOR, Role.AUDITOR},
    ("POST", "/operations/jobs/{key}/retry"): {Role.OPERATOR},
    ("GET", "/operations/processes/{process_id}"): {Role.OPERATOR, Role.AUDITOR},
    ("GET", "/operations/processes/{process_id}/elements/{element_id}"): {Role.OPERATOR, Role.AUDITOR},
    ("POST", "/operations/processes/{process_id}/suspend"): {Role.OPERATOR},
    ("POST", "/operations/processes/{process_id}/activate"): {Role.OPERATOR},
    ("POST", "/instances/{key}/suspend"): {Role.OPERATOR},
    ("POST", "/instances/{key}/activate"): {Role.OPERATOR},
    ("POST", "/instances/{key}/cancel"): {Role.OPERATOR},
    ("GET", "/processes"): EVERYBODY,
    ("GET", "/processes/deploy"): {Role.OWNER, Role.APPROVER},
    ("POST", "/processes/deploy"): {Role.OWNER, Role.APPROVER},
    ("GET", "/modeler"): OWNERS,
    ("GET", "/modeler/templates"): OWNERS,
    ("POST", "/modeler/new"): OWNERS,
    ("GET", "/modeler/text/{kind}/{id}"): OWNERS,
    ("POST", "/modeler/text/{kind}/{id}"): OWNERS,
    ("GET", "/modeler/text/{kind}/{id}/file"): OWNERS,
    ("GET", "/modeler/process/{id}"): OWNERS,
    ("GET", "/modeler/process/{id}/file"): OWNERS,
    ("POST", "/modeler/process/{id}/check"): OWNERS,
    ("POST", "/modeler/process/{id}/save"): OWNERS,
    ("POST", "/modeler/process/{id}/opinion"): OWNERS,
    ("POST", "/modeler/process/{id}/changes"): OWNERS,
    ("POST", "/modeler/process/{id}/deploy"): OWNERS,
    ("GET", "/definitions/{kind}/{id:path}/{version}/file"): EVERYBODY,
    ("GET", "/processes/{process_id}"): EVERYBODY,
    ("GET", "/processes/{process_id}/{version}/file"): EVERYBODY,
}
OPEN = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("POST", "/language"),
    ("GET", "/account"),
    ("GET", "/dostepnosc"),
    ("GET", "/office.css"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
}


def routes(office: ProcessEngine) -> set[tuple[str, str]]:
    found = [each for each in create_application(office).routes if isinstance(each, Route)]
    return {(method, each.path) for each in found for method in (each.methods or set()) - {"HEAD"}}


def test_every_route_is_listed_with_its_roles(office: ProcessEngine) -> None:
    assert routes(office) == ROUTES.keys() | OPEN


@pytest.mark.parametrize("person", PEOPLE)
def test_a_role_reaches_its_own_routes_and_no_others(browser: Browsers, person: str) -> None:
    role = Role(PEOPLE[person][0])
    anna = browser("anna")
    anna.get("/start/wniosek_o_dostep")
    anna.post("/start/wniosek_o_dostep", field__imie="Zofia")
    instance = anna.client.get("/instances").text
    key = re.search(r"/instances/(\d+)", instance)
    assert key is not None
    visitor = browser(person)
    for (method, path), allowed in ROUTES.items():
        place = path.replace("{key}", key[1] if "instances" in path else "1")
        place = place.replace("{name}/new", "rozmowy/new").replace("{name}/cards", "tryb_papierowy/cards")
        place = place.replace("{process_id}", "wniosek_o_dostep").replace("{version}", "1")
        place = place.replace("{kind}", "process").replace("{id:path}", "{id}")
        place = place.replace("{id}", "wniosek_o_dostep")
        place = place.replace("{person_id}", "ewa").replace("{name}", "incydenty").replace("{number}", "1")
        visitor.get("/processes")
        (visitor.get if method == "GET" else visitor.post)(place)
        unknown = any(
            of in path
            for of in (
                "/tasks/{key}",
                "/incidents/{key}",
                "/documents/",
                "/files/",
                "/sheets/",
                "/jobs/",
                "/letters/",
            )
        )
        theirs = role in allowed and not unknown
        if role is Role.APPLICANT and person != "anna" and "instances/" in path:
            theirs = False
        assert (visitor.status == 404) is not theirs or "/incidents/{key}" in path, (method, path)
        assert visitor.status < 500, (method, path)


def test_nobody_is_sent_to_sign_in_and_back(browser: Browsers, office: ProcessEngine) -> None:
    office.accounts.set_password("aldona", PASSWORD, by="test")
    nobody = browser(None)
    answer = nobody.client.get("/instances", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?then=/instances")
    nobody.get("/sign-in")
    nobody.post("/sign-in", person="aldona", password=PASSWORD, then="//evil.test/")
    assert nobody.status == 200
    assert "evil" not in nobody.text
    (cookie,) = nobody.client.cookies.jar
    assert (cookie.name, cookie.secure, cookie.path) == ("__Host-obieg", True, "/")


def test_wrong_passwords_get_one_answer_and_then_a_delay(browser: Browsers, office: ProcessEngine) -> None:
    office.accounts.set_password("jan", PASSWORD, by="test")
    nobody = browser(None)
    answers = set()
    for person in ("jan", "nikt"):
        nobody.get("/sign-in")
        nobody.post("/sign-in", person=person, password="zle")
        assert nobody.status == 401
        answers.add(nobody.text.replace(person, "X"))
    assert len(answers) == 1
    for _ in range(5):
        nobody.post("/sign-in", person="jan", password="zle")
    nobody.post("/sign-in", person="jan", password=PASSWORD)
    assert "Za dużo nieudanych prób" in nobody.text


def test_a_form_of_another_site_or_without_the_token_is_refused(
    browser: Browsers, office: ProcessEngine
) -> None:
    anna = browser("anna")
    anna.get("/start/wniosek_o_dostep")
    foreign = anna.client.post(
        "/start/wniosek_o_dostep", data={"field.imie": "Z"}, headers={"Origin": "https://evil.test"}
    )
    assert foreign.status_code == 403
    anna.text = ""
    anna.post("/start/wniosek_o_dostep", field__imie="Z")
    assert anna.status == 403
    assert office.instances() == []


def test_the_session_cookie_is_bound_and_ends(browser: Browsers) -> None:
    anna = browser("anna")
    (cookie,) = anna.client.cookies.jar
    stolen = cookie.value
    anna.get("/tasks")
    assert anna.status == 200
    anna.post("/sign-out")
    other = browser(None)
    other.client.cookies.set("__Host-obieg", stolen or "", domain="obieg.test")
    answer = other.client.get("/tasks", follow_redirects=False)
    assert answer.status_code == 303


PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{7*7}}{% raw %}",
    "</textarea><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "<b>Łódź</b> & syn",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_data_stays_text_everywhere(browser: Browsers, office: ProcessEngine, payload: str) -> None:
    anna = browser("anna")
    page = anna.get("/start/wniosek_o_dostep")
    assert "<script" not in page
    assert 'href="javascript:' not in page
    anna.post("/start/wniosek_o_dostep", field__imie=payload, field__kwota="x")
    seen = [anna.text]
    anna.post("/start/wniosek_o_dostep", field__imie=payload)
    office.groups.call("EK-04", payload, by="ada")
    (instance,) = office.instances()
    jan, aldona = browser("jan"), browser("aldona")
    path = re.search(r'href="(/tasks/\d+)"', jan.get("/tasks"))
    assert path is not None
    seen += [anna.text, jan.get(path[1]), aldona.get(f"/instances/{instance.key}")]
    seen.append(aldona.get(f"/instances/{instance.key}/replay"))
    ada = browser("ada")  # where a group's name is shown
    seen += [ada.get(page) for page in ("/groups", "/groups/name?id=EK-04", "/people", "/people/jan")]
    seen += [jan.get("/tasks?which=groups"), jan.get("/account")]
    for page in seen:
        escaped = str(Markup.escape(payload))
        assert escaped in page
        assert payload == escaped or payload not in page


def test_every_answer_says_that_nothing_comes_from_elsewhere(browser: Browsers) -> None:
    anna = browser("anna")
    for path in ("/tasks", "/nie-ma", "/static/obieg.css", "/health/ready"):
        headers = anna.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_what_is_too_large_is_refused_before_it_is_read(browser: Browsers) -> None:
    olga = browser("olga")
    olga.get("/processes/deploy")
    answer = olga.client.post("/processes/deploy", content=b"x" * (12 * 1024 * 1024 + 1))
    assert answer.status_code == 413


def test_an_inactive_person_may_nothing() -> None:
    assert authorize(None, Action.SIGN_IN)
    assert not any(authorize(None, action) for action in Action if action is not Action.SIGN_IN)


def test_the_demonstration_exists_only_there(browser: Browsers) -> None:
    nobody = browser(None)
    nobody.get("/sign-in")
    nobody.post("/sign-in/invented", person="ada")
    assert nobody.status in (404, 405)
    for path in ("/demonstration", "/strona", "/strona/nowy", "/seod/strona", "/zszo/strona"):
        assert browser("anna").client.get(path).status_code == 404, path
