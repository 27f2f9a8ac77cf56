"""``python -m tests.browser.screenshots``: the pictures of the guides, taken anew.

Each scene is a page of ``make run`` as somebody sees it, 1280 × 800,
written to ``docs/images`` under a fixed name.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
from PIL import Image
from playwright.sync_api import Browser, Page

from commands import output
from engine import ProcessEngine
from tests.browser.chromium import launched, sign_in
from tests.browser.drawing import attach_timer, field, find
from tests.browser.office import ROOT, demonstrated
from tests.browser.visitor import DESKTOP, Visitor

IMAGES = ROOT / "docs" / "images"
HEAVIEST = 250_000  # bytes; a repository keeps every picture for ever
_COLOURS = 128
_CLERK, _DIRECTOR, _OWNER, _OPERATOR, _AUDITOR = (
    "ek04.nowak", "dyrektor.sp900", "wlasciciel", "operator", "audytor",
)  # fmt: skip
_ZSZO, _SIO = "zszo03_haslo_startowe", "sio_weryfikacja_dostepu"


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One picture: ``path`` finds the page in the office, ``prepare`` does what the picture shows."""

    name: str
    person: str
    path: Callable[[ProcessEngine], str]
    prepare: Callable[[Page], None] | None = None


def fixed(path: str) -> Callable[[ProcessEngine], str]:
    """Return a path that is the same in every office."""
    return lambda engine: path


def task_page(element_id: str) -> Callable[[ProcessEngine], str]:
    """Return the page of an open task of this step."""
    return lambda engine: f"/tasks/{engine.user_tasks(element_id=element_id)[0].key}"


def case_page(process_id: str, state: str, suffix: str = "") -> Callable[[ProcessEngine], str]:
    """Return a page of the first case of a procedure in this state."""

    def path(engine: ProcessEngine) -> str:
        cases = engine.instances(process_id=process_id, state=(state,), roots=True)
        return f"/instances/{min(cases, key=lambda case: case.started_at).key}{suffix}"

    return path


def show(heading: str) -> Callable[[Page], None]:
    """Return what brings a heading to the top of the window."""
    return lambda page: page.locator(f"#{heading}").evaluate("(each) => each.scrollIntoView()")


def draw_reminder(page: Page) -> None:
    """Draw a reminder on a task as an owner does; how long its timer runs is not said yet."""
    find(page, "Sprawdź, czy dostęp")
    attach_timer(page, "sprawdz_dostep")
    field(page, "name").fill("Przypomnienie o sprawdzeniu")
    field(page, "timer-value").fill("jutro")
    page.locator("[data-part=findings] li", has_text="Przypomnienie o sprawdzeniu").first.wait_for()


SCENES = (
    Scene(name="worklist", person=_CLERK, path=fixed("/tasks")),
    Scene(name="task", person=_CLERK, path=task_page("podejmij_wniosek")),
    Scene(name="start", person=_DIRECTOR, path=fixed(f"/start/{_ZSZO}")),
    Scene(name="receipt", person=_DIRECTOR, path=case_page(_ZSZO, "completed", "/receipt")),
    Scene(name="case", person=_CLERK, path=case_page(_SIO, "active")),
    Scene(name="replay", person=_AUDITOR, path=case_page(_ZSZO, "completed", "/replay?step=12")),
    Scene(name="process", person=_OWNER, path=fixed(f"/processes/{_SIO}")),
    Scene(
        name="modeler", person=_OWNER, path=fixed(f"/modeler/process/{_SIO}"), prepare=draw_reminder
    ),
    Scene(name="incidents", person=_OPERATOR, path=fixed("/incidents")),
    Scene(name="operations", person=_OPERATOR, path=fixed("/operations")),
    Scene(name="people", person="administrator", path=fixed("/people")),
    Scene(name="groups", person="administrator", path=fixed("/groups")),
    Scene(name="register", person=_CLERK, path=fixed("/registers")),
    Scene(name="outbox", person=_CLERK, path=fixed("/demonstration"), prepare=show("mails")),
)  # fmt: skip


def main() -> None:
    """Take every picture, or those named; raises ``AssertionError`` where one would be too heavy."""
    wanted = set(sys.argv[1:]) or {scene.name for scene in SCENES}
    with (
        tempfile.TemporaryDirectory() as folder,
        demonstrated(Path(folder)) as (address, engine),
        launched() as browser,
    ):
        for scene in (each for each in SCENES if each.name in wanted):
            image = reduced(taken(browser, address, engine, scene))
            assert len(image) <= HEAVIEST, (
                f"expected {scene.name} ≤ {HEAVIEST} bytes, but it has {len(image)}"
            )
            (IMAGES / f"{scene.name}.png").write_bytes(image)
            output.show(f"{scene.name}.png  {len(image) / 1000:.0f} kB")


def taken(browser: Browser, address: str, engine: ProcessEngine, scene: Scene) -> bytes:
    """Return what somebody sees, as PNG."""
    context = browser.new_context(viewport=DESKTOP, locale="pl-PL")  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    sign_in(context, address, engine.accounts.open(scene.person))
    page = Visitor(context.new_page(), address).open(scene.path(engine))
    for island in page.locator("[data-island]").all():
        island.and_(page.locator("[data-ready=yes]")).wait_for(state="attached")
    if scene.prepare is not None:
        scene.prepare(page)
    page.evaluate("document.fonts.ready.then(() => true)")
    image = page.screenshot(animations="disabled")
    context.close()
    return image


def reduced(image: bytes) -> bytes:
    """Return a PNG with a palette: pages have few colours, and weigh a third then."""
    target = io.BytesIO()
    opened = Image.open(io.BytesIO(image)).convert("RGB")
    opened.quantize(_COLOURS, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


if __name__ == "__main__":
    main()
