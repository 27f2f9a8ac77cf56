"""``python -m tests.browser.diagram_pictures``: each shipped diagram as the pages draw it.

Whoever changes a diagram takes its picture anew: it is what ``docs/procedures.md`` shows.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from commands import output
from engine.xml import BPMN, children, parse
from tests.browser.chromium import launched, sign_in
from tests.browser.office import ROOT, demonstrated
from tests.browser.screenshots import HEAVIEST, IMAGES, reduced
from tests.browser.visitor import DESKTOP, Visitor

NAMES = {"zszo03_haslo_startowe": "zszo03", "sio_weryfikacja_dostepu": "sio"}
WIDEST = 2600
_HEARD = "document.addEventListener('obieg:shown', event => { window.shown = event.detail; })"
_SIZE = re.compile(r'<svg [^>]*width="([\d.]+)" height="([\d.]+)"')


def main() -> None:
    """Take every picture, or those named; raises ``AssertionError`` where one would be too heavy."""
    files = {NAMES.get(file.stem, file.stem): file for file in sorted(ROOT.glob("processes/*/*.bpmn"))}
    wanted = set(sys.argv[1:]) or set(files)
    with (
        tempfile.TemporaryDirectory() as folder,
        demonstrated(Path(folder)) as (address, engine),
        launched() as browser,
    ):
        session = engine.accounts.open("wlasciciel")
        for name in sorted(wanted):
            image = reduced(_picture(browser, _drawn(browser, address, session, _process(files[name]))))
            assert len(image) <= HEAVIEST, f"expected {name} ≤ {HEAVIEST} bytes, but it has {len(image)}"
            (IMAGES / f"{name}.png").write_bytes(image)
            output.show(f"{name}.png  {len(image) / 1000:.0f} kB")


def _process(file: Path) -> str:
    """Return the id of a file's first process; the drawing shows them all."""
    root = parse(file.name, file.read_bytes()).root
    return str(children(root, BPMN, "process")[0].get("id"))


def _drawn(browser: Browser, address: str, session: str, process_id: str) -> str:
    """Return the drawing on the page of a process, as SVG."""
    context = browser.new_context(viewport=DESKTOP, locale="pl-PL")  # type: ignore[arg-type]
    context.add_init_script(_HEARD)
    sign_in(context, address, session)
    page = Visitor(context.new_page(), address).open(f"/processes/{process_id}")
    page.wait_for_function("window.shown !== undefined")
    svg: str = page.evaluate("window.shown.viewer.saveSVG().then(saved => saved.svg)")
    context.close()
    return svg


def _picture(browser: Browser, svg: str) -> bytes:
    """Return an SVG as PNG, no wider than ``WIDEST``."""
    found = _SIZE.search(svg)
    assert found is not None, f"expected the size of the drawing, but it begins with {svg[:200]}"
    width, height = (float(each) for each in found.groups())
    scale = min(1.0, WIDEST / width)
    page = browser.new_page(viewport={"width": round(width * scale), "height": round(height * scale)})
    page.set_content(f"<style>body {{ margin: 0 }} svg {{ width: 100vw; height: 100vh }}</style>{svg}")
    image = page.screenshot()
    page.close()
    return image


if __name__ == "__main__":
    main()
