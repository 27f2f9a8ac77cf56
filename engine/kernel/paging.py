"""Reading the pages of a big instance only when something of them is asked for.

Whoever asks for one element instance by its key gets it from a page that is there already, or all pages are
read: correct wherever it is, and dear only for who does not say beforehand which page is needed (``load``).
Whoever asks for the children of a container has its pages read; whoever goes over everything, all pages.
A page comes with the pages of all containers around it: what is inside sees what is around.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from engine.kernel.state import ElementInstance, Page
    from engine.kernel.tree import InstanceTree

Children: TypeAlias = "dict[int, ElementInstance]"


class ReadPages(Protocol):
    """Where the pages of an instance come from."""

    def __call__(self, numbers: Collection[int] | None) -> Mapping[int, Page]:
        """Return those of these pages (None: of all) that there are."""


class Paging:
    """Which pages of a state are in memory; ``stored`` are those that were read, ``gone`` and ``added`` the
    keys of element instances that were taken out and put in since."""

    def __init__(self, tree: InstanceTree, read: ReadPages) -> None:
        self._tree = tree
        self._read = read
        self._newest = tree.header.pages  # pages above are made by the step itself
        self._asked: set[int] = {0}
        self.stored: set[int] = set()
        self.gone: set[int] = set()
        self.added: set[int] = set()
        self.whole = False

    def load(self, numbers: Iterable[int]) -> None:
        """Read these pages and those around them."""
        wanted = set() if self.whole else self._missing(numbers)
        while wanted:
            self._asked |= wanted
            found = self._read(wanted)
            for number in sorted(found):
                self._take(number, found[number])
            wanted = self._missing(page.around for page in found.values())

    def load_all(self) -> None:
        """Read all that is not there yet."""
        if self.whole:
            return
        found = self._read(None)
        for number in sorted(found.keys() - self.stored):
            self._take(number, found[number])
        self._tree.arrange(self.added)
        self.whole = True

    def _missing(self, numbers: Iterable[int]) -> set[int]:
        return {each for each in numbers if each <= self._newest} - self._asked

    def _take(self, number: int, page: Page) -> None:
        self.stored.add(number)
        self._tree.take(number, page)


class PagedElements(Mapping[int, "ElementInstance"]):
    """Element instances by key; in the order of their pages, whichever was read first."""

    def __init__(self, known: dict[int, ElementInstance], paging: Paging) -> None:
        self._known = known
        self._paging = paging

    def __getitem__(self, key: int) -> ElementInstance:
        """Return an element instance, reading what is not there yet; raises KeyError."""
        found = self._known.get(key)
        if found is None and key and key not in self._paging.gone:
            self._paging.load_all()
            found = self._known.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[int]:
        """Iterate over the keys of the whole state."""
        self._paging.load_all()
        return iter(self._known)

    def __len__(self) -> int:
        """Return how many element instances the whole state has."""
        self._paging.load_all()
        return len(self._known)


class PagedChildren(Mapping[int, Children]):
    """The children of each container by key."""

    def __init__(self, tree: InstanceTree, kin: dict[int, Children], paging: Paging) -> None:
        self._tree = tree
        self._kin = kin
        self._paging = paging
        self._asked: set[int] = set()

    def __getitem__(self, container: int) -> Children:
        """Return the children of a container, in their order; raises KeyError for none.

        Who goes over those of a big body goes on to what is in them: all is read at once.
        """
        if container not in self._asked:
            self._asked.add(container)
            self._read(container)
        return self._kin[container]

    def _read(self, container: int) -> None:
        scope = self._tree.elements.get(container)
        pages = range(0) if scope is None else self._tree.pages_of(scope)
        if len(pages) < 2:
            self._paging.load(pages)
            return
        self._paging.load_all()
        children = self._kin.get(container)
        if children:
            by_index = sorted(children.items(), key=lambda child: child[1].loop_index)
            self._kin[container] = dict(by_index)

    def __iter__(self) -> Iterator[int]:
        """Iterate over the containers of the whole state."""
        self._paging.load_all()
        return iter(self._kin)

    def __len__(self) -> int:
        """Return how many containers the whole state has."""
        self._paging.load_all()
        return len(self._kin)
