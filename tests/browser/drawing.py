"""What an owner does on the canvas of the editor: find, choose, attach, fill in."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import Visitor

_CANVAS = "[data-part=canvas] svg[tabindex]"
_ON_CANVAS = "document.activeElement.matches('[data-part=canvas] svg')"


def find(page: Page, name: str) -> None:
    """Select an element by its name, by keyboard."""
    page.locator(_CANVAS).first.focus()
    page.keyboard.press("Control+f")
    page.keyboard.type(name)
    expect(page.locator(".djs-search-result-selected, .djs-search-result.selected").first).to_be_visible()
    page.keyboard.press("Enter")


def enter_canvas(window: Visitor) -> None:
    """Go to the canvas by Tab, or back to it from the panel by Escape."""
    window.page.keyboard.press("Escape")
    if not window.page.evaluate(_ON_CANVAS):
        window.reach(_ON_CANVAS, "the canvas")


def draw_by_keys(window: Visitor, field: str, choice: str, button: str) -> None:
    """Draw something at the selected element by the panel; what was drawn is asked for its name then."""
    keys = window.page.keyboard
    header = window.page.get_by_role("button", name="Rysowanie bez myszy")
    window.tab_to("Rysowanie bez myszy")
    if header.get_attribute("aria-expanded") == "false":
        keys.press("Enter")
    window.tab_to(field)
    keys.type(choice)
    window.tab_to(button, role="button")
    keys.press("Enter")
    expect(window.page.locator("#bio-properties-panel-obieg-name")).to_be_focused()


def choose(page: Page, key: str, text: str) -> None:
    """Open a menu by its key and take the entry of this text."""
    page.locator(_CANVAS).first.focus()
    page.keyboard.press(key)
    page.locator(".djs-popup input").press_sequentially(text)
    expect(page.locator(".djs-popup .entry").first).to_contain_text(text)
    page.keyboard.press("Enter")


def attach_timer(page: Page, task_id: str) -> None:
    """Put a non-interrupting timer on a task, by mouse; how long it runs is not said yet."""
    box = page.locator(f"[data-element-id={task_id}].djs-shape .djs-visual > rect").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"]
    page.locator('.djs-palette [data-action="create.intermediate-event"]').click()
    page.mouse.move(x + 5, y - 12)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    page.keyboard.press("Escape")  # its name comes later
    expect(page.locator("[data-part=panel]")).to_contain_text("Zdarzenie graniczne")
    choose(page, "r", "Zdarzenie graniczne zegara (nieprzerywające)")


def field(page: Page, name: str) -> Locator:
    """Return a field of the panel, its group open."""
    found = page.locator(f"#bio-properties-panel-obieg-{name}")
    group = page.locator("[data-group-id]", has=found)
    if not found.is_visible():
        group.locator(".bio-properties-panel-group-header").first.click()
    return found
