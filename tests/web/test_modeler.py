"""The modeler's routes and the text editor: what is refused, what is kept, who overtakes whom."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from engine import ProcessEngine
from tests.builders import Process, process
from tests.web.conftest import Browser

pytestmark = pytest.mark.any_database
Browsers = Callable[[str | None], Browser]
PLACE = "/modeler/process/wniosek_o_dostep"


def drawing(name: str = "Wniosek o dostęp", *, due: str = "=now()") -> Process:
    return process("wniosek_o_dostep", name=name).start("submitted").user_task("decide", due=due).end("done")


def content(drawn: Process) -> bytes:
    [(_name, found)] = drawn.files()
    return found


class Desk:
    """A modeler as the server sees it: the page's data, and what its buttons send."""

    def __init__(self, browser: Browser, place: str = PLACE) -> None:
        self.browser = browser
        page = browser.get(place)
        found = re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
        assert found is not None, browser.status
        self.given = json.loads(found[1])
        self.revision = self.given["revision"]

    def send(self, name: str, xml: bytes, **fields: Any) -> tuple[int, dict[str, Any]]:
        sent = {"form_token": self.given["token"], **{k: str(v) for k, v in fields.items()}}
        address = self.given["addresses"][name]
        answer = self.browser.client.post(
            address, data=sent, files={"xml": ("d.bpmn", xml, "application/xml")}
        )
        return answer.status_code, answer.json()

    def save(self, xml: bytes) -> tuple[int, dict[str, Any]]:
        status, told = self.send("save", xml, revision=self.revision, based_on=self.given["based_on"])
        self.revision = told.get("revision", self.revision)
        return status, told

    def deploy(self, xml: bytes, comment: str = "") -> tuple[int, dict[str, Any]]:
        return self.send("deploy", xml, comment=comment, based_on=self.given["based_on"])


def test_a_page_of_drawing_alone_may_set_style_attributes(browser: Browsers) -> None:
    olga = browser("olga")
    for path, may in (("/modeler", False), (PLACE, True), ("/processes/wniosek_o_dostep", False)):
        policy = olga.client.get(path).headers["content-security-policy"]
        assert ("style-src-attr 'unsafe-inline'" in policy) is may
        assert "'unsafe-eval'" not in policy
        assert policy.count("unsafe") == may


def test_the_check_answers_in_polish_with_the_element(browser: Browsers) -> None:
    desk = Desk(browser("olga"))
    status, told = desk.send("check", content(drawing(due="=1 +")))
    assert status == 200
    [finding] = [each for each in told["findings"] if each["severity"] == "error"]
    assert finding["element"] == "decide"
    assert re.search("[ąćęłńóśżź]|oczekiwano", finding["message"]), finding
    assert told["summary"].startswith("1 błąd")
    assert desk.send("check", content(drawing()))[1]["summary"] != told["summary"]


def test_the_element_templates_are_those_of_the_engine(browser: Browsers) -> None:
    desk = Desk(browser("olga"))
    answer = desk.browser.client.get(desk.given["templates"])
    assert answer.json() == []  # this office has no handler of ours
    assert browser("anna").client.get(desk.given["templates"]).status_code == 404


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        (b"<open", "xml-malformed"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "xml-doctype"),
        (b"<a>" * 100_001, "xml-too-many-elements"),
        (b"<x>" + b"y" * (2 * 1024 * 1024) + b"</x>", "xml-too-large"),
        (b"", "xml-empty"),
    ],
)
def test_hostile_files_are_refused_by_every_verb_and_nothing_is_kept(
    office: ProcessEngine, browser: Browsers, sent: bytes, rule: str
) -> None:
    desk = Desk(browser("olga"))
    before = [(each.id, each.version) for each in office.definitions()]
    for status, told in (
        desk.send("check", sent),
        desk.save(sent),
        desk.send("changes", sent),
        desk.send("opinion", sent),
        desk.deploy(sent),
    ):
        assert status in (200, 422)
        assert [each["rule"] for each in told["findings"]] == [rule]
    assert office.definition_drafts.of("olga") == []
    assert [(each.id, each.version) for each in office.definitions()] == before


def test_a_draft_is_gone_on_with_and_belongs_to_one_person(browser: Browsers) -> None:
    olga, piotr = Desk(browser("olga")), Desk(browser("piotr"))
    assert olga.save(content(drawing("Olgi")))[0] == 200
    assert piotr.save(content(drawing("Piotra")))[0] == 200
    assert olga.browser.client.get(f"{PLACE}/file").content == content(drawing("Olgi"))
    assert piotr.browser.client.get(f"{PLACE}/file").content == content(drawing("Piotra"))
    again = Desk(olga.browser)
    assert again.revision == 1
    assert "Piotr Próbna" in again.browser.text
    assert again.save(content(drawing("Olgi, dalej")))[0] == 200
    status, told = olga.save(content(drawing("drugie okno")))
    assert status == 409
    assert "innym oknie" in told["told"]
    assert olga.browser.client.get(f"{PLACE}/file").content == content(drawing("Olgi, dalej"))


def test_what_the_check_refuses_is_not_deployed_and_the_draft_is_kept(
    office: ProcessEngine, browser: Browsers
) -> None:
    desk = Desk(browser("olga"))
    wrong = content(drawing(due="=1 +"))
    desk.save(wrong)
    status, told = desk.deploy(wrong)
    assert status == 422
    assert "Nic nie zostało wdrożone" in told["told"]
    assert told["findings"][0]["element"] == "decide"
    assert [each.version for each in office.definitions() if each.kind == "process"] == [1]
    assert office.definition_drafts.find("process", "wniosek_o_dostep", by="olga") is not None


def test_who_is_overtaken_is_told_what_to_do_and_loses_nothing(
    office: ProcessEngine, browser: Browsers
) -> None:
    olga, piotr = Desk(browser("olga")), Desk(browser("piotr"))
    olga.save(content(drawing("Olgi")))
    piotr.save(content(drawing("Piotra")))
    status, told = piotr.deploy(content(drawing("Piotra")), "krótszy termin")
    assert (status, told) == (200, {"address": "/processes/wniosek_o_dostep"})
    assert office.definition_drafts.of("piotr") == []
    status, told = olga.deploy(content(drawing("Olgi")))
    assert status == 409
    assert "wersję 2" in told["told"]
    assert [each.id for each in office.definition_drafts.of("olga")] == ["wniosek_o_dostep"]
    assert "wdrożono wersję 2" in browser("olga").get(PLACE)
    page = browser("olga").get("/processes/wniosek_o_dostep")
    assert "krótszy termin" in page
    assert "Piotr Próbna" in page


def test_before_deploying_one_sees_what_changes_and_who_stands_there(
    office: ProcessEngine, browser: Browsers
) -> None:
    desk = Desk(browser("olga"))
    for _ in range(5):
        office.start("wniosek_o_dostep", actor="anna", variables={"imie": "Zofia"})
    status, told = desk.send("changes", content(drawing(due="=today()")))
    assert status == 200
    changed = {each["id"]: (each["change"], each["waiting"]) for each in told["changes"]}
    assert changed["decide"] == ("changed", "stoi tu 5 spraw; zostają w swoich wersjach")
    assert "wersji 1" in told["said"]


def test_all_runs_are_explored_on_demand(browser: Browsers) -> None:
    desk = Desk(browser("olga"))
    stuck = process("wniosek_o_dostep").start().exclusive("x").flow_if("a").task("b").parallel("j")
    stuck = stuck.at("x").default().task("c").connect_to("j").at("j").end()
    status, told = desk.send("opinion", content(stuck))
    assert status == 200
    assert "j – może stanąć na zawsze" in told["opinion"]
    assert "drugi silnik" in told["opinion"]


def test_something_new_begins_as_a_draft_that_the_check_can_read(
    office: ProcessEngine, browser: Browsers
) -> None:
    olga = browser("olga")
    hostile = '"><script>alert(1)</script>&'
    for kind, id_ in (("process", "urlop"), ("form", "podanie"), ("decision", "ile_dni")):
        olga.get("/modeler")
        page = olga.post("/modeler/new", kind=kind, id=id_, name=hostile)
        assert (olga.status, "<script>alert" in page) == (200, False)
        draft = office.definition_drafts.find(kind, id_, by="olga")
        assert draft is not None
        suffix = {"process": "bpmn", "form": "form", "decision": "dmn"}[kind]
        findings = office.check([(f"{id_}.{suffix}", draft.content)])
        assert [each for each in findings if each.severity == "error"] == []
    olga.get("/modeler")
    olga.post("/modeler/new", kind="process", id="znaki", name="Zna\x01ki\ufffe")
    draft = office.definition_drafts.find("process", "znaki", by="olga")
    assert draft is not None
    assert 'name="Znaki"' in draft.content.decode()
    for wrong in ("", "1a", "a b", "ą", "../x", "a" * 65):
        olga.get("/modeler")
        assert "zaczyna się literą" in olga.post("/modeler/new", kind="process", id=wrong, name="x")
        assert olga.status == 422
    olga.get("/modeler")
    assert "już jest" in olga.post("/modeler/new", kind="process", id="wniosek_o_dostep", name="x")
    assert "Masz już szkic" in olga.post("/modeler/new", kind="process", id="urlop", name="x")


FORM = "/modeler/text/form/decision"


def send_text(browser: Browser, place: str, text: str, do: str, **more: str) -> str:
    page = browser.get(place)
    hidden = {
        name: value
        for name in ("based_on", "revision")
        for value in re.findall(rf'name="{name}" value="(\d+)"', page)
    }
    return browser.post(place, text=text, do=do, **{**hidden, **more})


def test_a_form_is_changed_as_text_without_javascript(office: ProcessEngine, browser: Browsers) -> None:
    olga = browser("olga")
    body = json.loads(office.definition_file("form", "decision"))
    body["components"][0]["label"] = "Imię i nazwisko"
    text = json.dumps(body, ensure_ascii=False, indent=2).replace("\n", "\r\n")  # as browsers send it
    page = send_text(olga, FORM, text, "save")
    assert (olga.status, "Imię i nazwisko" in page) == (200, True)
    page = send_text(olga, FORM, text, "deploy", comment="pełne imię")
    assert olga.status == 200
    newest = office.definition_file("form", "decision")
    assert json.loads(newest) == body
    assert b"\r" not in newest
    assert office.definition_drafts.of("olga") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "JSON"),
        ('{"id": "inny"}', "inny"),
        (
            '{"id": "decision", "type": "default", "schemaVersion": 19, "components": [{"type": "iframe"}]}',
            "iframe",
        ),
    ],
)
def test_a_wrong_form_is_refused_and_the_text_stays(
    office: ProcessEngine, browser: Browsers, text: str, said: str
) -> None:
    olga = browser("olga")
    page = send_text(olga, FORM, text, "deploy")
    assert olga.status == 422
    assert said in page
    shown = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    assert shown is not None
    assert shown[1].replace("&#34;", '"') == text
    assert [each.version for each in office.definitions() if each.id == "decision"] == [1]


def test_two_windows_of_text_do_not_overwrite_each_other(browser: Browsers) -> None:
    olga = browser("olga")
    first = '{"id": "decision", "type": "default", "components": []}'
    olga.get(FORM)
    olga.post(FORM, text=first, do="save", based_on="1", revision="0")
    assert olga.status == 200
    olga.post(FORM, text=first, do="save", based_on="1", revision="0")
    assert olga.status == 409
    assert "innym oknie" in olga.text
    olga.post(FORM, text=first, do="discard", based_on="1", revision="1")
    assert "Nie masz szkiców" in olga.text


@pytest.mark.parametrize(
    "path",
    ["/modeler/text/secret/decision", "/modeler/text/form/nowhere", "/modeler/process/nowhere",
     "/definitions/form/decision/9/file", "/definitions/form/decision/x/file",
     "/definitions/x/decision/1/file"],
)  # fmt: skip
def test_what_there_is_not_is_not_found(browser: Browsers, path: str) -> None:
    olga = browser("olga")
    olga.get(path)
    assert olga.status == 404


def test_what_the_editor_sends_without_its_token_is_refused(office: ProcessEngine, browser: Browsers) -> None:
    desk = Desk(browser("olga"))
    desk.given["token"] = "x"
    address = desk.given["addresses"]["deploy"]
    answer = desk.browser.client.post(
        address, data={"form_token": "x", "based_on": "1"}, files={"xml": ("d", content(drawing()))}
    )
    assert answer.status_code == 403
    assert [each.version for each in office.definitions() if each.kind == "process"] == [1]
    broken = desk.browser.client.post(address, data={"form_token": Desk(desk.browser).given["token"]})
    assert broken.status_code == 422
