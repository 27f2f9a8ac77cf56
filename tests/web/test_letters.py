"""What no case took, on the page of the clerks: seen, brought to its case, closed; never lost."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest

from engine import File, ProcessEngine, Unavailable
from engine.kernel.codec import decode_values
from engine.store import audit
from tests.builders import process
from tests.web.conftest import Browser

Browsers = Callable[[str | None], Browser]
AT = dt.datetime(2026, 12, 16, 23, 59, tzinfo=dt.UTC)


def arrive(office: ProcessEngine, number: str = "", *, subject: str = "Prośba <b>o</b> termin") -> str:
    """Let a letter come that no case takes; returns its address."""
    arrival = office.take_in(
        request_id=f"mail {subject} {number}", register="poczta_przychodzaca", subject=subject,
        data={
            "rodzaj": "pismo w sprawie", "nadawca": "d@sp.example", "otrzymano": AT, "numer_sprawy": number,
        },
        files=[
            File(name="tresc.txt", media_type="text/plain", content="Proszę o <script>termin".encode()),
            File(name='a"b.html', media_type="text/html", content=b"<script>"),
        ],
    )  # fmt: skip
    return f"/letters/poczta_przychodzaca/{arrival.number}"


def test_a_letter_is_seen_as_text_and_its_files_are_only_given_along(
    browser: Browsers, office: ProcessEngine
) -> None:
    path = arrive(office, "SIO/2026/43")
    jan = browser("jan")
    assert path in jan.get("/letters")
    assert "&lt;b&gt;" in jan.text
    assert "Proszę o &lt;script&gt;termin" in jan.get(path)
    found = re.search(r'name="form_token" value="([^"]+)"', jan.text)
    assert found is not None
    form = {"form_token": found[1]}
    answer = jan.client.post(f"{path}/files/1", data=form)
    assert (answer.content, answer.headers["content-type"]) == (b"<script>", "application/octet-stream")
    assert answer.headers["content-disposition"] == 'attachment; filename="a_b.html"'
    assert jan.client.post(f"{path}/files/7", data=form).status_code == 404


def test_a_letter_is_brought_to_the_case_that_waits_for_it(browser: Browsers, office: ProcessEngine) -> None:
    path = arrive(office)
    shape = process("czeka").start().catch_message("wniosek_o_przedluzenie", key="numer").end()
    office.deploy(shape.files(), by="olga")
    jan = browser("jan")
    jan.get(path)
    jan.post(f"{path}/forward", message="wniosek_o_przedluzenie", number="SIO/2026/43")
    assert (jan.status, "na to nie czeka" in jan.text) == (409, True)
    jan.post(f"{path}/forward", message="inna", number="SIO/2026/43")
    assert jan.status == 409
    case = office.start("czeka", variables={"numer": "SIO/2026/43"}, actor="x").key
    office.run_until_idle()
    jan.post(f"{path}/forward", message="wniosek_o_przedluzenie", number="SIO/2026/43")
    office.run_until_idle()
    variables = office.variables(case)
    assert (variables["wniosek_uzasadnienie"], variables["wniosek_otrzymano"]) == (
        "Proszę o <script>termin",
        AT,
    )
    assert path not in jan.get("/letters")
    jan.get(path)
    assert jan.status == 404


def test_a_letter_is_closed_only_with_what_was_done(browser: Browsers, office: ProcessEngine) -> None:
    path = arrive(office)
    jan = browser("jan")
    jan.get(path)
    for short in ("  ", "x", " krótko   "):
        jan.post(f"{path}/close", resolution=short)
        assert (jan.status, "co najmniej 10 znaków" in jan.text) == (409, True)
    jan.post(f"{path}/close", resolution="Oddzwoniono")
    (entry,) = office.registers.all_in("poczta_przychodzaca")
    assert entry.resolution == "Oddzwoniono"
    jan.get("/letters/wnioski_sio/1")
    assert jan.status == 404


def test_the_oldest_of_very_many_letters_is_listed_first_and_opens(
    browser: Browsers, office: ProcessEngine
) -> None:
    with office.parts.store.transaction() as tx:
        for number in range(1, 202):
            office.registers.append(
                tx, register="zmiany_rspo", instance_key=None, subject=f"Zmiana {number:03}.", data={}
            )
    jan = browser("jan")
    first = jan.get("/letters")
    assert first.index("Zmiana 001.") < first.index("Zmiana 100.")
    assert ("Zmiana 101." in first, 'href="?from=100"' in first) == (False, True)
    last = jan.get("/letters?from=200")
    assert ("Zmiana 201." in last, "Zmiana 200." in last, 'rel="next"' in last) == (True, False, False)
    assert "Zmiana 001." in jan.get("/letters/zmiany_rspo/1")
    jan.get("/letters/zmiany_rspo/202")
    assert jan.status == 404


def test_a_letter_of_no_case_is_not_read_without_a_trace(browser: Browsers, office: ProcessEngine) -> None:
    path = arrive(office)
    jan = browser("jan")
    jan.get(path)
    jan.post(f"{path}/files/0")
    with office.parts.store.reading() as tx:
        noted = [decode_values(row.payload) for row in audit.read(tx) if row.action == "personal_data_shown"]
    assert [each["what"].partition(" ")[0] for each in noted] == ["document"]


def test_forwarding_to_another_case_after_a_crash_reaches_that_case(
    browser: Browsers, office: ProcessEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = arrive(office)
    shape = process("czeka").start().catch_message("wniosek_o_przedluzenie", key="numer").end()
    office.deploy(shape.files(), by="olga")
    cases = [office.start("czeka", variables={"numer": f"SIO/2026/{at}"}, actor="x").key for at in (1, 2)]
    office.run_until_idle()
    jan = browser("jan")
    jan.get(path)

    def die(*_: object, **__: object) -> None:
        raise Unavailable("the node stopped between the two transactions")

    with monkeypatch.context() as patched:
        patched.setattr(office.registers, "resolve", die)
        jan.post(f"{path}/forward", message="wniosek_o_przedluzenie", number="SIO/2026/1")
    jan.get(path)
    jan.post(f"{path}/forward", message="wniosek_o_przedluzenie", number="SIO/2026/2")
    office.run_until_idle()
    assert [str(office.instance(key).state) for key in cases] == ["completed", "completed"]
