"""Reconciliations on a page: a list is sent, differences are told, nothing is kept but who compared."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from starlette.testclient import TestClient

from engine import ProcessEngine
from engine.kernel.codec import decode_values
from engine.store import audit
from handlers import reconciliation
from web import create_application


@pytest.mark.parametrize("person", ["jan", "aldona"])
def test_a_list_is_compared_and_the_page_tells_what_is_different(office: ProcessEngine, person: str) -> None:
    last = office.now().date() + dt.timedelta(days=9)
    with office.parts.store.transaction() as tx:
        data = {"zdarzenie": "nadano", "numer": "U-1", "do": last}
        office.registers.append(tx, register="upowaznienia", instance_key=None, subject="u", data=data)
    application = create_application(office, reconcile=reconciliation.compare)
    with TestClient(application, base_url="https://obieg.test") as client:
        client.cookies.set("__Host-obieg", office.accounts.open(person), domain="obieg.test")
        assert 'href="/reconciliations"' in client.get("/registers").text
        token = re.search(r'name="form_token" value="([^"]+)"', client.get("/reconciliations").text)
        assert token is not None

        def sent(listed: str, system: str = "sio") -> tuple[int, str]:
            form = {"form_token": token[1], "system": system}
            file = {"list": ("lista.csv", listed.encode("cp1250"), "text/csv")}
            answer = client.post("/reconciliations", data=form, files=file)
            return answer.status_code, answer.text

        status, text = sent(f"numer;do;stan\nU-1;{last};aktywne\n")
        assert (status, "Różnic nie ma" in text) == (200, True)
        status, text = sent(f"numer;do;stan\n<b>U-2</b>;{last};aktywne\n")
        assert (status, "Różnice do wyjaśnienia (2)" in text, "&lt;b&gt;U-2" in text) == (200, True, True)
        assert "u nas obowiązuje, w drugim systemie nie" in text
        status, text = sent("numer;do\n")
        assert (status, "numer;do;stan" in text) == (422, True)
        assert sent("numer;do\n", "obcy")[0] == 404
        assert client.post("/reconciliations", data={"system": "sio"}).status_code == 403
    with office.parts.store.reading() as tx:
        noted = [decode_values(row.payload) for row in audit.read(tx) if row.action == "personal_data_shown"]
    assert noted == [{"what": "reconciliation sio"}] * 2
