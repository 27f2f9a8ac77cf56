"""Events of undoing: what can be undone, what is being undone (BPMN 2.0.2 §13.5.5)."""

from __future__ import annotations

from engine.kernel.events.event import Event


class CompensationRecorded(Event, frozen=True, tag="compensation_recorded"):
    """An activity that can be undone has completed, or (``partial``) is about to be cut off.

    ``inner``: what has completed inside it is kept with it.
    """

    key: int
    element_id: str
    inner: bool
    partial: bool = False


class CompensationTriggered(Event, frozen=True, tag="compensation_triggered"):
    """These completed activities (by container and key, in the order they completed) are undone, the last
    one first."""

    runner: int
    activities: list[tuple[int, int]]
    detached: bool = False
    cancels: bool = False


class CompensationStarted(Event, frozen=True, tag="compensation_started"):
    """The last of the activities to be undone is taken up by an element instance; ``restores``: that is
    its container again, with what had completed in it."""

    runner: int
    element_key: int
    restores: bool = False


class CompensationProgressed(Event, frozen=True, tag="compensation_progressed"):
    """The activity that was being undone is undone."""

    runner: int


class CompensationAbandoned(Event, frozen=True, tag="compensation_abandoned"):
    """Who undid something was ended before its time: what is left goes back to its containers; with
    ``current`` also the activity that was being undone."""

    runner: int
    current: bool = False


class CompensationEnded(Event, frozen=True, tag="compensation_ended"):
    """Nothing is left to be undone."""

    runner: int
