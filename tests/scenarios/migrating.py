"""Trying a migration before doing it: what both answer must be the same."""

from __future__ import annotations

from typing import Any

import pytest

from engine import DoesNotFit
from tests.scenarios.run import Case, Run


def migrate(run: Run, case: Case, **options: Any) -> None:
    """Try it first: a dry run answers as the migration will, and changes nothing."""
    before = run.engine.instance(case.key), len(run.engine.history(case.key))
    tried = run.engine.migrate(case.key, actor="op", reason="new version", dry_run=True, **options)
    assert (run.engine.instance(case.key), len(run.engine.history(case.key))) == before
    assert run.engine.migrate(case.key, actor="op", reason="new version", **options) == tried
    run.settle()


def obstacles(run: Run, case: Case, **mapping: str) -> tuple[str, ...]:
    """Return why an instance does not fit the newest version; the try must change nothing."""
    before = run.engine.history(case.key)
    for dry_run in (True, False):
        with pytest.raises(DoesNotFit) as refused:
            run.engine.migrate(case.key, mapping=mapping, actor="op", reason="new", dry_run=dry_run)
    assert (run.engine.history(case.key), run.engine.instance(case.key).version) == (before, 1)
    return refused.value.obstacles
