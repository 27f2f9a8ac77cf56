"""The command line as a person uses it: `obieg …` in a folder of one's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cli

ROOT = Path(cli.__file__).parent
PROGRAM = [sys.executable, "-m", "cli"]


class Answer(NamedTuple):
    """What came of one command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the answer of a command with ``--format json``."""
        return json.loads(self.out)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this environment without any setting of ours, plus some."""
    # Compiled modules are kept: a program is started here many times.
    dropped = ("OBIEG_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "PYTHONPATH": str(ROOT), **(more or {})}


def obieg(folder: Path, *arguments: object, more: Mapping[str, str] | None = None) -> Answer:
    """Run the program once, in a process of its own."""
    command = [*PROGRAM, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=folder, env=environment(more), check=False, capture_output=True, text=True, timeout=120
    )
    return Answer(done.returncode, done.stdout, done.stderr)
