"""Debian's Chromium, and how somebody is signed in to an office in one of its windows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, sync_playwright

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
_COOKIE = "obieg"


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a Chromium without a window; raises ``AssertionError`` where none is installed.

    Debian's headless shell is the same browser without the user interface that is drawn for nobody.
    """
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert program is not None, "expected Debian's chromium, but it is not installed; see .ci/run"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield browser
        browser.close()


def sign_in(context: BrowserContext, address: str, token: str) -> None:
    """Give the windows of a context the session of this token."""
    context.add_cookies([{"name": _COOKIE, "value": token, "url": address}])
