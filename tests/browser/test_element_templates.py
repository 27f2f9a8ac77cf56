"""An owner configures a task by filling in a form: element templates in the editor."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.accessibility import axe_of
from tests.browser.drawing import attach_timer, choose, field, find
from tests.browser.office import ServedOffice
from tests.browser.test_modeler import FILED, PROCESS
from tests.browser.visitor import Visitor

Visitors = Callable[..., Visitor]
PLACE = f"/modeler/process/{PROCESS}"


def fill_in(someone: Visitor, page: Page) -> None:
    """Open the groups of the template and fill in its fields, by keyboard alone."""
    for group, label, text in (
        ("Ustawienia", "Wzór wiadomości (wymagane)", "zszo03/sprawa_zakonczona"),
        ("Dane", "Adres odbiorcy (wymagane)", "=adres_email"),
    ):
        header = page.locator(".bio-properties-panel-group-header", has_text=group).first
        header.get_by_role("button").last.press("Enter")
        someone.tab_to(label)
        page.keyboard.type(text)


def test_an_owner_adds_a_mail_by_its_template_and_the_next_case_sends_it(
    visitor: Visitors, office: ServedOffice
) -> None:
    someone = visitor("wlasciciel")
    page = someone.open(PLACE)
    expect(page.locator("[data-island=modeler]")).to_have_attribute("data-ready", "yes")
    find(page, "Sprawdź, czy dostęp")
    attach_timer(page, "sprawdz_dostep")
    field(page, "timer-value").fill("P1D")
    choose(page, "a", "Wyślij e-mail")
    errors = page.locator("[data-part=findings] li.error")
    expect(errors.filter(has_text="musi podać „email.send” ustawienie „do”")).to_be_visible()
    field(page, "name").fill("Powiadom dyrektora")
    fill_in(someone, page)
    assert axe_of(page) == []
    choose(page, "a", "Zdarzenie końcowe")
    page.keyboard.press("Escape")
    expect(errors).to_have_count(0)
    assert page.evaluate("[...window.__i18nMissing]") == []

    page.get_by_role("button", name="Wdróż…").click()
    page.get_by_role("button", name="Wdróż", exact=True).click()
    page.wait_for_url(f"**/processes/{PROCESS}")
    office.engine.start(PROCESS, variables=FILED, actor="dyrektor.sp900", business_key="SIO/2026/1")
    office.work()
    office.pass_time(days=1, hours=1)
    sent = office.outside.messages()[0]
    assert (sent.to, sent.subject) == (FILED["adres_email"], "ZSZO-03: sprawa SIO/2026/1 jest zakończona")


def test_a_newer_template_is_offered_and_keeps_what_the_diagram_says_besides(visitor: Visitors) -> None:
    page = visitor("wlasciciel").open(PLACE)
    expect(page.locator("[data-island=modeler]")).to_have_attribute("data-ready", "yes")
    kept = page.evaluate(_A_NEWER_VERSION)
    find(page, "Zapisz wynik wniosku")
    field(page, "template").select_option(label="Uaktualnij do najnowszej wersji")
    expect(field(page, "setting-nowe")).to_have_value("=nowe")
    told = page.evaluate(_READ)
    assert told["template"] == ["obieg.authorisation.conclude", 2]
    assert sorted(told["inputs"]) == [["nowe", "=nowe"], ["wlasne", "=1"], ["wynik_wniosku", '="odrzucono"']]
    assert set(kept) <= set(told["properties"])
    assert "obieg:legalBasis" in kept


# The diagram's own input and a filled-in one, then version 2 of the template with a field more.
_A_NEWER_VERSION = """
() => {
  const modeler = document.querySelector("[data-island=modeler]").modeler;
  const [registry, factory, commands, templates] =
    ["elementRegistry", "bpmnFactory", "commandStack", "elementTemplates"].map((name) => modeler.get(name));
  const element = registry.get("zapisz_wynik"), extensions = element.businessObject.extensionElements;
  const mapping = factory.create("zeebe:IoMapping", { inputParameters: [
    factory.create("zeebe:Input", { target: "wynik_wniosku", source: '="odrzucono"' }),
    factory.create("zeebe:Input", { target: "wlasne", source: "=1" }),
  ] });
  mapping.$parent = extensions;
  mapping.inputParameters.forEach((each) => { each.$parent = mapping; });
  commands.execute("element.updateModdleProperties",
    { element, moddleElement: extensions, properties: { values: [...extensions.values, mapping] } });
  const old = templates.get(element);
  const added = { type: "String", label: "Nowe", group: "dane", value: "=nowe", feel: "optional",
    binding: { type: "zeebe:input", name: "nowe" } };
  templates.set([...templates.getAll(), { ...old, version: 2, properties: [...old.properties, added] }]);
  const own = extensions.values.find((each) => each.$type === "zeebe:Properties");
  return own.properties.map((each) => each.name);
}
"""
_READ = """
() => {
  const modeler = document.querySelector("[data-island=modeler]").modeler;
  const owner = modeler.get("elementRegistry").get("zapisz_wynik").businessObject;
  const found = (type) => owner.extensionElements.values.find((each) => each.$type === type);
  return {
    template: [owner.get("zeebe:modelerTemplate"), owner.get("zeebe:modelerTemplateVersion")],
    inputs: found("zeebe:IoMapping").inputParameters.map((each) => [each.target, each.source]),
    properties: found("zeebe:Properties").properties.map((each) => each.name),
  };
}
"""
