"""Forms: reading a form-js file (a frozen subset of its JSON) and checking what a person filled in.

This is the floor's door. A form knows nothing of HTML; ``web`` draws it from the records it is checked with.
"""

from __future__ import annotations

from engine.forms.form import FilledForm, Form
from engine.forms.parts import MAX_ROWS, Component, ComponentType, Option
from engine.forms.reading import read_form

__all__ = ["MAX_ROWS", "Component", "ComponentType", "FilledForm", "Form", "Option", "read_form"]
