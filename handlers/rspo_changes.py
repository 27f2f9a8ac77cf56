"""The nightly look at RSPO: a new snapshot, what has changed since the last, and who is told.

Each change is a line of the register ``zmiany_rspo`` and a signal to cases; only then is the new snapshot
kept. A crash in between tells a change twice, never not at all. Whoever cares for one school listens to
``rspo_zmiana:<number>``, so that a September with its hundreds of new directors wakes only whom they concern.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from engine import WARSAW, ProcessEngine
from handlers import rspo_snapshot
from handlers.rspo_snapshot import Change, RspoSettings, Snapshot

REGISTER = "zmiany_rspo"
OF_SCHOOL = "rspo_zmiana:"  # and the number: any change of that school
_SUBJECTS = {
    "rspo_zmiana_dyrektora": "RSPO: inny dyrektor",
    "rspo_likwidacja": "RSPO: placówka zlikwidowana",
    "rspo_wlaczenie_do_zespolu": "RSPO: zmiana podmiotu nadrzędnego",
    "rspo_placowka_usunieta": "RSPO: placówki nie ma już w rejestrze",
    "rspo_zmiana_adresu_email": "RSPO: inny adres e-mail",
    "rspo_zmiana_organu": "RSPO: inny podmiot przekazujący dane",
}


def renew(
    engine: ProcessEngine, settings: RspoSettings, export: bytes | None = None
) -> tuple[Snapshot, list[Change]]:
    """Take a new snapshot (of an export, else from the API), tell what has changed, keep it.

    Raises ``JobFailure``, ``InvalidRegister``; the snapshot before stays then. Changes are told only between
    snapshots of one source: what an export leaves out is no change.
    """
    path = Path(settings.snapshot)
    before, now = rspo_snapshot.read(path), engine.now()
    after = (
        rspo_snapshot.fetched(settings, before, now)
        if export is None
        else rspo_snapshot.imported(export, now, settings.powiat)
    )
    comparable = before is not None and before.source == after.source
    changes = rspo_snapshot.changes(before, after) if before is not None and comparable else []
    for change in changes:
        _tell(engine, after, change)
    rspo_snapshot.keep(path, after)
    return after, changes


def _tell(engine: ProcessEngine, snapshot: Snapshot, change: Change) -> None:
    """Write one change down and broadcast it; the line stays open until a clerk has looked."""
    # Names of their own: every case that listens gets them, and must keep the number of its own school.
    told = {"rspo_numer": change.number, "rspo_przed": change.before, "rspo_po": change.after}
    engine.take_in(
        request_id=f"rspo {snapshot.sha256} {change.number} {change.signal}",
        register=REGISTER,
        subject=_SUBJECTS[change.signal],
        data={**told, "sygnal": change.signal, "migawka": snapshot.sha256, "zrodlo": snapshot.source},
    )
    day = snapshot.fetched_at.astimezone(WARSAW).date()
    said = {
        **told, "rspo_sygnal": change.signal, "rspo_opis": described(change, day),
        "rspo_sha256": snapshot.sha256, "rspo_z_dnia": day,
    }  # fmt: skip
    engine.broadcast_signal(change.signal, variables=said)
    engine.broadcast_signal(f"{OF_SCHOOL}{change.number}", variables=said)


def described(change: Change, day: dt.date) -> str:
    """Return a change as a Polish sentence for a clerk's form and as the proof of a ground."""
    before, after = change.before or "nie podano", change.after or "nie podano"
    what = f"{_SUBJECTS[change.signal]} (nr {change.number}, stan z {day:%d.%m.%Y})"
    return f"{what}. Było: {before}. Jest: {after}."
