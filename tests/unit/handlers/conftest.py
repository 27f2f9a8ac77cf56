"""The demo servers, and one call to run a handler against them over real TCP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import handlers
from demo.context import CaseMemory, MemoryJobContext
from demo.servers import DemoServers
from engine import Completed, HandlerRegistry

TEXT = """Subject: Dane dostępowe – sprawa {{ numer_sprawy }}

Dzień dobry,
w sprawie {{ numer_sprawy }} z dnia {{ zlozono|data }} przesyłamy zaszyfrowane dane. Zażółć gęślą jaźń.
.kropka na początku wiersza
"""
HTML = "<p>Sprawa <b>{{ numer_sprawy }}</b>, {{ uwagi|default('brak uwag') }}</p>\n"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[DemoServers]:
    """Return the demo servers; a slow answer takes 0.05 s per byte."""
    with DemoServers(tmp_path / "outside", drip=0.05) as running:
        yield running


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """Return a messages folder with the template ``pakiet``."""
    folder = tmp_path / "zszo03" / "messages"
    folder.mkdir(parents=True)
    (folder / "pakiet.txt.j2").write_text(TEXT, encoding="utf-8")
    (folder / "pakiet.html.j2").write_text(HTML, encoding="utf-8")
    return folder


class Office:
    """The handlers of one office whose outside world is the demo servers."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.registry = HandlerRegistry()
        self.case = CaseMemory()
        handlers.register_all(self.registry, handlers.settings_from(environment))

    def job(
        self, job_type: str, headers: Mapping[str, str] | None = None, **variables: Any
    ) -> MemoryJobContext:
        """Return the first attempt at a job of this case."""
        return MemoryJobContext(job_type, variables, headers=headers, case=self.case, key=f"77:{job_type}")

    def run(self, context: MemoryJobContext) -> Completed:
        """Run the registered handler."""
        registration = self.registry.get(context.job.type)
        assert registration is not None, f"no handler for {context.job.type}"
        return registration.handler(context)


@pytest.fixture
def office_class() -> type[Office]:
    """Return the class, for offices with another outside world."""
    return Office


OfficeFactory = Callable[..., Office]


@pytest.fixture
def office_with(servers: DemoServers, templates: Path) -> OfficeFactory:
    """Return a factory of offices; keyword arguments replace settings (``SMTP_DEADLINE="0.5"``)."""

    def make(**settings: str) -> Office:
        changed = {f"OBIEG_{name}": text for name, text in settings.items()}
        return Office({**servers.environment, "OBIEG_SMTP_MESSAGES": str(templates), **changed})

    return make


@pytest.fixture
def office(office_with: OfficeFactory) -> Office:
    """Return an office with ordinary settings."""
    return office_with()
