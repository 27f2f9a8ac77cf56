"""Chromium, an office to look at, and watchers: a test fails on whatever goes wrong behind its pages.

``office`` is served once per file, ``visitor("ek04.nowak")`` is a browser window of somebody (None: nobody is
signed in; ``javascript=False``, ``size=PHONE``), ``page`` one of a stranger. No request may leave the office.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.accessibility import COUNTED
from tests.browser.chromium import launched, sign_in
from tests.browser.office import ServedOffice, furnished, served
from tests.browser.visitor import DESKTOP, Visitor, Watch

_PATIENCE = 10_000  # milliseconds until a page that does not come is a failure


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, one for all tests of a worker."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def furniture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a furnished database: copying it is quick, deploying everything is not."""
    folder = tmp_path_factory.mktemp("furnished")
    with furnished(folder):
        pass
    return folder


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, furniture: Path) -> Iterator[ServedOffice]:
    """An office of this file's own."""
    with served(tmp_path_factory.mktemp("office"), furniture) as opened:
        yield opened


@pytest.fixture
def visitor(chromium: Browser, office: ServedOffice) -> Iterator[Callable[..., Visitor]]:
    """Return windows: ``visitor(person=None, javascript=True, size=DESKTOP, language="pl-PL")``.

    Fails at the end for what went wrong behind any of them: CSP violations, errors in the console or in a
    script, answers that failed, requests to elsewhere.
    """
    opened: list[tuple[BrowserContext, Watch]] = []

    def window_of(
        person: str | None = None,
        *,
        javascript: bool = True,
        size: dict[str, int] = DESKTOP,
        language: str = "pl-PL",
        **more: Any,
    ) -> Visitor:
        context = chromium.new_context(
            viewport=size, java_script_enabled=javascript, locale=language, **more  # type: ignore[arg-type]
        )  # fmt: skip
        context.set_default_timeout(_PATIENCE)
        opened.append((context, Watch(context, office.address)))
        if person is not None:
            sign_in(context, office.address, office.session_of(person))
        return Visitor(context.new_page(), office.address)

    yield window_of
    faults = []
    for context, watch in opened:
        context.close()
        faults += watch.faults
    assert faults == []


@pytest.fixture
def page(visitor: Callable[..., Visitor]) -> Page:
    """The window of a stranger."""
    return visitor().page


@pytest.fixture(scope="session", autouse=True)
def _figures(record_testsuite_property: Callable[[str, object], None]) -> Iterator[None]:
    yield
    record_testsuite_property("axe runs", COUNTED["axe"])
