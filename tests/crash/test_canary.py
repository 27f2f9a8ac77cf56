"""The start password of a case, and the key of its package, in no byte we write (``security.md`` §3 I9).

Looked for in every file of the installation and of the systems outside, as they are and decoded: while the
secrets live, and after they were destroyed. The key stands in the SMS, and nowhere else.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from tests.crash import outcome
from tests.crash.office import ForkServer, Office, opened
from tests.crash.procedures import Zszo
from tests.crash.search import SMS_JOURNAL, Search, found_in


def test_no_disguise_is_overlooked() -> None:
    for before in (b"", b"x", b"xy"):
        text = before + b"Canary4711Canary"
        for shape in (text, base64.b64encode(text), text.hex().encode(), text.decode().encode("utf-16-le")):
            assert found_in([("place", b"\x01" + shape + b"\xff")], "Canary4711Canary") == {"place"}
    assert found_in([("place", b"Canary4711canary")], "Canary4711Canary") == set()


def test_password_and_key_stand_nowhere(database_url: str, tmp_path: Path, forks: ForkServer) -> None:
    with opened(database_url, tmp_path) as office:
        case = office.start()
        while "czekaj_na_zwrot" not in _active(office, case.key):
            assert forks.run(office.order()).code == 0
            office.do_tasks()
        variables: dict[str, Any] = {}
        for instance in office.engine.instances(root_key=case.key):
            variables |= office.engine.variables(instance.key)
        password = office.engine.secrets.read(variables["haslo_ref"], root_key=case.key)
        key = office.engine.secrets.read(variables["klucz_ref"], root_key=case.key)
        search = Search(office)
        assert search.find(Zszo.process) & {
            "obieg.db",
            "obieg.db-wal",
            "table instance",
        }  # the search does find what stands there
        assert (search.find(password), search.find(key)) == (set(), set())
        # Shown to a person, and every key wrapped anew: that must leave no trace of them either.
        assert office.engine.secrets.take_once(variables["klucz_ref"], by="ek04.nowak") == key
        office.engine.secrets.rotate(by="op")
        search = Search(office)
        assert (search.find(password), search.find(key)) == (set(), set())
        office.pass_time()
        while office.open_cases():
            assert forks.run(office.order()).code == 0
            office.do_tasks()
        outcome.require_one_valid_password_each(office, [case])
        (mail,) = [each for each in office.servers.mails() if any(each.iter_attachments())]
        assert password in outcome.package_text(mail, key).splitlines()
        search = Search(office)
        assert (search.find(password), search.find(key)) == (set(), {SMS_JOURNAL})


def _active(office: Office, key: int) -> list[str]:
    family = office.engine.instances(root_key=key)
    found = [each for instance in family for each in office.engine.elements(instance.key)]
    return [each.element_id for each in found if each.state == "active"]
