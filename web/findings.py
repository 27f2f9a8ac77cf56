"""What the check, the proof and the second opinion say, in the language of who asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import Finding, Opinion, OpinionVerdict, Severity, Soundness, Verdict
from web.translation import N_, Language, Table, _, language, ngettext

KINDS = Table(
    {
        "deadlock": N_("może stanąć na zawsze"),
        "lack_of_synchronisation": N_("może iść dwiema drogami naraz tam, gdzie ma jedną"),
        "dead_element": N_("nigdy nie dochodzi do skutku"),
        "improper_completion": N_("może się skończyć, zostawiając coś niedokończonego"),
        "endless": N_("może się nigdy nie skończyć"),
    }
)


def message_of(finding: Finding) -> str:
    """Return the sentence of a finding in the language of the request, English where there is no other."""
    return (language() is Language.POLISH and finding.message_pl) or finding.message


def remedy_of(finding: Finding) -> str:
    """Return what to do about a finding, in the same language as its sentence."""
    if language() is Language.POLISH and finding.message_pl:
        return finding.remedy_pl
    return finding.remedy


def as_data(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as the modeler takes them, errors first."""
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    return [
        {
            "severity": str(each.severity),
            "rule": each.rule,
            "message": message_of(each),
            "remedy": remedy_of(each),
            "element": each.element_id,
            "line": each.line,
        }
        for each in sorted(findings, key=lambda each: ranks[each.severity])
    ]


def summary(findings: Sequence[Finding]) -> str:
    """Return how many findings of each kind there are, in a sentence."""
    if not findings:
        return _("Nic do poprawienia.")
    counts = {kind: sum(each.severity is kind for each in findings) for kind in Severity}
    said = [
        ngettext("%(num)s błąd", "%(num)s błędy", counts[Severity.ERROR]),
        ngettext("%(num)s ostrzeżenie", "%(num)s ostrzeżenia", counts[Severity.WARNING]),
        ngettext("%(num)s wskazówka", "%(num)s wskazówki", counts[Severity.HINT]),
    ]
    return ", ".join(text for text, kind in zip(said, Severity, strict=True) if counts[kind]) + "."


def proof(explored: Sequence[Soundness]) -> list[str]:
    """Return what all runs of each process come to, one sentence each."""
    return [sentence for each in explored for sentence in _proof_of(each)]


def _proof_of(explored: Soundness) -> list[str]:
    if explored.verdict is Verdict.SOUND:
        return [
            _(
                "%(process)s: każdy przebieg dochodzi do końca (sprawdzono %(states)s stanów).",
                process=explored.process_id,
                states=explored.states,
            )
        ]
    if explored.verdict is Verdict.NOT_PROVEN:
        return [_("%(process)s: nie udało się zbadać wszystkich przebiegów.", process=explored.process_id)]
    return [
        _(
            "%(process)s: %(element)s – %(flaw)s; droga: %(path)s.",
            process=explored.process_id,
            element=flaw.element_id,
            flaw=KINDS[str(flaw.kind)],
            path=" → ".join(flaw.path),
        )
        for flaw in explored.flaws
    ]


def opinion(opinions: Sequence[Opinion]) -> list[str]:
    """Return what another engine makes of each process, one sentence each."""
    said = {
        OpinionVerdict.AGREES: N_("%(process)s: drugi silnik zgadza się na %(paths)s drogach."),
        OpinionVerdict.DIFFERS: N_("%(process)s: drugi silnik idzie gdzieś inaczej."),
        OpinionVerdict.NOT_COMPARED: N_("%(process)s: drugi silnik nie wykonuje czegoś w tym procesie."),
    }
    return [_(said[each.verdict], process=each.process_id, paths=each.paths) for each in opinions]
