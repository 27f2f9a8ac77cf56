"""The case that is tampered with, and how to read what `verify` says about it."""

from __future__ import annotations

import datetime as dt

from engine import ProcessEngine, Report
from engine.verification import anchor
from tests.builders import Process, process

LEASE = dt.timedelta(minutes=1)


class Case:
    """An instance with four commands behind it and one open wait of every kind."""

    def __init__(self, engine: ProcessEngine) -> None:
        self.engine = engine
        engine.deploy(_drawing().files(), by="owner")
        self.key = engine.start("sprawa", variables={"numer": "7"}, business_key="K/1", actor="anna").key
        self.task = engine.user_tasks(instance_key=self.key)[0].key
        engine.claim(self.task, actor="jan")
        (job,) = engine.activate_jobs("system.zawodny", worker="w", limit=5, lease=LEASE)
        engine.fail_job(job.key, reason="bramka nie działa", retries=0)
        self.broken_job = job.key
        (incident,) = engine.incidents(instance_key=self.key)
        self.incident = incident.key
        engine.set_variables(self.key, variables={"uwaga": "x"}, actor="ola", reason="dopisek")
        self.last = engine.history(self.key)[-1].seq

    def verify(self) -> Report:
        """Verify everything, and see that verifying the one instance finds as much about it."""
        report, alone = self.engine.verify(), self.engine.verify(self.key)
        own = [finding for finding in report.findings if finding.instance_key == self.key]
        assert own == [finding for finding in alone.findings if finding.instance_key == self.key]
        return report

    def anchor(self) -> None:
        """Sign where all chains end now."""
        self.engine.parts.store.run(anchor)


def _drawing() -> Process:
    return (
        process("sprawa")
        .start()
        .parallel("rozdziel")
        .user_task("zatwierdz", name="Zatwierdź", group="EK-04")
        .boundary_timer("P3D", "termin")
        .end("po_terminie")
        .at("zatwierdz")
        .end("zatwierdzono")
        .at("rozdziel")
        .catch_message("odpowiedz", "odpowiedz", key="numer")
        .end("odpowiedziano")
        .at("rozdziel")
        .service_task("powiadom", "system.powiadom")
        .end("powiadomiono")
        .at("rozdziel")
        .service_task("zawodny", "system.zawodny")
        .end("udalo_sie")
    )


def places(report: Report, check: str) -> list[tuple[int, int]]:
    """Where one check found something: instance and seq."""
    return [(finding.instance_key, finding.seq) for finding in report.findings if finding.check == check]


def messages(report: Report, check: str) -> str:
    """What one check had to say."""
    return "\n".join(finding.message for finding in report.findings if finding.check == check)
