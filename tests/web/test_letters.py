"""What no case took, on the page of the clerks: seen, brought to its case, closed; never lost."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from engine import File, ProcessEngine
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
    jan.post(f"{path}/close", resolution="  ")
    assert jan.status == 409
    jan.post(f"{path}/close", resolution="Oddzwoniono")
    (entry,) = office.registers.all_in("poczta_przychodzaca")
    assert entry.resolution == "Oddzwoniono"
    jan.get("/letters/wnioski_sio/1")
    assert jan.status == 404
