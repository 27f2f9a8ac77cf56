"""The register of deviations: owners approve a wording, auditors read it, extracts say the same."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import obieg
from commands.deviations import Deviation
from commands.office import Office
from engine import ProcessEngine
from tests.web.conftest import Browser
from web import create_application
from web.deviations import REGISTER, Standing, with_approvals

pytestmark = pytest.mark.any_database


def deviation(number: str, reading: str, *, paper: bool = False) -> Deviation:
    return Deviation(
        procedure="sio", number=number, text="=<b>Tekst</b> milczy.", reading=reading, why="Bo tak.",
        carried_by=("zadanie",), approved_by="Olga" * paper, approved_on="1.09.2026" * paper,
    )  # fmt: skip


KNOWN = [deviation("BB1", "Wolno."), deviation("BB2", "Nie wolno.", paper=True)]


def browser(office: ProcessEngine, person: str, known: Sequence[Deviation] = KNOWN) -> Browser:
    def extract(*given: object) -> bytes:
        return repr(given).encode()

    application = create_application(office, deviations=known, extract=extract)
    return Browser.of(application, office.accounts.open(person))


def wording(page: str) -> str:
    found = re.search(r'name="wording" value="(\w{16})"', page)
    return found[1] if found else ""


def approve(visitor: Browser, page: str | None = None) -> None:
    worded = wording(visitor.text if page is None else page)
    visitor.post("/deviations/sio/BB1", wording=worded)


def test_an_owner_approves_what_is_read_and_everybody_sees_who_and_when(office: ProcessEngine) -> None:
    olga, aldona = browser(office, "olga"), browser(office, "aldona")
    page = olga.get("/deviations")
    assert "=&lt;b&gt;Tekst&lt;/b&gt; milczy." in page
    assert page.count(">Zatwierdź<") == 1  # the other is approved on paper
    assert "Zatwierdź<" not in aldona.get("/deviations")
    approve(aldona)
    assert aldona.status == 404
    approve(olga)
    assert "Olga Próbna, " in olga.text
    olga.text = page
    approve(olga)  # sent twice
    assert (olga.status, office.registers.counts(REGISTER)) == (200, (1, 0))
    lines = list(csv.reader(io.StringIO(aldona.get("/deviations/csv")[1:]), delimiter=";"))
    assert lines[1][:4] == ["SIO", "BB1", "'=<b>Tekst</b> milczy.", "Wolno."]
    assert [line[-1].split(":")[0] for line in lines[1:]] == ["zatwierdzono", "zatwierdzono poza Obiegiem"]
    assert "BB2" in aldona.get("/deviations/pdf")
    assert "BB1" not in aldona.get("/deviations?open=1")


def test_what_is_worded_anew_is_approved_anew(office: ProcessEngine) -> None:
    olga = browser(office, "olga")
    page = olga.get("/deviations")
    approve(olga)
    reworded = [deviation("BB1", "Wolno, ale rzadko."), KNOWN[1]]
    assert with_approvals(office, reworded)[0].standing is Standing.REWORDED
    later = browser(office, "piotr", reworded)
    shown = later.get("/deviations")
    assert "zmieniono od zatwierdzenia" in shown
    approve(later, page)  # it was opened before
    assert (later.status, "Brzmienie BB1 zmieniono" in later.text) == (409, True)
    approve(later, shown)
    assert with_approvals(office, reworded)[0].standing is Standing.APPROVED
    (back, _) = with_approvals(office, KNOWN)  # put back to what Olga approved first
    assert back.approval is not None
    assert (back.standing, back.approval.by) == (Standing.APPROVED, "olga")
    once_more = [deviation("BB1", "Nigdy."), KNOWN[1]]
    (third, _) = with_approvals(office, once_more)
    assert third.approval is not None
    assert (third.standing, third.approval.by) == (Standing.REWORDED, "piotr")


def test_the_command_tells_what_was_approved_on_the_page(
    office: ProcessEngine, database_url: str, tmp_path: Path
) -> None:
    visitor = browser(office, "olga")
    visitor.get("/deviations")
    approve(visitor)
    (tmp_path / "sio").mkdir()
    file = 'BB1: {text: "=<b>Tekst</b> milczy.", reading: Wolno., why: Bo tak., carried_by: [zadanie]}'
    (tmp_path / "sio/deviations.yaml").write_text(file, encoding="utf-8")
    shipped = Office(processes=tmp_path, forms=tmp_path, database=database_url)
    printed = CliRunner().invoke(obieg, ["deviations"], obj=shipped)
    assert (printed.exit_code, "approved  olga, " in printed.output) == (0, True)
