"""Bundles: asked for by name, kept by browsers for ever, absent without harm; what the page gives is data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import ProcessEngine
from tests.builders import process
from tests.web.conftest import Browser
from web.islands import DIST, Islands

pytestmark = pytest.mark.any_database
Browsers = Callable[[str | None], Browser]
_GIVEN = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)


def test_a_page_asks_for_what_was_built(tmp_path: Path) -> None:
    islands = Islands(tmp_path)
    assert islands.tags("diagram") == ""
    (tmp_path / "manifest.json").write_text(
        '{"diagram": ["diagram-A.css", "diagram-B.js"], "<i>": ["<b>.js"]}'
    )
    assert islands.tags("diagram") == (
        '<link rel="stylesheet" href="/static/dist/diagram-A.css">'
        '<script type="module" src="/static/dist/diagram-B.js"></script>'
    )
    assert islands.tags("other") == ""
    assert "<b>" not in islands.tags("<i>")


def test_what_a_process_is_called_cannot_leave_the_data_of_its_diagram(
    office: ProcessEngine, browser: Browsers
) -> None:
    name = '</script><script>alert(1)</script> & "x" \''
    drawing = process("hostile", name=name).start("a").end("b")
    office.deploy(drawing.files(), by="olga")
    page = browser("olga").get("/processes/hostile")
    found = _GIVEN.search(page)
    assert found is not None
    assert json.loads(found[1])["label"] == f"Diagram procedury: {name}"
    assert "<script>alert" not in page


def test_bundles_are_kept_for_ever_and_pages_never(browser: Browsers) -> None:
    visitor = browser("olga")
    address = re.search(r'src="(/static/dist/[^"]+)"', visitor.get("/processes/wniosek_o_dostep"))
    assert address is not None, f"expected bundles in {DIST}, but found none; run: python web/build_ui.py"
    answer = visitor.client.get(address[1])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert visitor.client.get("/static/obieg.css").headers["cache-control"] == "max-age=3600"
    page = visitor.client.get("/processes/wniosek_o_dostep")
    assert page.headers["cache-control"] == "no-store"
    assert "unsafe-inline" not in page.headers["content-security-policy"]
