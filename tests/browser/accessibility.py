"""What a page must be for everybody: axe-core's rules, and what axe does not see."""

from __future__ import annotations

from collections import Counter
from functools import cache

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

COUNTED: Counter[str] = Counter()  # how often a page was examined, for the figures of a run
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """
(tags) => axe.run(document, {runOnly: tags, resultTypes: ["violations"]}).then(
  (found) => found.violations.map((each) =>
    `${each.id}: ${each.help}: ` + each.nodes.map((node) => node.html.slice(0, 160)).join(" | ")))
"""
_MISSED = """
() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (!document.documentElement.lang) found.push("the page does not say its language");
  if (!document.title.includes("–")) found.push(`the title does not name the page: ${document.title}`);
  if (all("h1").length !== 1) found.push(`${all("h1").length} first headings`);
  for (const each of all("input[type=radio]")) {
    const legend = each.closest("fieldset")?.querySelector("legend");
    if (!legend?.innerText.trim()) found.push(`radio button outside a fieldset with a legend: ${each.name}`);
  }
  for (const each of all("[aria-invalid=true]")) {
    const told = (each.getAttribute("aria-describedby") || "").split(" ");
    if (!told.some((id) => document.getElementById(id)?.innerText.trim()))
      found.push(`error not linked to ${each.id || each.name}`);
  }
  for (const each of all(".error[id]"))
    if (!all(`[aria-describedby~="${each.id}"]`).length) found.push(`nothing points to ${each.id}`);
  for (const each of all(".summary a[href^='#']"))
    if (!document.getElementById(each.hash.slice(1))) found.push(`the summary leads nowhere: ${each.hash}`);
  for (const each of all("[id]"))
    if (all(`[id="${CSS.escape(each.id)}"]`).length > 1) found.push(`id twice: ${each.id}`);
  for (const each of all("main [tabindex]"))
    if (each.tabIndex > 0) found.push(`order of focus forced: ${each.outerHTML.slice(0, 80)}`);
  return found;
}
"""
_NO_SCRIPTS = "() => matchMedia('(scripting: none)').matches"
_SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def axe_of(page: Page) -> list[str]:
    """Return the violations axe-core finds on the page as it is now: rule, what to do, where.

    Raises ``AssertionError`` in a window without JavaScript: axe waits for timers, which never ring there.
    """
    assert not page.evaluate(_NO_SCRIPTS), f"expected JavaScript for axe-core on {page.url}, but it is off"
    COUNTED["axe"] += 1
    page.evaluate(_axe())
    return list(page.evaluate(_RUN, _TAGS))


def pale_in_the_dark(page: Page) -> list[str]:
    """Return what cannot be read on the page, examined already, by those who want dark pages."""
    page.emulate_media(color_scheme="dark")
    found = list(page.evaluate(_RUN, {"type": "rule", "values": ["color-contrast"]}))
    page.emulate_media(color_scheme="light")
    return found


def missed_by_axe(page: Page) -> list[str]:
    """Return what axe does not see: title, language, legends, errors linked, order of focus."""
    return list(page.evaluate(_MISSED))


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than its window (WCAG 1.4.10)."""
    return int(page.evaluate(_SIDEWAYS))


def barriers(page: Page) -> list[str]:
    """Return everything of the above; empty for a page everybody can use."""
    wide = sideways(page)
    found = axe_of(page) + missed_by_axe(page)
    return [*found, f"{wide} px wider than its window"] if wide > 0 else found


@cache
def _axe() -> str:
    return str(AXE_FILE_PATH.read_text(encoding="utf-8"))
