"""Deployed decisions, compiled once per version; which version a step evaluates, and which one it did."""

from __future__ import annotations

from engine.deployed import at_deployment, content_of
from engine.dmn import DecisionModel, read_model
from engine.errors import NotFound
from engine.kernel import BoundDecision
from engine.store import Transaction, definitions
from engine.store.rows import DefinitionRow


class DeployedDecisions:
    """The decisions of one database; one per process, shared by its threads."""

    def __init__(self) -> None:
        self._models: dict[int, DecisionModel] = {}

    def latest(self, tx: Transaction, decision_id: str) -> BoundDecision:
        """Return the newest version of a decision; raises ``NotFound``."""
        return self._found(tx, definitions.latest(tx, "decision", decision_id), decision_id)

    def tagged(self, tx: Transaction, decision_id: str, tag: str) -> BoundDecision:
        """Return the newest version of a decision with a version tag; raises ``NotFound``."""
        row = definitions.by_tag(tx, "decision", decision_id, tag)
        return self._found(tx, row, _named(decision_id, tag))

    def of_deployment(self, tx: Transaction, decision_id: str, deployment_key: int) -> BoundDecision:
        """Return the version that was the newest at a deployment; raises ``NotFound``."""
        return self._found(tx, at_deployment(tx, "decision", decision_id, deployment_key), decision_id)

    def by_key(self, tx: Transaction, key: int) -> BoundDecision:
        """Return one version; raises ``NotFound``."""
        return self._found(tx, definitions.by_key(tx, key), f"of definition {key}")

    def _found(self, tx: Transaction, row: DefinitionRow | None, what: str) -> BoundDecision:
        if row is None:
            raise NotFound(f"expected a decision '{what}', but it is not deployed")
        model = self._models.get(row.key)
        if model is None:
            model = self._models[row.key] = read_model(_files(tx, row))
        return BoundDecision(key=row.key, model=model)


def _files(tx: Transaction, row: DefinitionRow) -> list[tuple[str, bytes]]:
    """Return a decision's file and, for its imports, the other decision files it was deployed with."""
    files = {row.sha256: (row.file, content_of(tx, row))}
    for other in definitions.of_deployment(tx, row.deployment_key):
        if other.kind == "decision" and other.sha256 not in files:
            files[other.sha256] = (other.file, content_of(tx, other))
    return list(files.values())


class ChosenDecisions:
    """The decisions of a step that happens now; ``used`` is what it found, for the record."""

    def __init__(self, deployed: DeployedDecisions, tx: Transaction, deployment_key: int) -> None:
        self._deployed = deployed
        self._tx = tx
        self._deployment_key = deployment_key
        self.used: dict[str, int] = {}

    def find(self, decision_id: str, binding: str, version_tag: str) -> BoundDecision:
        """Return the version bound to now; raises ``NotFound``."""
        asked = _asked(decision_id, binding, version_tag)
        if asked in self.used:
            return self._deployed.by_key(self._tx, self.used[asked])
        if version_tag:
            found = self._deployed.tagged(self._tx, decision_id, version_tag)
        elif binding == "deployment":
            found = self._deployed.of_deployment(self._tx, decision_id, self._deployment_key)
        else:
            found = self._deployed.latest(self._tx, decision_id)
        self.used[asked] = found.key
        return found


class RecordedDecisions:
    """The decisions of a step that has happened: the versions recorded with it, no others."""

    def __init__(self, deployed: DeployedDecisions, tx: Transaction, used: dict[str, int]) -> None:
        self._deployed = deployed
        self._tx = tx
        self._used = used

    def find(self, decision_id: str, binding: str, version_tag: str) -> BoundDecision:
        """Return the version that was bound to then; raises ``NotFound``, as then."""
        key = self._used.get(_asked(decision_id, binding, version_tag))
        if key is None:
            raise NotFound(
                f"expected a decision '{_named(decision_id, version_tag)}', but it is not deployed"
            )
        return self._deployed.by_key(self._tx, key)


def _named(decision_id: str, version_tag: str) -> str:
    return f"{decision_id}' tagged '{version_tag}" if version_tag else decision_id


def _asked(decision_id: str, binding: str, version_tag: str) -> str:
    return "\x1f".join((decision_id, binding, version_tag))
