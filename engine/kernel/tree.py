"""One instance's state in memory: its element instances by key and by container, and where each is stored.

What is in a container of page 0 is on page 0 too, until there is much of it. A big multi-instance body has
pages for its instances, a hundred on each; every container on such a page has one of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.kernel.paging import PagedChildren, PagedElements, Paging, ReadPages
from engine.kernel.state import (
    CHILDREN_PER_PAGE,
    TOGETHER,
    WITH_BODY,
    ElementInstance,
    Header,
    LoopData,
    LoopPart,
    Page,
    PageId,
)
from engine.model.records import InstanceState


class InstanceTree:
    """One instance's state in memory, with the indexes a step needs and the pages it has touched.

    ``places`` are the pages of the element instances that are not on page 0, ``parts`` what big bodies keep
    by page.
    """

    __slots__ = (
        "_kin",
        "_known",
        "_paging",
        "children",
        "elements",
        "header",
        "parts",
        "places",
        "touched",
        "watching",
    )

    def __init__(
        self,
        header: Header,
        elements: Iterable[ElementInstance],
        parts: Mapping[int, LoopPart] | None = None,
    ) -> None:
        self.header = header
        self._known: dict[int, ElementInstance] = {}
        self._kin: dict[int, dict[int, ElementInstance]] = {}
        self._paging: Paging | None = None
        self.elements: Mapping[int, ElementInstance] = self._known
        self.children: Mapping[int, dict[int, ElementInstance]] = self._kin
        self.places: dict[int, int] = {}
        self.parts: dict[int, LoopPart] = dict(parts or {})
        self.touched: set[PageId] = set()
        self.watching: set[int] = set()  # keys of the element instances with conditions
        for element in elements:
            self._enter(element)

    @classmethod
    def empty(cls) -> InstanceTree:
        """Return the state before an instance has started; its first event fills in the header."""
        header = Header(
            key=0,
            process_id="",
            definition_key=0,
            state=InstanceState.ACTIVE,
            business_key=None,
            parent_key=0,
            parent_element_key=0,
            root_key=0,
            depth=0,
            started_at=0,
        )
        return cls(header, [])

    # --- pages ---

    def read_from(self, read: ReadPages) -> None:
        """Have the other pages read from there when they are needed; conditions may be watched anywhere."""
        self._paging = Paging(self, read)
        self.elements = PagedElements(self._known, self._paging)
        self.children = PagedChildren(self, self._kin, self._paging)
        if self.header.watching:
            self._paging.load_all()

    def load(self, numbers: Iterable[int]) -> None:
        """Have pages there that will be needed, all of them read at once."""
        if self._paging is not None:
            self._paging.load(numbers)

    def take(self, number: int, page: Page) -> None:
        """Take in what is on a stored page."""
        for element in page.elements:
            self.places[element.key] = number
            self._enter(element)
        if page.part is not None:
            self.parts[number] = page.part

    def arrange(self, added: set[int]) -> None:
        """Put what was read in any order into the one ``decode_tree`` has: by pages, then what was added."""
        last = self.header.pages + 1
        order = sorted(self._known, key=lambda key: last if key in added else self.places.get(key, 0))
        arranged = {key: self._known[key] for key in order}
        self._known.clear()
        self._known.update(arranged)

    @property
    def stored(self) -> set[int]:
        """Return the numbers of the pages that were read."""
        return set() if self._paging is None else self._paging.stored

    def inside_of(self, container: int) -> Iterable[tuple[int, ElementInstance]]:
        """Yield what is in memory of a container, each with its page."""
        places = self.places
        return ((places.get(key, 0), each) for key, each in self._kin.get(container, {}).items())

    def at_home(self) -> list[ElementInstance]:
        """Return what is on page 0, which is always in memory."""
        places = self.places
        return [each for key, each in self._known.items() if key not in places]

    def pages_of(self, container: ElementInstance) -> range:
        """Return the pages of what is in a container, none where that is with the container itself."""
        if not container.inside:
            return range(0)
        total = container.loop.total if container.loop is not None else 0
        count = -(-total // CHILDREN_PER_PAGE) if total > WITH_BODY else 1
        return range(container.inside, container.inside + count)

    def _page_for(self, element: ElementInstance) -> int:
        """Return the page a new element instance goes to; deterministic, as all of the state is."""
        scope = self.elements.get(element.scope) if element.scope else None
        if scope is None or not (scope.scope or scope.inside):
            return 0
        if not scope.inside:
            if scope.key not in self.places and len(self._known) - len(self.places) < TOGETHER:
                return 0
            scope.inside = self._new_pages(1)
            self.touch(scope)
        number = scope.inside
        if element.loop_index and _is_big(scope):
            number += (element.loop_index - 1) // CHILDREN_PER_PAGE
        self.load((number,))
        return number

    def _new_pages(self, count: int) -> int:
        first = self.header.pages + 1
        self.header.pages += count
        return first

    # --- multi-instance bodies ---

    def begin_loop(
        self, body: ElementInstance, total: int, items: list[Any] | None, *, collects: bool
    ) -> None:
        """Make an element instance a multi-instance body; a big one keeps items and outputs on pages."""
        big = total > WITH_BODY
        outputs = [None] * total if collects else None
        body.loop = LoopData(total=total, items=None if big else items, outputs=None if big else outputs)
        if not big:
            return
        body.inside = self._new_pages(-(-total // CHILDREN_PER_PAGE))
        if items is None and outputs is None:
            return
        for place, number in enumerate(self.pages_of(body)):
            here = slice(place * CHILDREN_PER_PAGE, (place + 1) * CHILDREN_PER_PAGE)
            self.parts[number] = LoopPart(
                items=None if items is None else items[here],
                outputs=None if outputs is None else outputs[here],
            )
            self.touched.add((body.key, number))

    def item_of(self, body: ElementInstance, index: int) -> tuple[Any, ...]:
        """Return the item of an instance that is to begin, nothing where the body counts only."""
        data = body.loop
        if data is None or not _is_big(body):
            return () if data is None or data.items is None else (data.items[index - 1],)
        part = self._part_of(body, index)
        return () if part is None or part.items is None else (part.items[(index - 1) % CHILDREN_PER_PAGE],)

    def outputs_of(self, body: ElementInstance) -> list[Any]:
        """Return what all instances of a body have brought, in their order."""
        if body.loop is None or not _is_big(body):
            return list((body.loop.outputs if body.loop is not None else None) or ())
        pages = self.pages_of(body)
        self.load(pages)
        return [each for number in pages for each in self.parts[number].outputs or ()]

    def keep_output(self, body: ElementInstance, index: int, output: Any) -> None:
        """Keep what an instance has brought, where the body collects that."""
        if body.loop is None or not _is_big(body):
            if body.loop is not None and body.loop.outputs is not None:
                body.loop.outputs[index - 1] = output
            return
        part = self._part_of(body, index)
        if part is not None and part.outputs is not None:
            part.outputs[(index - 1) % CHILDREN_PER_PAGE] = output
            self.touched.add((body.key, body.inside + (index - 1) // CHILDREN_PER_PAGE))

    def _part_of(self, body: ElementInstance, index: int) -> LoopPart | None:
        number = body.inside + (index - 1) // CHILDREN_PER_PAGE
        self.load((number,))
        return self.parts.get(number)

    def _forget_items(self, number: int, index: int, total: int) -> None:
        """Forget the items of a page when the last of its instances has begun."""
        part = self.parts.get(number)
        if part is None or part.items is None or (index % CHILDREN_PER_PAGE and index != total):
            return
        part.items = None
        if part.outputs is None:
            del self.parts[number]

    # --- element instances ---

    def add(self, element: ElementInstance) -> None:
        """Put a new element instance into the tree."""
        number = self._page_for(element)
        if number:
            self.places[element.key] = number
            scope = self._known[element.scope]
            if element.loop_index and scope.loop is not None:
                self._forget_items(number, element.loop_index, scope.loop.total)
        if self._paging is not None:
            self._paging.added.add(element.key)
        self._enter(element)

    def _enter(self, element: ElementInstance) -> None:
        self._known[element.key] = element
        if element.conditions:
            self.watching.add(element.key)
        siblings = self._kin.get(element.scope)
        if siblings is None:
            self._kin[element.scope] = {element.key: element}
        else:
            siblings[element.key] = element

    def remove(self, element: ElementInstance) -> None:
        """Take an element instance, which has no children any more, out of the tree."""
        if element.inside:
            self._drop_pages(element)
        self.unwatch(element)
        del self._known[element.key]
        del self._kin[element.scope][element.key]
        self._kin.pop(element.key, None)
        self.places.pop(element.key, None)
        if self._paging is not None:
            self._paging.gone.add(element.key)

    def _drop_pages(self, container: ElementInstance) -> None:
        pages = self.pages_of(container)
        self.load(pages)
        for number in pages:
            self.parts.pop(number, None)
            self.touched.add((container.key, number))

    def watch(self, element: ElementInstance) -> None:
        """Remember that an element instance watches a condition."""
        if element.key not in self.watching:
            self.watching.add(element.key)
            self.header.watching += element.key in self.places

    def unwatch(self, element: ElementInstance) -> None:
        """Forget that an element instance watches conditions."""
        if element.key in self.watching:
            self.watching.discard(element.key)
            self.header.watching -= element.key in self.places

    def touch(self, element: ElementInstance) -> None:
        """Remember that the page this element instance is stored in must be written."""
        self.touched.add((element.scope, self.places.get(element.key, 0)))

    @property
    def root(self) -> ElementInstance:
        """Return the process' own element instance; raises KeyError once the instance has ended."""
        return self.elements[self.header.key]


def _is_big(body: ElementInstance) -> bool:
    return body.loop is not None and body.loop.total > WITH_BODY
