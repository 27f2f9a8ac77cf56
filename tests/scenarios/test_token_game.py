"""Random processes on random paths, each step of the kernel compared with an independent token game.

Open tasks, what is listened for, end events reached, deadlocks and the end itself must be the same after
every step; each step is also read again, folded and re-executed (``verify``). Hypothesis prints the example
that fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import ProcessEngine, VirtualClock
from engine.kernel import InstanceTree
from engine.process_engine.trees import tree_of
from tests.conftest import START
from tests.scenarios.nets import BLOCKS, WIRES, diagram, structured, wired
from tests.scenarios.token_game import Game, Net, Path

EXAMPLES, LONG_EXAMPLES = 12, 2_000
STEPS, CROWD = 25, 25  # of one run: steps at most, tasks at once at most
CHOICES = st.lists(st.integers(0, 59), min_size=1, max_size=12)


class Played:
    """The same process in the engine and in the game."""

    def __init__(self, engine: ProcessEngine, net: Net, seed: int) -> None:
        self.engine = engine
        self.game = Game(net, seed)
        engine.deploy(diagram(net).files(), by="owner")
        self.key = engine.start("random", variables={"choice": 0}, actor="anna").key
        engine.run_until_idle()

    def tree(self) -> InstanceTree:
        """Return the state as it is stored."""
        with self.engine.parts.store.reading() as tx:
            return tree_of(tx, self.key)

    def tasks(self) -> dict[tuple[Path, str], list[int]]:
        """Return the engine's open tasks by place, oldest first."""
        tree = self.tree()
        found: dict[tuple[Path, str], list[int]] = {}
        for key in sorted(tree.elements):
            element = tree.elements[key]
            if element.user_task is not None:
                found.setdefault((_path(tree, key), element.element_id), []).append(key)
        return found

    def step(self, choice: int) -> bool:
        """Do one of the things that can be done, on both sides; return whether there was any."""
        tasks, signals = sorted(self.tasks().items()), sorted(self.game.listens_to())
        if not tasks and not signals:
            return False
        number = choice // 4 % (len(tasks) + len(signals))
        if number < len(tasks):
            (path, task), keys = tasks[number]
            self.engine.complete(keys[0], variables={"choice": choice % 4}, actor="jan")
            self.game.complete(path, task, choice % 4)
        else:
            self.engine.broadcast_signal(signals[number - len(tasks)])
            self.game.broadcast(signals[number - len(tasks)])
        self.engine.run_until_idle()
        return True

    def compare(self) -> None:
        """Compare all that can be seen of both."""
        engine, game = self.engine, self.game
        tree = self.tree()
        assert Counter({place: len(keys) for place, keys in self.tasks().items()}) == game.tasks()
        heard = {each.name for element in tree.elements.values() for each in element.subscriptions or ()}
        assert heard == game.listens_to()
        ended = [
            e for e in engine.elements(self.key) if e.element_type == "endEvent" and e.state == "completed"
        ]
        assert Counter(each.element_id for each in ended) == game.ended
        kinds = [each.type for each in engine.incidents(instance_key=self.key, state="open")]
        assert kinds == ["deadlock"] * game.deadlocks()
        over = "terminated" if game.terminated else "completed" if game.root.is_empty else "active"
        assert str(engine.instance(self.key).state) == over
        report = engine.verify(self.key)
        assert report.ok, report


def _path(tree: InstanceTree, key: int) -> Path:
    """Return the containers an element instance is in, outermost first, with their numbers in a loop."""
    path: list[tuple[str, int]] = []
    element = tree.elements[key]
    if element.loop_index:
        path.append((element.element_id, element.loop_index))
    while element.scope:
        element = tree.elements[element.scope]
        if element.scope and element.loop is None:
            path.append((element.element_id, element.loop_index))
    return tuple(reversed(path))


def play(net: Net, choices: list[int]) -> None:
    """Play a net on a path, comparing after every step."""
    with ProcessEngine("sqlite:///:memory:", clock=VirtualClock(START)) as engine:
        played = Played(engine, net, seed=len(choices))
        played.compare()
        for turn in range(STEPS):
            crowded = sum(played.game.tasks().values()) > CROWD
            if crowded or not played.step(choices[turn % len(choices)]):
                break
            played.compare()


def examples(strategy: st.SearchStrategy[Net], long_counts: bool) -> Callable[[], None]:
    """Return the run over many nets of a kind."""

    @settings(
        max_examples=LONG_EXAMPLES if long_counts else EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(strategy, CHOICES)
    def each(net: Net, choices: list[int]) -> None:
        play(net, choices)

    return each


@pytest.mark.torture
def test_blocks_inside_blocks_move_as_the_token_game_says(long_counts: bool) -> None:
    examples(BLOCKS.map(structured), long_counts)()


@pytest.mark.torture
def test_gateways_wired_at_random_move_as_the_token_game_says(long_counts: bool) -> None:
    examples(WIRES.map(wired), long_counts)()
