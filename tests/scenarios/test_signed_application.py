"""A signed application in a real case: the file is a document, the verdict becomes variables without anything
personal of the file.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from engine import HandlerRegistry, ProcessEngine, VirtualClock
from handlers import signature
from handlers.seals import SignatureSettings
from tests import signing
from tests.builders import process


def test_the_verdict_on_a_document_of_the_case_becomes_variables(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text(signing.root().pem)
    registry = HandlerRegistry()
    signature.register(registry, SignatureSettings(roots=str(tmp_path / "roots.pem")))
    engine = ProcessEngine("sqlite:///:memory:", clock=VirtualClock(signing.AT), handlers=registry)
    drawn = (
        process("wniosek")
        .start()
        .user_task("dolacz")
        .service_task("sprawdz", "signature.verify")
        .user_task("rozstrzygnij")
        .end()
    )
    engine.deploy(drawn.files(), by="owner")
    for content, verdict in (
        (signing.signed(), "PZ_WAZNY"),
        (signing.signed(by=signing.person()), "PZ_NIEWAZNY"),
    ):
        filed = dict(signing.APPLICATION)
        days = {
            name: dt.date.fromisoformat(filed.pop(name)) for name in ("upowaznienie_od", "upowaznienie_do")
        }
        case = engine.start("wniosek", variables={**filed, **days}, actor="anna").key
        reference = engine.documents.store(
            root_key=case, name="wniosek.xml", content=content, media_type="application/xml"
        )
        (task,) = engine.user_tasks(instance_key=case)
        engine.complete(task.key, variables={"podpisany_plik": reference}, actor="jan")
        engine.run_until_idle()
        found = engine.variables(case)
        assert found["podpis_wynik"] == verdict
        assert found["podpis_raport"]["uniewaznienie"] == "nie sprawdzono"
        assert found["pesel"] not in str(found["podpis_raport"])
        assert engine.verify(case).ok
