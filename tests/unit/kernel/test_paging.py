"""Pages of big instances: a step reads those it is about, and decides as if it had read all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from random import Random  # noqa: TID251  # seeded: every run moves the same

import pytest
from msgspec.structs import replace

from engine.errors import Damaged
from engine.kernel import Context, codec, fold, step, tree
from engine.kernel import commands as cmd
from engine.kernel.tree import InstanceTree
from tests.builders import Process, process, steps
from tests.unit.kernel.test_step import NOW, context, started


class Stored:
    """A state as a database keeps it, and what is read of it."""

    def __init__(self, state: InstanceTree) -> None:
        self.pages: dict[int, bytes] = {}
        self.asked: list[int] = []
        self.write(state)

    def write(self, state: InstanceTree) -> None:
        self.state = codec.encode_state(state)
        for number, content in codec.encode_pages(state, state.touched).items():
            self.pages.pop(number, None)
            if content:
                self.pages[number] = content

    def read(self, numbers: Collection[int] | None) -> Mapping[int, bytes]:
        found = self.pages if numbers is None else {n: self.pages[n] for n in numbers if n in self.pages}
        self.asked += sorted(found)
        return dict(found)

    def opened(self, *pages: int) -> InstanceTree:
        self.asked.clear()
        found = codec.open_tree(self.state, self)
        found.load(pages)
        return found

    def whole(self) -> InstanceTree:
        return codec.decode_tree(self.state, self.pages)


def many(times: int) -> Process:
    drawing = process("p").start().user_task("a")
    return drawing.multi_instance(f"for i in 1..{times} return i", "n", collect=("all", "n")).end()


def nested(times: int) -> Process:
    inner = steps().start().user_task("a").user_task("b").end()
    return process("p").start().sub_process("each", inner).multi_instance(times=str(times)).end()


def later(around: Context, first_key: int) -> Context:
    """The same surroundings for a further step."""
    return replace(around, recorded=replace(around.recorded, first_key=first_key))


def place(state: InstanceTree, index: int, element: str) -> tuple[int, int]:
    """The key and the page of an open task in so many'th instance."""
    for key, each in state.elements.items():
        around = state.elements.get(each.scope)
        if each.element_id == element and index in (each.loop_index, around.loop_index if around else 0):
            return key, state.places[key]
    raise AssertionError(element)


@pytest.mark.parametrize("times", [300, 1_500])
@pytest.mark.parametrize("deep", [False, True])
def test_a_completion_reads_and_writes_the_same_few_pages_of_any_number(times: int, *, deep: bool) -> None:
    drawing = nested(times) if deep else many(times)
    stored = Stored(started(drawing).tree)
    key, number = place(stored.whole(), 250, "a")
    command = cmd.CompleteUserTask(task_key=key, variables={"x": 1})
    after = step(stored.opened(number), command, context(drawing, first_key=50_000)).tree
    written = codec.encode_pages(after, after.touched)
    assert stored.asked == ([number, 3] if deep else [3])
    assert sorted(written) == ([number] if deep else [3])
    assert sum(map(len, written.values())) + len(codec.encode_state(after)) < 12_000
    assert len(stored.pages) >= times // 100


def test_the_last_instances_need_what_all_have_brought_and_leave_nothing() -> None:
    around, first = context(many(130)), 10_000
    stored = Stored(step(None, cmd.Start(variables={}), around).tree)
    while (now := stored.whole()).header.state == "active":
        key = next(key for key, each in now.elements.items() if each.user_task is not None)
        read = stored.opened(now.places[key])
        command = cmd.CompleteUserTask(task_key=key, variables={})
        after = step(read, command, later(around, first)).tree
        stored.write(after)
        first += 10
    assert now.root.variables == {"all": list(range(1, 131))}
    assert stored.pages == {}


def everything() -> Process:
    """Repeated inside repeated, side by side and one by one, with items, outputs, timers, conditions."""
    votes = steps().start().user_task("vote").multi_instance("members", "m", collect=("votes", "m"))
    votes.sub_process("round", steps().start().user_task("say").looping("loopCounter < 3").end())
    votes.multi_instance("[7, 8, 9, 10, 11]", "item", sequential=True, collect=("said", "item + n")).end()
    votes.at("vote").boundary_timer("2026-01-02T08:00", interrupting=False).user_task("remind").end()
    drawing = process("p").start().sub_process("each", votes)
    drawing.multi_instance("for i in 1..7 return i", "n", collect=("all", "votes"), until="enough = true")
    drawing.boundary_timer("2026-01-02T08:00", "cut").end("late").at("each").user_task("after").end()
    return drawing


def moves(state: InstanceTree) -> Iterator[tuple[cmd.AnyCommand, int]]:
    """What may happen next, with the page its row would name."""
    for key, each in state.elements.items():
        number = state.places.get(key, 0)
        if each.user_task is not None:
            brings = {"enough": True} if each.element_id == "say" and each.loop_index == 2 else {}
            yield cmd.CompleteUserTask(task_key=key, variables=brings if key % 5 == 0 else {}), number
        for timer in each.timers or ():
            if timer.element_id != "cut" or len(state.elements) < 20:
                yield cmd.FireTimer(timer_key=timer.key, element_key=key), number


@pytest.mark.parametrize("seed", range(4))
def test_a_state_read_in_parts_decides_as_the_whole_does(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, small in (("CHILDREN_PER_PAGE", 2), ("WITH_BODY", 2), ("TOGETHER", 6)):
        monkeypatch.setattr(tree, limit, small)
    chance, begins, first = Random(seed), context(everything()), 1_000
    begun = step(None, cmd.Start(variables={"members": ["x", "y", "z"], "enough": False}), begins)
    stored, folded = Stored(begun.tree), fold(None, begun.events, NOW)
    for _ in range(150):
        whole = stored.whole()
        if whole.header.state != "active":
            break
        command, number = chance.choice(list(moves(whole)))
        hint = (number,) if chance.random() < 0.8 else ()  # a row that does not know is right, if dear
        around = later(begins, first)
        after = step(stored.opened(*hint), command, around)
        told = step(whole, command, around)
        assert after.events == told.events
        assert list(after.tree.elements) == list(told.tree.elements)
        stored.write(after.tree)
        folded = fold(folded, after.events, NOW)
        assert codec.canonical(stored.whole()) == codec.canonical(told.tree) == codec.canonical(folded)
        first += 100
    assert stored.whole().header.pages > 10


def test_a_page_that_is_none_is_found_when_it_is_read() -> None:
    stored = Stored(started(many(300)).tree)
    stored.pages[2] = stored.pages[2][:-1]
    with pytest.raises(Damaged, match="state page"):
        stored.opened(2)
