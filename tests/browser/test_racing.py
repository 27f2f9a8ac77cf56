"""Two clerks press "Weź zadanie" at the same instant: one has the task, the other is told so politely."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from engine import UserTask
from tests.browser.accessibility import barriers
from tests.browser.office import ServedOffice
from tests.browser.visitor import Visitor

Windows = Callable[..., Visitor]
REPORT = {
    "numer_sprawy": "ZSZO03/2026/1", "wnioskodawca": "dyrektor.sp900", "login": "jkowalska",
    "powod": "zgubienie", "data_wykrycia": dt.date(2026, 12, 17), "dane_zweryfikowane": True,
    "oswiadczenie": True, "sposob_przekazania": "elektronicznie",
}  # fmt: skip
# Both requests leave before either is answered: a click would wait for its own page.
PRESSED = "(button) => setTimeout(() => button.click(), 0)"


@pytest.fixture
def task(office: ServedOffice) -> UserTask:
    """A task either clerk may take."""
    office.engine.people.add(
        "ek04.druga", name="Druga Osoba", roles=["clerk"], groups=["EK-04"], by="wlasciciel"
    )
    office.engine.start(
        "zszo03_haslo_startowe", variables=REPORT, business_key="ZSZO03/2026/1", actor="dyrektor.sp900"
    )
    office.work()
    [task] = office.engine.user_tasks(element_id="podejmij_wniosek")
    return task


def test_two_clerks_race_for_one_task(visitor: Windows, office: ServedOffice, task: UserTask) -> None:
    clerks = {person: visitor(person) for person in ("ek04.nowak", "ek04.druga")}
    buttons = []
    for window in clerks.values():
        page = window.open(f"/tasks/{task.key}")
        buttons.append(page.get_by_role("button", name="Weź zadanie", exact=True))
    one, other = (window.page for window in clerks.values())
    with one.expect_navigation(), other.expect_navigation():
        for button in buttons:
            button.evaluate(PRESSED)
    winner = str(office.engine.user_task(task.key).assignee)
    [loser] = clerks.keys() - {winner}
    lost, won = clerks[loser].page, clerks[winner].page
    assert "ma już ktoś inny" in lost.inner_text("main")
    assert barriers(lost) == []
    assert won.get_by_role("button", name="Zakończ zadanie", exact=True).is_visible()
    lost.goto(won.url)
    assert lost.get_by_role("button", name="Zakończ zadanie", exact=True).count() == 0
