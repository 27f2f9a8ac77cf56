"""Islands: the bundles of ``web/ui`` a page asks for, under names that change with their content."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import msgspec
from markupsafe import Markup

DIST = Path(__file__).parent / "static" / "dist"
_ADDRESS = "/static/dist/"


class Islands:
    """What was built, as tags for a page's HTML.

    Where nothing was built (``python web/build_ui.py``) pages have no islands and say everything in HTML.
    """

    def __init__(self, folder: Path = DIST) -> None:
        self._manifest = folder / "manifest.json"
        self._files: MappingProxyType[str, tuple[str, ...]] = MappingProxyType({})
        self._read_at = 0

    def tags(self, name: str) -> Markup:
        """Return the tags that load an island's (or a style's) bundle, nothing where it was not built."""
        files = self._current().get(name, ())
        return Markup("").join(_STYLE.format(_ADDRESS, f) for f in files if f.endswith(".css")) + Markup(
            ""
        ).join(_SCRIPT.format(_ADDRESS, f) for f in files if f.endswith(".js"))

    def _current(self) -> MappingProxyType[str, tuple[str, ...]]:
        """Return the manifest, read again after a build: a server need not be started anew."""
        try:
            written = self._manifest.stat().st_mtime_ns
            if written != self._read_at:
                read = msgspec.json.decode(self._manifest.read_bytes(), type=dict[str, tuple[str, ...]])
                self._files, self._read_at = MappingProxyType(read), written
        except FileNotFoundError:
            return MappingProxyType({})
        return self._files


_STYLE = Markup('<link rel="stylesheet" href="{}{}">')
_SCRIPT = Markup('<script type="module" src="{}{}"></script>')
