"""One verb's work: the instances it touches, from the lock to the last written row.

Called instances share the root's bucket and lock and step in the same transaction, child before caller. A
verb loads what it is about, lets the kernel decide, and saves everything at once: state, history,
projections.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from engine import kernel
from engine.catalogue import BoundProcess
from engine.clock import monotonic
from engine.decisions import ChosenDecisions
from engine.errors import Conflict, EngineError, NotFound
from engine.history import GENESIS
from engine.kernel import Context, InstanceTree, Outcome, codec
from engine.kernel import commands as cmd
from engine.kernel import events as ev
from engine.kernel.instantiation import entries
from engine.keys import bucket_of, bucket_of_root, compose, number_of
from engine.model.definition import EventType
from engine.model.records import InstanceState
from engine.process_engine import calls, messages
from engine.process_engine.parts import Parts
from engine.process_engine.projection import Changes
from engine.process_engine.trees import opened
from engine.store import Transaction, correlation, data_keys, history_rows, instances, one_trip
from engine.store.instances import LockedInstance
from engine.store.rows import HistoryRow, InstanceRow, JobRow
from engine.store.sealing import DataKey, place

LockedJobs: TypeAlias = Mapping[int, tuple[LockedInstance, JobRow]]
RESERVED_NUMBERS = 100_000
MAX_CASCADE = 200


@dataclass(kw_only=True, slots=True)
class Member:
    """One instance in memory: its row as it will be, its state, what it has written so far."""

    row: InstanceRow
    data_key: DataKey
    tree: InstanceTree | None
    loaded: InstanceRow | None = None  # as it was; None for one that is new
    history: list[HistoryRow] = field(default_factory=list)

    @property
    def state(self) -> InstanceTree:
        """Return the state; an instance has one from its first command on."""
        if self.tree is None:
            raise EngineError(f"instance {self.row.key} has not started")
        return self.tree


class Family:
    """The instances of one root that one verb works on, in one transaction, by one actor."""

    def __init__(
        self,
        parts: Parts,
        tx: Transaction,
        first_number: int,
        *,
        actor: str,
        on_behalf_of: str = "",
        locked: LockedJobs | None = None,
    ) -> None:
        self.parts = parts
        self.tx = tx
        self.actor = actor
        self.on_behalf_of = on_behalf_of
        self.changes = Changes(self)
        self.numbers_used = 0
        self.bucket = -1
        self._first_number = first_number
        self._locked = locked or {}
        self._members: dict[int, Member] = {}
        self._todo: deque[calls.Notice] = deque()
        self._calls: deque[tuple[Member, ev.InstanceCalled]] = deque()
        self._cascaded = 0

    # --- who takes part ---

    def adopt(self, locked: LockedInstance, *pages: int | None) -> Member:
        """Take a locked instance in; ``pages`` are those of its state that what is to be done is about."""
        row, tree = locked.row, opened(locked, *pages)
        self.bucket = bucket_of(row.key)
        self._members[row.key] = Member(row=row, data_key=locked.data_key, tree=tree, loaded=row)
        return self._members[row.key]

    def member(self, key: int, page: int | None = None) -> Member:
        """Return an instance of this family, loading it under the root's lock when needed."""
        if key not in self._members:
            locked = instances.lock(self.tx, instance_key=key)
            if locked is None:
                raise NotFound(f"no process instance {key}")
            self.adopt(locked)
        if page is not None:
            self._members[key].state.load((page,))
        return self._members[key]

    def member_of_job(self, job_key: int) -> tuple[Member, JobRow] | None:
        """Return the instance a job belongs to, locked, and the job; None for one that is no longer there."""
        if job_key in self._locked:
            locked, row = self._locked[job_key]
            return None if self.changes.ends_job(job_key) else (self._grouped(locked), row)
        found = instances.lock_by_job(self.tx, job_key)
        return None if found is None else (self.adopt(found[0], found[1].page), found[1])

    def _grouped(self, locked: LockedInstance) -> Member:
        """Return an instance several of whose jobs are done at once, with the pages of all of them."""
        key = locked.row.key
        if key in self._members:
            return self._members[key]
        return self.adopt(locked, *(row.page for _, row in self._locked.values() if row.instance_key == key))

    def members(self) -> list[Member]:
        """Return everybody who takes part, in the order they came."""
        return list(self._members.values())

    def key(self) -> int:
        """Take a key for a row that is not of the kernel's making."""
        number = self._first_number + self.numbers_used
        self.numbers_used += 1
        return compose(self.bucket, number)

    def take_numbers(self, count: int) -> int:
        """Take ``count`` key numbers at once and return the first."""
        first = self._first_number + self.numbers_used
        self.numbers_used += count
        return first

    def is_new(self, key: int) -> bool:
        """Return whether a key was taken by this verb."""
        return 0 <= number_of(key) - self._first_number < self.numbers_used

    def next_root_key(self) -> int:
        """Return the key the next root instance will get."""
        number = self._first_number + self.numbers_used
        return compose(bucket_of_root(number), number)

    # --- deciding ---

    def start(self, bound: BoundProcess, command: cmd.Start, *, parameters: int | None = None) -> Member:
        """Create a root instance and let it run; ``parameters`` is its version of them (None: the newest)."""
        key = self.next_root_key()
        self.numbers_used += 1
        self.bucket = bucket_of(key)
        command = msgspec.structs.replace(command, key=key)
        if parameters is None:
            parameters = self.parts.parameters.latest_version(self.tx, bound.definition.id)
        member = self._new_member(bound, command, self.tx.keyring.new_data_key(key), parameters, None)
        self.apply(member, command)
        return member

    def _new_member(
        self, bound: BoundProcess, command: cmd.Start, data_key: DataKey, parameters: int, page: int | None
    ) -> Member:
        row = InstanceRow(
            key=command.key,
            root_key=command.root_key or command.key,
            parent_key=command.parent_key or None,
            parent_element_key=command.parent_element_key or None,
            definition_key=bound.row.key,
            process_id=bound.definition.id,
            version=bound.row.version,
            state=InstanceState.ACTIVE,
            business_key=command.business_key,
            started_at=self.tx.now,
            ended_at=None,
            parameters_version=parameters,
            seq=0,
            head_hash=GENESIS,
            parent_page=page,
        )
        member = Member(row=row, data_key=data_key, tree=None)
        self._members[row.key] = member
        return member

    def apply(self, member: Member, command: cmd.AnyCommand) -> Outcome:
        """Let the kernel work a command off, and all it causes in the family.

        Raises ``InvalidVariables`` for a command that could not be read again from history.
        """
        outcome = self._step(member, codec.checked(command))
        self._work_off()
        return outcome

    def call(self, caller: Member, event: ev.InstanceCalled) -> None:
        """Start a called instance whose turn has come, and all it causes in the family."""
        self.start_called(caller, event)
        self._work_off()

    def _work_off(self) -> None:
        while self._todo or self._calls:
            if self._todo:
                self._notify(*self._todo.popleft())
            else:
                self._call(*self._calls.popleft())

    def _notify(self, key: int, command: cmd.Command, page: int | None) -> None:
        """Tell another instance, if it still wants to know.

        A called one whose start was deferred, or that has ended already, has nothing to end; a caller that
        has left its call activity no longer waits.
        """
        deferred = key not in self._members and instances.read(self.tx, key) is None
        if not deferred and calls.is_awaited(self.member(key, page).state, command):
            self._step(self._members[key], command)

    def _step(self, member: Member, command: cmd.Command) -> Outcome:
        context = self._context(member)
        began = monotonic()
        outcome = kernel.step(member.tree, command, context)  # type: ignore[arg-type]  # every Command is in the union
        counter = self.parts.store.counter
        counter.steps += 1
        counter.step_seconds += monotonic() - began
        member.tree = outcome.tree
        self.numbers_used += outcome.keys_used
        header, was = outcome.tree.header, member.row.state
        member.row = msgspec.structs.replace(member.row, state=header.state, ended_at=header.ended_at)
        if was == InstanceState.SUSPENDED and header.ended_at is not None:
            self.changes.resume(member)
        self._record(member, command, context, outcome)
        self.changes.add(member, outcome.effects)
        self._follow(member, command, outcome.effects)
        return outcome

    def _context(self, member: Member) -> Context:
        row = member.row
        last = member.tree.header.last_at if member.tree is not None else 0
        return self.parts.catalogue.present(
            self.tx,
            row.definition_key,
            now=max(self.tx.now, last),
            first_key=compose(self.bucket, self._first_number + self.numbers_used),
            parameters=row.parameters_version,
        )

    def _record(self, member: Member, command: cmd.Command, context: Context, outcome: Outcome) -> None:
        row, seq = member.row, member.row.seq + 1
        recorded = context.recorded
        if isinstance(context.decisions, ChosenDecisions) and context.decisions.used:
            recorded = msgspec.structs.replace(recorded, decisions=context.decisions.used)
        record = codec.encode_record(command, recorded, outcome.events)
        made = HistoryRow(
            instance_key=row.key,
            seq=seq,
            at=context.recorded.now,
            actor=self.actor,
            on_behalf_of=self.on_behalf_of,
            command=str(type(command).__struct_config__.tag),
            format=codec.RECORD_FORMAT,
            semantics_version=context.recorded.semantics_version,
            prev_hash=row.head_hash,
            hash=b"",
            payload=member.data_key.seal(place("history", row.key, seq), record),
        )
        made = msgspec.structs.replace(made, hash=history_rows.hash_of(made))
        member.history.append(made)
        member.row = msgspec.structs.replace(row, seq=seq, head_hash=made.hash)

    # --- what one instance causes in another ---

    def _follow(self, member: Member, command: cmd.Command, effects: list[ev.Event]) -> None:
        if calls.CAUSES.isdisjoint(map(type, effects)):
            return
        self._calls.extend((member, each) for each in effects if isinstance(each, ev.InstanceCalled))
        by_caller = isinstance(command, cmd.Cancel) and command.by_model
        variables = member.state.root.variables or {}
        self._todo.extend(calls.notices(member.row, variables, effects, by_caller=by_caller))

    def _call(self, caller: Member, call: ev.InstanceCalled) -> None:
        """Start a called instance, or defer it to a job when this transaction has called enough."""
        if call.element_key not in caller.state.elements:
            return
        self._cascaded += 1
        if self._cascaded > MAX_CASCADE or self.numbers_used > RESERVED_NUMBERS // 2:
            self.changes.defer_call(caller, call)
            return
        self.start_called(caller, call)

    def start_called(self, caller: Member, call: ev.InstanceCalled) -> None:
        """Start the instance a call activity asked for; what cannot be found is the caller's incident."""
        try:
            bound = calls.called_process(self.parts.catalogue, self.tx, caller.row.definition_key, call)
        except (NotFound, Conflict) as error:
            self._todo.append(calls.refused(caller.row, call, error))
            return
        header = caller.state.header
        command = cmd.Start(
            variables=call.variables,
            parent_key=caller.row.key,
            parent_element_key=call.element_key,
            root_key=header.root_key,
            depth=header.depth + 1,
            key=call.child,
        )
        parameters = self.parts.parameters.latest_version(self.tx, bound.definition.id)
        page = caller.state.places.get(call.element_key)
        called = self._new_member(bound, command, caller.data_key, parameters, page)
        try:
            self._step(called, command)
        except Conflict as error:  # it has no start that a call could enter
            del self._members[called.row.key]
            self._todo.append(calls.refused(caller.row, call, error))

    # --- saving ---

    def save(self) -> None:
        """Write state, history and projections of everybody who took part."""
        acted = [member for member in self._members.values() if member.history]
        if not self._saved_in_one_trip(acted):
            for member in acted:
                self._save_state(member)
            history_rows.append(self.tx, [row for member in acted for row in member.history])
        self.changes.write()
        for member in acted:
            if member.row.ended_at is not None and member.row.parent_key is None:
                self._let_next_start(member)

    def _saved_in_one_trip(self, acted: list[Member]) -> bool:
        """Write state and history of the usual case: one command in one instance, on its page 0."""
        if len(acted) != 1 or len(acted[0].history) != 1 or not one_trip.possible(self.tx):
            return False
        (member,) = acted
        tree = member.state
        # a called one shares its case's data key
        keyed = member.loaded is not None or member.row.parent_key is None
        if not keyed or any(number for _, number in tree.touched):
            return False
        write = one_trip.begin if member.loaded is None else one_trip.go_on
        write(
            self.tx,
            member.row,
            data_key=member.data_key,
            state=codec.encode_state(tree),
            command=member.history[0],
        )
        return True

    def _let_next_start(self, member: Member) -> None:
        """Let the next buffered start message with the ended instance's correlation key have its turn."""
        definition = self.parts.catalogue.process(self.tx, member.row.definition_key).definition
        events = [each for entry in entries(definition) for each in entry.events]
        if all(event.type is not EventType.MESSAGE for event in events):
            return
        for buffered in correlation.release_start(self.tx, member.row.key):
            content = codec.decode_values(buffered.payload)
            payload = {**content, "message_key": buffered.message.key}
            keys = data_keys.read(self.tx, [buffered.message.key])
            numbers = messages.Numbers(self.take_numbers(10))
            data_key = keys.get(buffered.message.key)
            messages.deliver_in(self.tx, numbers, [buffered.subscription], payload, "message", data_key)

    def _save_state(self, member: Member) -> None:
        tree = member.state
        written = codec.encode_pages(tree, tree.touched)
        upserted = {page: content for page, content in written.items() if content}
        deleted = [page for page, content in written.items() if not content and page in tree.stored]
        pages = member.row.pages + len(upserted.keys() - tree.stored) - len(deleted)
        row = msgspec.structs.replace(member.row, pages=pages)
        state = codec.encode_state(tree)
        if member.loaded is not None:
            instances.update(
                self.tx,
                row,
                data_key=member.data_key,
                state=state,
                upserted=upserted,
                deleted=deleted,
                loaded=member.loaded,
            )
        else:
            instances.insert(
                self.tx,
                row,
                data_key=member.data_key,
                state=state,
                inserted=upserted,
                new_data_key=row.parent_key is None,
            )

    def heads(self) -> dict[int, tuple[int, bytes]]:
        """Return, by instance, the last history row written: what an unknown COMMIT is recognised by."""
        return {m.row.key: (m.row.seq, m.row.head_hash) for m in self._members.values() if m.history}
