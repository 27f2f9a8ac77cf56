"""What the verbs stand on, put together once when an engine is opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.catalogue import Catalogue
from engine.documents import Documents
from engine.handling import HandlerRegistry
from engine.kernel import Limits
from engine.parameters import Parameters
from engine.people import People
from engine.process_engine.eager import Dispatch
from engine.process_engine.paces import Paces
from engine.registers import Registers
from engine.secrets import Secrets
from engine.store import Store, Transaction
from engine.transport import LocalTransport, Transport

ENGINE = "engine"  # the actor of what nobody did: timers, deliveries, handlers


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The store, the modules over it, the handlers, and who this node is."""

    store: Store
    catalogue: Catalogue
    handlers: HandlerRegistry
    people: People
    parameters: Parameters
    secrets: Secrets
    documents: Documents
    registers: Registers
    node: str
    limits: Limits
    transport: Transport = field(default_factory=LocalTransport)
    dispatch: Dispatch = field(default_factory=Dispatch)
    paces: Paces = field(default_factory=Paces)

    def offer(self, tx: Transaction) -> None:
        """Give the workers what a committed transaction has made ready or locked for them."""
        self.dispatch.hand(tx)
        self.hint(tx.ready_jobs)

    def hint(self, job_keys: Iterable[int]) -> None:
        """Tell the workers which jobs a committed transaction has made ready."""
        for key in job_keys:
            self.transport.hint(key)
