"""A model of many nodes on many PostgreSQL servers: a discrete event simulation with measured costs.

``python -m bench.scaling``. It measures nothing: what a unit of work costs is given (``COSTS``, measured by
the other benches), the machines are assumed (``Machine``), and the queues in between are simulated.
``docs/scaling.md`` has the table, the assumptions and what they leave out.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random  # noqa: TID251  # seeded: the same table every time

import click
import msgspec

NODES = (1, 4, 16, 64)
SERVERS = (1, 4, 16)
OPEN_CASES = 100_000_000
TIMERS_A_DAY = 10_000_000
AT_MIDNIGHT = 0.3  # of a day's deadlines: the law counts whole days, so they end at 24:00
_SEED = 17
_TRANSACTIONS = 8_000  # simulated per line, after so many per thread to warm up
_WARMING = 4
_PREPARED = 200  # bytes of a prepared transaction's record in the log
_PAGE = 8_192
_PAGES_PER_CASE = 4  # of rows and index leaves that an open case's transactions visit


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit of work costs: CPU ms of node and server, round trips, commits, bytes of WAL.

    Fewer commits than one: several units share a transaction (group commit). ``pages`` are those touched at a
    place only this case has (its rows and their index leaves); ``elsewhere`` is the share of units that also
    write a second bucket.
    """

    node_ms: float
    server_ms: float
    round_trips: float
    commits: float
    wal: float
    pages: float
    elsewhere: float = 0.0


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What is assumed of the machines; a node is one program, hence one core's worth of Python."""

    threads: int = 8  # of a node, so that it has something to do while others wait for the server
    cores: int = 16  # of a server
    flush_ms: float = 0.5  # one fsync of the log
    log_bytes_per_ms: float = 400_000.0
    read_ms: float = 0.15  # one page from the disk
    reads_at_once: int = 64
    memory: int = 96 * 10**9  # of a server, for pages
    checkpoint_seconds: int = 900
    page_image: int = 3_300  # bytes in the log, compressed
    round_trip_ms: float = 0.2
    route_ms: float = (
        0.08  # CPU per round trip of the server that finds the bucket's server, beyond one server
    )
    hot_share: float = 0.05  # of the open cases is anything done to within a day; their pages are wanted


# CPU, statements, commits and WAL: `python -m bench --quick`, PostgreSQL, one program, 22 November 2026, load
# 5 to 9, so upper bounds. Round trips: the statements, and BEGIN and COMMIT. Pages: counted from the tables.
COSTS = {
    "due timer": Cost(node_ms=0.82, server_ms=0.62, round_trips=0.5, commits=0.1, wal=2_700, pages=8),
    "service task": Cost(node_ms=1.1, server_ms=0.5, round_trips=0.66, commits=0.18, wal=1_800, pages=6),
    "message": Cost(
        node_ms=4.23, server_ms=2.5, round_trips=10.8, commits=1.27, wal=2_600, pages=10, elsewhere=1.0
    ),
    "case of 3 user tasks": Cost(
        node_ms=19.4, server_ms=10.7, round_trips=46, commits=7, wal=13_800, pages=28
    ),
}


@dataclass
class Station:
    """Some equal servers with one queue, first come first served; asked in the order of time."""

    count: int
    free: list[float] = field(default_factory=list)
    busy: float = 0.0

    def __post_init__(self) -> None:
        self.free = [0.0] * self.count

    def done_at(self, now: float, takes: float) -> float:
        """Return when work is done that comes now."""
        done = max(now, heapq.heappop(self.free)) + takes
        heapq.heappush(self.free, done)
        self.busy += takes
        return done


@dataclass
class Log:
    """The write-ahead log: who comes while it is flushed goes with the next flush, all together."""

    flush_ms: float
    bytes_per_ms: float
    ends: float = 0.0  # of the flush that runs
    next_ends: float = 0.0  # of the one after it
    busy: float = 0.0

    def done_at(self, now: float, size: float) -> float:
        """Return when a commit of so many bytes is durable."""
        written = size / self.bytes_per_ms
        self.busy += written  # a flush more costs the log nothing: it takes everybody with it
        if now >= self.next_ends:
            self.ends = self.next_ends = now + self.flush_ms + written
        elif now >= self.ends:  # the next one runs already: the one after it
            self.ends, self.next_ends = self.next_ends, self.next_ends + self.flush_ms + written
        elif self.next_ends == self.ends:  # the first to wait behind the flush that runs
            self.next_ends = self.ends + self.flush_ms + written
        else:
            self.next_ends += written
        return self.next_ends


@dataclass
class Server:
    """One PostgreSQL: its cores, its disk, its log."""

    cores: Station
    disk: Station
    log: Log

    @classmethod
    def of(cls, machine: Machine) -> Server:
        """Return an idle server."""
        return cls(
            cores=Station(machine.cores),
            disk=Station(machine.reads_at_once),
            log=Log(flush_ms=machine.flush_ms, bytes_per_ms=machine.log_bytes_per_ms),
        )


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation came to: units per second, ms per transaction, how busy everything was."""

    kind: str
    servers: int
    nodes: int
    per_second: float
    median_ms: float
    p99_ms: float
    busy: dict[str, float]

    @property
    def limit(self) -> str:
        """Return the busiest station."""
        return max(self.busy, key=lambda name: self.busy[name])


class Simulation:
    """So many nodes and servers, all threads always at work: how much gets through at most.

    A thread goes through the stages of one transaction after the other; each station is asked in the order of
    time, at the moment the thread comes to it.
    """

    def __init__(self, cost: Cost, machine: Machine, *, nodes: int, servers: int, open_cases: int) -> None:
        self._cost = cost
        self._machine = machine
        self._random = Random(_SEED)
        self._nodes = [Station(1) for _ in range(nodes)]
        self._servers = [Server.of(machine) for _ in range(servers)]
        self._missing = missing(machine, open_cases=open_cases, servers=servers)
        self._stages = (self._think, self._ask, self._read, self._commit, self._confirm)

    def run(self, kind: str) -> Result:
        """Simulate until enough transactions are done."""
        threads = len(self._nodes) * self._machine.threads
        # When each thread comes to its next stage: the one queue of the simulation.
        coming = [(0.0, thread, 0) for thread in range(threads)]
        began_at, at = [0.0] * threads, [0] * threads
        warm = threads * _WARMING
        took: list[float] = []
        done, measured_from, now = 0, 0.0, 0.0
        while len(took) < _TRANSACTIONS:
            now, thread, stage = heapq.heappop(coming)
            if stage == len(self._stages):
                done += 1
                if done == warm:
                    measured_from = now
                    self._forget()
                if done > warm:
                    took.append(now - began_at[thread])
                began_at[thread], stage = now, 0
            if stage == 0:
                at[thread] = self._random.randrange(len(self._servers))
            then = self._stages[stage](now, thread, self._servers[at[thread]])
            heapq.heappush(coming, (then, thread, stage + 1))
        took.sort()
        lasted = now - measured_from
        return Result(
            kind=kind,
            servers=len(self._servers),
            nodes=len(self._nodes),
            per_second=len(took) / lasted * 1000 / self._cost.commits,
            median_ms=took[len(took) // 2],
            p99_ms=took[int(len(took) * 0.99)],
            busy=self._busy(lasted),
        )

    def _share(self, whole: float) -> float:
        """Return a transaction's share of what a unit costs."""
        return whole / self._cost.commits

    def _think(self, now: float, thread: int, _: Server) -> float:
        node = self._nodes[thread % len(self._nodes)]
        return node.done_at(now, self._drawn(self._share(self._cost.node_ms)))

    def _ask(self, now: float, _: int, server: Server) -> float:
        trips = max(2.0, self._share(self._cost.round_trips))
        then = server.cores.done_at(now, self._drawn(self._share(self._cost.server_ms)))
        if len(self._servers) > 1:
            router = self._random.choice(self._servers)
            then = max(then, router.cores.done_at(now, trips * self._machine.route_ms))
            trips *= 2  # one hop more
        return then + trips * self._machine.round_trip_ms

    def _read(self, now: float, _: int, server: Server) -> float:
        pages = round(self._share(self._cost.pages))
        misses = sum(self._random.random() < self._missing for _ in range(pages))
        return server.disk.done_at(now, misses * self._machine.read_ms) if misses else now

    def _commit(self, now: float, _: int, server: Server) -> float:
        then = server.log.done_at(now, self._share(self._cost.wal))
        if self._elsewhere():  # prepared on both servers, at the same time
            then = max(then, self._random.choice(self._servers).log.done_at(now, _PREPARED))
        return then

    def _confirm(self, now: float, _: int, server: Server) -> float:
        return server.log.done_at(now, _PREPARED) if self._elsewhere() else now

    def _elsewhere(self) -> bool:
        return len(self._servers) > 1 and self._random.random() < self._cost.elsewhere

    def _drawn(self, mean: float) -> float:
        """Draw a service time: a third of it always, the rest exponential."""
        return mean / 3 + self._random.expovariate(1.5 / mean)

    def _forget(self) -> None:
        stations: list[Station | Log] = [*self._nodes]
        for server in self._servers:
            stations += (server.cores, server.disk, server.log)
        for station in stations:
            station.busy = 0.0

    def _busy(self, lasted: float) -> dict[str, float]:
        machine, count = self._machine, len(self._servers)
        return {
            "nodes": sum(each.busy for each in self._nodes) / lasted / len(self._nodes),
            "server CPU": sum(each.cores.busy for each in self._servers) / lasted / count / machine.cores,
            "disk": sum(each.disk.busy for each in self._servers) / lasted / count / machine.reads_at_once,
            "log": sum(each.log.busy for each in self._servers) / lasted / count,
        }


def missing(machine: Machine, *, open_cases: int, servers: int) -> float:
    """Return the share of page visits that go to the disk: of the hot pages, what memory does not hold."""
    # A hot case's rows lie among cold ones: memory holds the page, not the row.
    hot = open_cases * machine.hot_share * _PAGES_PER_CASE * _PAGE / servers
    return max(0.0, 1 - machine.memory / hot)


def first_visits(machine: Machine, cost: Cost, *, per_second: float, open_cases: int, servers: int) -> float:
    """Return the share of page visits that are the first since a checkpoint: the log then has it whole."""
    pages = open_cases * _PAGES_PER_CASE / servers
    visits = per_second / servers * cost.pages * machine.checkpoint_seconds
    return pages / visits * (1 - math.exp(-visits / pages))


def simulated(kind: str, *, nodes: int, servers: int, open_cases: int = OPEN_CASES) -> Result:
    """Return what one kind of work comes to; the second round knows how often pages go to the log whole."""
    machine, cost = Machine(), COSTS[kind]
    found = Simulation(cost, machine, nodes=nodes, servers=servers, open_cases=open_cases).run(kind)
    first = first_visits(machine, cost, per_second=found.per_second, open_cases=open_cases, servers=servers)
    whole = msgspec.structs.replace(cost, wal=cost.wal + cost.pages * first * machine.page_image)
    return Simulation(whole, machine, nodes=nodes, servers=servers, open_cases=open_cases).run(kind)


def midnight_seconds(per_second: float) -> float:
    """Return how long it takes to fire what is due at midnight, the rest of the day's timers beside it."""
    steady = TIMERS_A_DAY * (1 - AT_MIDNIGHT) / 86_400
    burst = TIMERS_A_DAY * AT_MIDNIGHT
    return burst / (per_second - steady) if per_second > steady else float("inf")


def told(results: Sequence[Result]) -> str:
    """Return one line of the table: the same work and servers with more and more nodes."""
    most = results[-1]
    rates = " | ".join(f"{each.per_second:,.0f}".replace(",", " ") for each in results)
    busiest = f"{most.limit} {min(1.0, most.busy[most.limit]):.0%}"
    drained = [f"{midnight_seconds(each.per_second) / 60:.1f}" for each in results]
    midnight = " / ".join(drained) if most.kind == "due timer" else ""
    return (
        f"| {most.kind} | {most.servers} | {rates} | {most.median_ms:.0f} / {most.p99_ms:.0f} ms | {busiest} "
        f"| {midnight} |"
    )


@click.command()
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(COSTS)), help="Only these.")
@click.option("--open-cases", type=click.IntRange(1), default=OPEN_CASES, show_default=True)
def main(kinds: tuple[str, ...], open_cases: int) -> None:
    """Print the table of docs/scaling.md."""
    click.echo(
        f"| work | servers | {' | '.join(f'{nodes} node(s)' for nodes in NODES)} "
        "| transaction, median / p99 | busiest | 3 M due at midnight, minutes |"
    )
    click.echo("|---" * (len(NODES) + 5) + "|")
    for kind in kinds or COSTS:
        for servers in SERVERS:
            simulations = (
                simulated(kind, nodes=nodes, servers=servers, open_cases=open_cases) for nodes in NODES
            )
            click.echo(told(list(simulations)))


if __name__ == "__main__":
    main()
