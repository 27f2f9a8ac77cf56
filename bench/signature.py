"""How long to verify a trusted signature, make a package, set a letter: ``python -m bench.signature``.

Medians of single runs, in milliseconds of processor time and of the wall.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from demo.context import MemoryJobContext
from handlers import signature
from handlers.package import draw_key, set_page
from handlers.package_formats import Format, sealed
from handlers.seals import SignatureSettings, Trust
from handlers.sheet import set_extract, set_letter
from tests import signing

RUNS = 30


def measure(name: str, work: Callable[[], object]) -> None:
    """Print the medians of one piece of work."""
    work()
    processor, wall = [], []
    for _ in range(RUNS):
        started, began = time.process_time(), time.perf_counter()
        work()
        processor.append(time.process_time() - started)
        wall.append(time.perf_counter() - began)
    print(
        f"{name:<34}{statistics.median(processor) * 1000:8.1f} ms"
        f"{statistics.median(wall) * 1000:8.1f} ms wall"
    )


def _package(fields: Mapping[str, str], wanted: Format) -> bytes:
    return sealed(set_page(fields, made_at=signing.AT), draw_key(), wanted)


def main() -> None:
    """Measure each."""
    with tempfile.TemporaryDirectory() as folder:
        roots = Path(folder) / "roots.pem"
        roots.write_text(signing.root().pem)
        trust = Trust(SignatureSettings(roots=str(roots)))
    content, context = signing.signed(), MemoryJobContext("signature.verify", signing.APPLICATION)
    fields = {"urzad": "Urząd", "numer_sprawy": "17", "placowka": "SP 900", "login": "a", "haslo": "b"}
    rows = [[str(number), "ZSZO/2026/17", "utrata hasła"] for number in range(100)]
    at = signing.AT
    measure("verify a signature", lambda: signature.judge(content, context, trust, at=at))
    for each in Format:
        measure(f"make a package ({each})", partial(_package, fields, each))
    measure("set a letter", lambda: set_letter("Pismo", "Sprawa: 17\n\nTreść.", office="Urząd", made_at=at))
    measure(
        "set an extract of 100 entries",
        lambda: set_extract("Rejestr", ("Nr", "Sprawa", "Co"), rows, office="Urząd", made_at=at),
    )


if __name__ == "__main__":
    main()
