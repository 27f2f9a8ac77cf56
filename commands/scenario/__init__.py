"""Scenario files: process tests that owners can read (``engine.md`` §11), run with real handlers.

``file`` reads them, ``world`` is the office they happen in, ``steps`` and ``expectations`` are their verbs,
``coverage`` counts what of a diagram was reached, ``run`` plays one from beginning to end.
"""
