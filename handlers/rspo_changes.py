"""The nightly look at RSPO: a new snapshot, what has changed since the last, and who is told.

Each change is a line of the register ``zmiany_rspo`` and a signal to cases; only then is the new snapshot
kept. A crash in between tells a change twice, never not at all.
"""

from __future__ import annotations

from pathlib import Path

from engine import WARSAW, ProcessEngine
from handlers import rspo_snapshot
from handlers.rspo_snapshot import Change, RspoSettings, Snapshot

REGISTER = "zmiany_rspo"
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
    vouches = {"rspo_sha256": snapshot.sha256, "rspo_z_dnia": snapshot.fetched_at.astimezone(WARSAW).date()}
    engine.broadcast_signal(change.signal, variables={**told, **vouches})
