"""Where tests keep what nobody will look at: in memory, where the machine has a folder there.

A commit waits some 8 ms until a disk has it, and 0.1 ms in memory. No proof rests on that wait: killed
programs leave what they wrote in either, and no test plays a machine that loses its power.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108  # files below have folders of their own, as below any other
ENOUGH = 2 << 30


def scratch() -> Path | None:
    """Return the folder in memory; None where there is none, or less than 2 GB of it."""
    if not (IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK | os.X_OK)):
        return None
    return IN_MEMORY if shutil.disk_usage(IN_MEMORY).free >= ENOUGH else None
