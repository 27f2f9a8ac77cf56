"""XPath regular expressions (XQuery and XPath Functions 3.1 §5.6) that no input can make slow."""

from __future__ import annotations

from engine.feel.regex.pattern import Pattern, compile_pattern

__all__ = ["Pattern", "compile_pattern"]
