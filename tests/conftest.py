"""What every test may ask for: a clock to move, a database of its own, an engine on it.

A test that takes ``database_url`` (or ``engine``) runs once per database chosen with ``--database``. Nothing
may be skipped: a skip is a failure, so that a machine lacking something cannot pass for a green run.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from engine import ProcessEngine, VirtualClock
from tests import postgres
from tests.scratch import scratch

# The public conformance files lie beside the repository, not in it; where they are absent the runner says so.
ALLOWED_SKIP = "tests/conformance/test_dmn_tck.py"
DATABASES = {"sqlite": ["sqlite"], "postgresql": ["postgresql"], "both": ["sqlite", "postgresql"]}
# 10:00 in Warsaw on the Thursday before Christmas: weekends, holidays and a year's end lie ahead.
START = dt.datetime(2026, 12, 17, 9, 0, tzinfo=dt.UTC)

if (_in_memory := scratch()) is not None:  # what pytest asks for its temporary folders (`tmp_path`)
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_in_memory))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--database``, ``--long`` and what says how long."""
    parser.addoption("--database", choices=list(DATABASES), default="sqlite", help="databases to run on")
    parser.addoption("--long", action="store_true", help="the long counts of `make torture`")
    parser.addoption("--kills", type=int, default=5000, help="processes to kill in all, with --long")
    parser.addoption("--tally", type=Path, help="file that gets a line for each test with figures, at once")
    parser.addoption("--first-seed", type=int, default=0, help="seed of the first campaign, to go on later")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever touches a database once per chosen database."""
    if "database_url" in metafunc.fixturenames:
        chosen = DATABASES[metafunc.config.getoption("--database")]
        metafunc.parametrize("database_url", chosen, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on PostgreSQL what is marked ``any_database`` where SQLite has it, but for ``--long``."""
    if config.getoption("--long") or config.getoption("--database") != "both":
        return
    left = [item for item in items if item.get_closest_marker("any_database") and _on_postgresql(item)]
    config.hook.pytest_deselected(items=left)
    gone = set(left)
    items[:] = [item for item in items if item not in gone]


def _on_postgresql(item: pytest.Item) -> bool:
    given = getattr(getattr(item, "callspec", None), "params", {})
    return bool(given.get("database_url") == "postgresql")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one."""
    report = yield
    allowed = report.nodeid.startswith(ALLOWED_SKIP)
    if report.skipped and not allowed and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"expected every test to run, but this one was skipped: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skipped file (``importorskip``) into an error."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"expected every file to be collected, but this one was skipped: {report.longrepr}"
    return report


class Tally:
    """Writes down at once what a test has counted: a long run that is cut short has its figures too."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Append one line per test that has figures, or failed."""
        if report.when == "call" and (figures := _figures(report) or report.outcome == "failed"):
            told = figures if isinstance(figures, list) else [f"{report.nodeid}: no figures"]
            with self._file.open("a") as file:
                file.writelines(f"{report.outcome} in {report.duration:.0f} s, {each}\n" for each in told)


def pytest_configure(config: pytest.Config) -> None:
    """Tally, where a file for it is named."""
    file: Path | None = config.getoption("--tally")
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tally(file))


def _figures(report: pytest.TestReport) -> list[str]:
    return [
        f"{report.nodeid}: {name} = {value}"
        for name, value in report.user_properties
        if not name.startswith("hypothesis")
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted (``record_property``), so that a run's log has its figures."""
    figures = [
        figure
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for figure in _figures(report)
    ]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write("".join(f"{figure}\n" for figure in figures))


@pytest.fixture(scope="session")
def long_counts(request: pytest.FixtureRequest) -> bool:
    """Whether a test marked ``torture`` may take its time (``make torture``) or be brief (``make test``)."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def clock() -> VirtualClock:
    """A business clock that stands at START until the test moves it."""
    return VirtualClock(START)


@pytest.fixture(autouse=True)
def _logs_of_this_test_alone() -> Iterator[None]:
    """Take away what a command of the test has set up to write logs: its stream is closed by then."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in before:
            root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="session", autouse=True)
def _keyrings_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the keyrings generated for PostgreSQL databases out of the user's own data folder."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Cluster]:
    """One private server per session (and per xdist worker), started when the first test needs it."""
    with postgres.cluster() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_template(postgresql: postgres.Cluster) -> str:
    """The name of a database with our tables in it: copying it takes 50 ms, migrating takes longer."""
    name = postgresql.create()
    ProcessEngine(postgresql.url(name)).close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a migrated database file and its keyring: copying them takes 1 ms, migrating takes
    longer."""
    from engine import ProcessEngine

    folder = tmp_path_factory.mktemp("template")
    ProcessEngine(f"sqlite:///{folder / 'obieg.db'}").close()
    return folder


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of this test's own, on the database the run asks for."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        for file in template.iterdir():
            shutil.copy2(file, tmp_path / file.name)
        yield f"sqlite:///{tmp_path / 'obieg.db'}"
        return
    server: postgres.Cluster = request.getfixturevalue("postgresql")
    name = server.create(template=request.getfixturevalue("postgresql_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def engine(database_url: str, clock: VirtualClock) -> Iterator[ProcessEngine]:
    """An engine without handlers on a fresh database, under the virtual clock."""
    opened = ProcessEngine(database_url, clock=clock)
    yield opened
    opened.close()
