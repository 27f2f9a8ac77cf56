"""A person before a browser: pages, keys, and what must never happen behind a page (``Watch``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 320, "height": 640}
_MOST_STOPS = 200
_MOST_OPTIONS = 40
_NOT_OURS = re.compile(r"^(?!data:|blob:|about:)")
# The console tells of every answer that is not 200; `_answered` judges them one by one.
_ANSWER_TOLD = "Failed to load resource"
_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => window.reportViolation(
  `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
_FOCUSED = """
() => {
  const at = document.activeElement;
  if (!at || at === document.body) return {name: "", role: "", visible: true};
  const labels = at.labels ? [...at.labels].map((each) => each.innerText).join(" ") : "";
  const by = (at.getAttribute("aria-labelledby") || "").split(" ").map(
    (id) => document.getElementById(id)?.innerText || "").join(" ").trim();
  const style = getComputedStyle(at);
  const name = at.getAttribute("aria-label") || by || labels || at.innerText || at.value || at.id;
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return {name: name.trim().replace(/\\s+/g, " "), role: at.getAttribute("role") || at.tagName.toLowerCase(),
          visible: outlined || style.boxShadow !== "none" || at.tagName === "MAIN"};
}
"""


class Watch:
    """Listens to a context; ``faults`` are what no page of ours may cause."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self._address = address
        self.faults: list[str] = []
        self.bytes = 0
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"page error: {error.error}"))
        context.on("request", self._requested)
        context.on("response", self._answered)
        context.expose_binding("reportViolation", lambda source, what: self._violated(source["page"], what))
        context.add_init_script(_VIOLATIONS)

    def _violated(self, page: Page, what: str) -> None:
        self.faults.append(f"CSP violation on {page.url}: {what}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _ANSWER_TOLD not in message.text:
            self.faults.append(
                f"console {message.type} on {message.page and message.page.url}: {message.text}"
            )

    def _requested(self, request: Request) -> None:
        if _NOT_OURS.match(request.url) and not request.url.startswith(self._address + "/"):
            self.faults.append(f"request to elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        is_part = response.request.resource_type not in ("document", "fetch", "xhr")
        if response.status >= (400 if is_part else 500):
            self.faults.append(f"answer {response.status}: {response.request.method} {response.url}")


class Visitor:
    """One person's browser window on the office; ``page`` is Playwright's."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self._address = address

    def open(self, path: str) -> Page:
        """Open a page of the office."""
        self.page.goto(self._address + path)
        return self.page

    @property
    def path(self) -> str:
        """Return where the person is, without the host."""
        return self.page.url.removeprefix(self._address)

    def tab_to(self, name: str, *, role: str = "") -> None:
        """Press Tab until what has the focus is called so (``name`` begins it); every stop must be visible.

        Raises ``AssertionError`` where it is not reached, or the focus cannot be seen on the way.
        """
        seen = []
        for _ in range(_MOST_STOPS):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(_FOCUSED)
            assert focused["visible"], f"the focus cannot be seen on {focused} of {self.path}"
            if focused["name"].startswith(name) and role in ("", focused["role"]):
                return
            seen.append(focused["name"])
        raise AssertionError(f"expected to reach '{name}' on {self.path} by Tab, but met only {seen}")

    def press(self, name: str, *, role: str = "") -> None:
        """Go to a link or button by Tab and press Enter; waits for the page it leads to."""
        self.tab_to(name, role=role)
        with self.arriving():
            self.page.keyboard.press("Enter")

    def type_into(self, name: str, text: str) -> None:
        """Go to a field by Tab and type."""
        self.tab_to(name)
        self.page.keyboard.type(text)

    def tick(self, name: str) -> None:
        """Go to a check box or the chosen radio button by Tab and press Space."""
        self.tab_to(name)
        self.page.keyboard.press("Space")

    def follow(self, path: str) -> None:
        """Go by Tab to the link that leads to a page and press Enter."""
        self.reach(f"document.activeElement.getAttribute('href') === '{path}'", path)
        with self.arriving():
            self.page.keyboard.press("Enter")

    def fill_in(self, form: dict[str, str], *, by_keys: bool) -> None:
        """Fill in the fields of a form, in the order they stand in; ``value`` is that of the HTML control.

        A check box is ticked for "on". Fields that show only after others are asked for with the button.
        """
        names = self.page.locator("[name^='field.']").evaluate_all("all => all.map((each) => each.name)")
        shown = [key for key in dict.fromkeys(name.removeprefix("field.") for name in names) if key in form]
        for key in shown:
            (self._enter if by_keys else self._choose)(f"field.{key}", form[key])
        left = {key: value for key, value in form.items() if key not in shown}
        if left:
            assert shown, f"expected fields {list(left)} on {self.path}, but there are {names}"
            self.send("Pokaż dalsze pola", by_keys=by_keys)
            self.fill_in(left, by_keys=by_keys)

    def send(self, button: str, *, by_keys: bool) -> None:
        """Press a button that sends a form."""
        if by_keys:
            self.press(button, role="button")
        else:
            with self.arriving():
                self.page.get_by_role("button", name=button, exact=True).click()

    def _choose(self, name: str, value: str) -> None:
        field = self.page.locator(f"[name='{name}']").first
        kind = field.evaluate("(each) => each.type")
        if kind == "checkbox":
            field.check()
        elif kind == "radio":
            self.page.locator(f"[name='{name}'][value='{value}']").check()
        elif kind == "select-one":
            field.select_option(value)
        else:
            field.fill(value)

    def _enter(self, name: str, value: str) -> None:
        self.reach(f"document.activeElement.name === '{name}'", name)
        kind = self.page.evaluate("document.activeElement.type")
        keys = self.page.keyboard
        if kind == "checkbox":
            keys.press("Space")
        elif kind in ("radio", "select-one"):
            if kind == "radio":
                keys.press("Space")
            for _ in range(_MOST_OPTIONS):
                if self.page.evaluate("document.activeElement.value") == value:
                    return
                keys.press("ArrowDown")
            raise AssertionError(
                f"expected to choose {value} of {name} by the arrow keys, but it is not there"
            )
        elif kind == "date":  # Chromium without a window asks in the American order
            year, month, day = value.split("-")
            keys.type(f"{month}{day}{year}")
        else:
            keys.press("Control+a")
            keys.type(value)

    def reach(self, condition: str, what: str) -> None:
        """Press Tab until a condition of the page holds; raises ``AssertionError`` where it never does."""
        for _ in range(_MOST_STOPS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(condition):
                return
        raise AssertionError(f"expected to reach '{what}' on {self.path} by Tab, but it is not on the way")

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Wait, after what the block does, until the page that it leads to has loaded."""
        with self.page.expect_navigation(wait_until="load"):
            yield
