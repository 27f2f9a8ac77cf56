"""Seconds to read, hash, compare and keep an export of RSPO with 60 000 schools: ``python -m bench.rspo``."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import Any

from demo.rspo import csv_export
from handlers import rspo_snapshot

COUNT = 60_000
AT = dt.datetime(2026, 12, 17, 9, 0, tzinfo=dt.UTC)


def school(number: int) -> dict[str, Any]:
    """Return an invented school in the API's shape."""
    return {
        "numerRspo": number, "nazwa": f"SZKOŁA PODSTAWOWA NR {number}", "typ": {"nazwa": "Szkoła podstawowa"},
        "dyrektorImie": "Anna", "dyrektorNazwisko": f"Przykładowa{number}", "regon": f"{number:09d}",
        "statusPublicznoPrawny": {"nazwa": "publiczna"}, "email": f"s{number}@sp.example",
        "telefon": f"{number:09d}", "dataLikwidacji": None, "podmiotNadrzedny": None,
        "podmiotPrzekazujacyDaneDoRSPO": {"nazwa": "Miasto Kraków", "regon": "351554353"},
        "podmiotProwadzacy": [{"nazwa": "Miasto Kraków"}], "powiatKodTERYT": "1261",
        "gminaKodTERYT": "1261011",
    }  # fmt: skip


def main() -> None:
    """Print the seconds of each step."""
    rows = [school(number) for number in range(1, COUNT + 1)]
    export = csv_export(rows).encode("utf-8-sig")
    path = Path(tempfile.mkdtemp()) / "rspo.json"
    times = [time.perf_counter()]
    snapshot = rspo_snapshot.imported(export, AT)
    times.append(time.perf_counter())
    rspo_snapshot.keep(path, snapshot)
    times.append(time.perf_counter())
    again = rspo_snapshot.read(path)
    times.append(time.perf_counter())
    assert again is not None
    assert rspo_snapshot.changes(again, snapshot) == []
    times.append(time.perf_counter())
    for name, begin, end in zip(("import", "keep", "read", "compare"), times, times[1:], strict=False):
        print(f"{name:8} {end - begin:6.2f} s")
    print(f"{COUNT} schools, {len(export) / 1e6:.1f} MB of CSV, {path.stat().st_size / 1e6:.1f} MB kept")


if __name__ == "__main__":
    main()
