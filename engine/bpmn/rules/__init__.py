"""Every rule of the check in one catalogue: severity, source, and its sentences in English and Polish.

Keys are ``rule`` or ``rule/variant``: the variants of a rule share its id and say different things. Sentences
have named placeholders that ``engine.bpmn.findings.found`` fills. ``docs/check-rules.md`` is this catalogue.
"""

from __future__ import annotations

from engine.bpmn.rules.activities import ACTIVITIES
from engine.bpmn.rules.collaborations import COLLABORATIONS
from engine.bpmn.rules.data import DATA
from engine.bpmn.rules.dialect import DIALECT
from engine.bpmn.rules.events import EVENTS
from engine.bpmn.rules.flows import FLOWS
from engine.bpmn.rules.gateways import GATEWAYS
from engine.bpmn.rules.identity import IDENTITY
from engine.bpmn.rules.registers import REGISTERS
from engine.bpmn.rules.rule import Rule
from engine.bpmn.rules.settings import SETTINGS

__all__ = ["RULES", "Rule"]

RULES: dict[str, Rule] = {
    **IDENTITY,
    **FLOWS,
    **GATEWAYS,
    **EVENTS,
    **ACTIVITIES,
    **DATA,
    **COLLABORATIONS,
    **DIALECT,
    **SETTINGS,
    **REGISTERS,
}
