"""Importing SpiffArena packages: diagrams, decisions and JSON forms into our dialect (``engine.md`` §2).

Only what means the same is translated; the rest stays visible and is told with its place and a remedy, so
that the check refuses what nobody has looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.bpmn.findings import Place, hint
from engine.bpmn.spiff_import import diagrams, forms
from engine.errors import InvalidDefinition
from engine.model.records import Finding, Imported
from engine.xml import parse

__all__ = ["import_spiff"]

_CELLS = (
    "the cells of decision tables are taken over as they are: Python's and FEEL's simple tests look alike"
)


def import_spiff(files: Sequence[tuple[str, bytes]]) -> Imported:
    """Return the files (name, bytes) of a package in our dialect, and what a person should look at."""
    made: list[tuple[str, bytes]] = []
    findings: list[Finding] = []
    for name, content in files:
        try:
            found, told = _imported(name, content)
        except InvalidDefinition as refusal:
            findings += refusal.findings
            continue
        made += found
        findings += told
    return Imported(files=tuple(made), findings=tuple(findings))


def _imported(name: str, content: bytes) -> tuple[list[tuple[str, bytes]], list[Finding]]:
    if name.endswith(".bpmn"):
        diagram, findings = diagrams.imported(parse(name, content))
        return [(name, diagram)], findings
    if name.endswith(".dmn"):
        return [(name, content)], [hint(Place(name), "import-decision", _CELLS, "read each table once")]
    if name.endswith(".json"):
        form, findings = forms.imported(name, content)
        folder = name.rpartition("/")[0]
        target = f"{folder}/{forms.form_id(name)}.form" if folder else f"{forms.form_id(name)}.form"
        return ([(target, form)] if form is not None else []), findings
    return [], []
