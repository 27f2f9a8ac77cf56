"""The register of schools as a whole: API and export give one record, no total, changes told once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import handlers
from demo.context import START
from demo.rspo import csv_export
from demo.servers import DemoServers
from engine import BpmnError, JobFailure, ProcessEngine, VirtualClock
from handlers import rspo_snapshot
from handlers.rspo_changes import REGISTER, renew
from handlers.rspo_records import InvalidRegister, of_api, of_csv
from handlers.rspo_snapshot import RspoSettings
from tests.builders import process


def schools(count: int) -> list[dict[str, Any]]:
    """Return as many invented schools, every field that may differ differing."""
    return [
        {
            "numerRspo": 1000 + number, "nazwa": f'SZKOŁA „{number}”; "Żółć"', "typ": {"nazwa": "Liceum"},
            "dyrektorImie": "Łucja Ewa" if number % 2 else "Jan", "dyrektorNazwisko": f"Źrebak-Nowak{number}",
            "statusPublicznoPrawny": {"nazwa": "publiczna"}, "regon": f"0{number:08d}",
            "email": f"s{number}@e.example", "telefon": f"012{number:06d}",
            "dataLikwidacji": "2026-08-31T00:00:00" if number % 7 == 0 else None,
            "podmiotPrzekazujacyDaneDoRSPO": {"nazwa": "Miasto Kraków", "regon": "351554353"},
            "podmiotProwadzacy": [{"nazwa": "Miasto Kraków"}], "powiatKodTERYT": "1261",
            "gminaKodTERYT": "0261011",
            "podmiotNadrzedny": {"numerRspo": 7} if number % 5 == 0 else None,
            "geolokalizacja": [[], [{"latitude": 50.0}], None][number % 3],
        }
        for number in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1250"])
def test_the_export_gives_the_same_records_as_the_api(encoding: str) -> None:
    rows = schools(50)
    assert list(of_csv(csv_export(rows).encode(encoding))) == [of_api(row) for row in rows]


@pytest.mark.parametrize(
    ("export", "told"),
    [
        (b"", "columns"),
        (b"Numer RSPO;Nazwa\r\n1;x\r\n", "Typ, REGON in line 1"),
        (b"Numer RSPO;Nazwa;Typ;REGON\r\n1;x;y\r\n", "4 fields in line 2"),
        (b"Numer RSPO;Nazwa;Typ;REGON\r\n=\"1x\";x;y;z\r\n", "Numer RSPO in line 2"),
        (b"Numer RSPO;Nazwa;Typ;REGON;Data likwidacji\r\n1;x;y;z;kiedys\r\n", "a date"),
        (b"Numer RSPO;Nazwa;Typ;REGON\r\n1;" + b"x" * 200_000 + b";y;z\r\n", "CSV in line"),
    ],
)  # fmt: skip
def test_an_export_that_is_none_is_refused_with_its_line(export: bytes, told: str) -> None:
    with pytest.raises(InvalidRegister, match=told):
        list(of_csv(export))


@pytest.fixture
def settings(servers: DemoServers, tmp_path: Path) -> RspoSettings:
    """Return the settings of an office that keeps a snapshot."""
    environment = {**servers.environment, "OBIEG_RSPO_SNAPSHOT": str(tmp_path / "rspo.json")}
    return handlers.settings_from(environment).rspo


@pytest.mark.parametrize("count", [0, 99, 100, 101, 250])
def test_all_pages_are_fetched_without_a_total(
    servers: DemoServers, settings: RspoSettings, count: int
) -> None:
    servers.rspo.schools = schools(count)
    snapshot = rspo_snapshot.fetched(settings, None, START)
    assert len(snapshot.schools()) == count
    assert len(servers.lines("rspo", "request")) == count // 100 + 1


def test_unchanged_pages_are_not_sent_again(servers: DemoServers, settings: RspoSettings) -> None:
    servers.rspo.schools = schools(150)
    first = rspo_snapshot.fetched(settings, None, START)
    servers.rspo.schools[120]["dyrektorImie"] = "Nowa"
    second = rspo_snapshot.fetched(settings, first, START)
    assert [line["code"] for line in servers.lines("rspo", "page")] == [200, 200, 304, 200]
    assert second.schools()[1120]["dyrektor"]["imie"] == "Nowa"
    assert (second.schools()[1000], second.sha256 == first.sha256) == (first.schools()[1000], False)


@pytest.mark.parametrize("fault", ["401", "403", "429:7", "500", "hang", "garbage", "big"])
def test_a_page_that_does_not_come_leaves_the_snapshot_as_it_was(
    servers: DemoServers, settings: RspoSettings, fault: str
) -> None:
    servers.rspo.schools = schools(150)
    short = RspoSettings(
        **{name: getattr(settings, name) for name in RspoSettings.__struct_fields__} | {"deadline": 0.4}
    )
    with ProcessEngine("sqlite:///:memory:", clock=VirtualClock(START)) as engine:
        kept, _ = renew(engine, short)
        servers.rspo.faults.script(fault)
        with pytest.raises(JobFailure):
            renew(engine, short)
    assert rspo_snapshot.read(Path(settings.snapshot)) == kept


def test_a_server_that_sends_one_page_for_ever_is_found_out(
    servers: DemoServers, settings: RspoSettings
) -> None:
    servers.rspo.schools = schools(100) * 3
    with pytest.raises(InvalidRegister, match="page 2"):
        rspo_snapshot.fetched(settings, None, START)


@pytest.fixture
def engine() -> Iterator[ProcessEngine]:
    """Return an engine with a case that listens for changes of its school."""
    with ProcessEngine("sqlite:///:memory:", clock=VirtualClock(START)) as engine:
        shape = process("p").start().catch_signal("rspo_zmiana_dyrektora").end()
        engine.deploy(shape.files(), by="owner")
        yield engine


def test_what_changed_is_told_to_cases_and_written_down(
    servers: DemoServers, settings: RspoSettings, engine: ProcessEngine
) -> None:
    servers.rspo.schools = schools(20)
    assert renew(engine, settings)[1] == []
    case = engine.start("p", variables={"numer_rspo": 1003}, actor="anna").key
    engine.run_until_idle()
    servers.rspo.schools[3]["dyrektorNazwisko"] = "Nowa"
    servers.rspo.schools[4]["dataLikwidacji"] = "2026-12-17T00:00:00"
    servers.rspo.schools[6]["podmiotNadrzedny"] = {"numerRspo": 1001}
    del servers.rspo.schools[8]
    _, changes = renew(engine, settings)
    engine.run_until_idle()
    assert [(each.number, each.signal) for each in changes] == [
        (1003, "rspo_zmiana_dyrektora"), (1004, "rspo_likwidacja"), (1006, "rspo_wlaczenie_do_zespolu"),
        (1008, "rspo_placowka_usunieta"),
    ]  # fmt: skip
    variables = engine.variables(case)
    assert (variables["rspo_numer"], variables["numer_rspo"]) == (1003, 1003)
    assert str(engine.instance(case).state) == "completed"
    assert len(engine.registers.entries(REGISTER, unresolved=True)) == 4
    assert renew(engine, settings)[1] == []


def test_a_closing_day_that_comes_is_a_change(servers: DemoServers, settings: RspoSettings) -> None:
    servers.rspo.schools = schools(3)
    servers.rspo.schools[1]["dataLikwidacji"] = "2026-12-18T00:00:00"
    clock = VirtualClock(START)
    with ProcessEngine("sqlite:///:memory:", clock=clock) as engine:
        assert renew(engine, settings)[1] == []
        clock.advance(dt.timedelta(days=1))
        assert [each.signal for each in renew(engine, settings)[1]] == ["rspo_likwidacja"]


def test_a_crash_before_the_snapshot_is_kept_tells_again(
    servers: DemoServers, settings: RspoSettings, engine: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.rspo.schools = schools(5)
    renew(engine, settings)
    servers.rspo.schools[3]["dyrektorNazwisko"] = "Nowa"
    with monkeypatch.context() as patched:
        patched.setattr(rspo_snapshot, "keep", full)
        with pytest.raises(OSError, match="full"):
            renew(engine, settings)
    assert len(renew(engine, settings)[1]) == 1
    assert len(engine.registers.all_in(REGISTER)) == 1


def full(path: Path, snapshot: object) -> None:
    raise OSError("the disk is full")


def test_a_look_up_falls_back_to_the_snapshot_after_attempts(
    office_with: Any, servers: DemoServers, settings: RspoSettings
) -> None:
    rspo_snapshot.keep(
        Path(settings.snapshot), rspo_snapshot.imported(csv_export(schools(5)).encode(), START)
    )
    office = office_with(RSPO_SNAPSHOT=settings.snapshot)
    servers.rspo.faults.script("503", times=3)
    context = office.job("rspo.lookup", numer_rspo=1003)
    for _ in range(2):
        with pytest.raises(JobFailure):
            office.run(context)
        context = context.again()
    done = office.run(context)
    kept = done.variables["rspo_migawka"]
    assert (done.variables["placowka"]["nazwa"], kept["source"], kept["fetched_at"]) == (
        'SZKOŁA „3”; "Żółć"', "migawka csv", START,
    )  # fmt: skip
    servers.rspo.faults.script("401")
    with pytest.raises(BpmnError, match="RSPO_NIE_ZNALEZIONO"):
        office.run(office.job("rspo.lookup", numer_rspo=5))


def test_a_snapshot_too_old_or_changed_will_not_do(
    office_with: Any, servers: DemoServers, settings: RspoSettings
) -> None:
    path = Path(settings.snapshot)
    office = office_with(RSPO_SNAPSHOT=settings.snapshot)
    old = START - dt.timedelta(days=36)
    rspo_snapshot.keep(path, rspo_snapshot.imported(csv_export(schools(5)).encode(), old))
    servers.rspo.faults.script("403", times=3)
    with pytest.raises(JobFailure, match="36 days old") as caught:
        office.run(office.job("rspo.lookup", numer_rspo=1003))
    assert caught.value.permanent
    path.write_bytes(path.read_bytes().replace(b"Liceum", b"Technikum", 1))
    with pytest.raises(JobFailure, match="was changed"):
        office.run(office.job("rspo.lookup", numer_rspo=1003))
    path.unlink()
    with pytest.raises(JobFailure, match="neither"):
        office.run(office.job("rspo.lookup", numer_rspo=1003))
