"""What operators may ask of an engine: nothing here changes anything."""

from __future__ import annotations

import datetime as dt

from engine.calendar import DEFAULT_CALENDAR
from engine.model.operations import (
    DueTimer,
    ElementCount,
    IncidentCount,
    IncidentLine,
    InstanceList,
    JobCount,
    OpenInstances,
)
from engine.process_engine import operations
from engine.process_engine.guard import guarded
from engine.process_engine.parts import Parts


@guarded
class Overseeing:
    """The operators' part of the public door."""

    parts: Parts

    def day_off(self, day: dt.date) -> str:
        """Return why the office does not work on a day (``WorkingCalendar.day_off``), "" where it works."""
        return self.parts.catalogue.calendars()[DEFAULT_CALENDAR].day_off(day)

    def instance_counts(self) -> list[OpenInstances]:
        """Return how many instances of each version of each process have not ended, by state."""
        return operations.instance_counts(self.parts)

    def element_counts(self, process_id: str) -> list[ElementCount]:
        """Return how much waits at the elements of a process, whatever its version."""
        return operations.element_counts(self.parts, process_id)

    def instances_at(
        self, process_id: str, element_id: str, *, limit: int = 50, offset: int = 0
    ) -> InstanceList:
        """Return a page of the instances for which something waits at an element, the oldest first."""
        return operations.at_element(self.parts, process_id, element_id, limit=limit, offset=offset)

    def job_counts(self) -> list[JobCount]:
        """Return how many jobs there are by kind, handler type and stage."""
        return operations.job_counts(self.parts)

    def incident_counts(self) -> list[IncidentCount]:
        """Return the open incidents by process, element and type, the most frequent first, at most 100."""
        return operations.incident_counts(self.parts)

    def incident_lines(
        self,
        *,
        process_id: str | None = None,
        element_id: str | None = None,
        type: str | None = None,
        instance_key: int | None = None,
        before: dt.datetime | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[IncidentLine]:
        """Return open incidents with their jobs, the oldest first; ``before``: raised until then."""
        return operations.incident_lines(
            self.parts,
            process_id=process_id,
            element_id=element_id,
            type=type,
            instance_key=instance_key,
            before=before,
            limit=limit,
            offset=offset,
        )

    def incident_line(self, incident_key: int) -> tuple[IncidentLine, tuple[str, ...]]:
        """Return one incident and the names of the variables seen where it happened; raises ``NotFound``."""
        return operations.incident_line(self.parts, incident_key)

    def due_timers(
        self,
        *,
        process_id: str | None = None,
        before: dt.datetime | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[DueTimer]:
        """Return waiting timers, the first due first; ``before``: only those due until then."""
        return operations.due_timers(
            self.parts, process_id=process_id, before=before, limit=limit, offset=offset
        )
