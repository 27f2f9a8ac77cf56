"""The next release, made out of this one: a copy of the engine with a second revision of the tables.

In it ``job.lock_owner``, which every claim writes and every completion asks for, is called ``holder``. The
copy is a program of its own, so an old and a new one really run side by side.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import engine

HEAD = "0002_expand_4"
STEPS = ("0002_expand_1", "0002_expand_2", "0002_expand_3", HEAD, "0002_finalize_1")
_HERE = Path(__file__).parent
_NODE = _HERE.parent / "rolling_node.py"
_RENAMED = re.compile(r"\block_owner\b")


def make(folder: Path) -> Path:
    """Write the next release into a folder and return its program (``tests.crash.rolling_node``)."""
    target = folder / "engine"
    source = Path(engine.__file__).parent
    shutil.copytree(source, target)  # what is compiled too: it stays valid where nothing is renamed
    for path in target.rglob("*.py"):
        text = path.read_text()
        if _RENAMED.search(text):
            path.write_text(_RENAMED.sub("holder", text))
    schema = target / "store" / "schema.py"
    text = schema.read_text()
    assert text.count('HEAD = "0001"') == 1
    schema.write_text(text.replace('HEAD = "0001"', f'HEAD = "{HEAD}"'))
    for step in (_HERE / "steps").glob("revision_*.py"):
        shutil.copy(step, target / "store" / "migrations" / "versions" / step.name)
    return Path(shutil.copy(_NODE, folder))
