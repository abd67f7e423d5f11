"""An index as bytes, and back: so that a start need not build it anew.

Pickled, since that is what loads fastest; without its world, which is kept beside it, and without what is only derived
of it. Whoever opens the bytes must know who wrote them (services/snapshot.py seals them): they make nothing but what an
index is made of, whatever they say.
"""

import pickle
from collections.abc import Callable, Iterator
from copyreg import __newobj__  # type: ignore[attr-defined]
from typing import IO, Any

import numpy as np

from matcher.company import Company
from matcher.history import Needs
from matcher.index import Index
from matcher.roster import Roster
from matcher.rows import Owned, Postings, Rows
from matcher.world import World

PART_BYTES = 1 << 16  # as much as the pickler writes at once, so that no other thread waits for more
_PART_CELLS = PART_BYTES // 8
# What was derived of the rest: empty in what is kept, and made again by whoever reads it.
_DERIVED: dict[type, tuple[str, ...]] = {
    Index: ("of_day", "of_week", "of_now", "of_late", "spaces", "_acquaintances", "by_arrays"),
    Company: ("_known",),
    Owned: ("changed",),
    Postings: ("derived",),
    Roster: ("_arrays", "_room"),
    Needs: ("_before", "_related", "_told_naming"),
}
_MADE_OF = {
    "array": {"_array_reconstructor", "array"},
    "builtins": {"frozenset", "set"},
    "collections": {"Counter", "defaultdict"},
    "copyreg": {"__newobj__"},
    "functools": {"partial"},
    "matcher.asker": {"Answered", "Need", "Past"},
    "matcher.company": {"Company"},
    "matcher.history": {"History", "Needs"},
    "matcher.index": {"Asked", "Both", "Index"},
    "matcher.keeping": {"rows_of"},
    "matcher.roster": {"Roster"},
    "matcher.rows": {"Owned", "Postings", "Rows"},
    "matcher.sayings": {"Sayings"},
}

# What damaged bytes may make the unpickler, or what it makes, raise.
_DAMAGED = (
    pickle.UnpicklingError, EOFError, ArithmeticError, AttributeError, ImportError, LookupError, MemoryError,
    RuntimeError, SystemError, TypeError,
)  # fmt: skip


class _Written:
    """What the pickler writes to: parts, with a pause after each."""

    def __init__(self, pause: Callable[[], None]) -> None:
        self.parts: list[bytes] = []
        self._pause, self._begun = pause, bytearray()

    def write(self, written: Any) -> None:
        self._begun += written
        if len(self._begun) >= PART_BYTES:
            self.end_part()
            self._pause()

    def end_part(self) -> None:
        """No part is empty."""
        if self._begun:
            self.parts.append(bytes(self._begun))
            self._begun.clear()


class _Pickler(pickle.Pickler):
    """Writes an index without its world, and with all that is only derived of it emptied."""

    def __init__(self, written: _Written) -> None:
        super().__init__(written, protocol=5)
        self._empty: dict[int, Any] = {}  # what is shared stays shared, emptied

    def reducer_override(self, held: Any) -> Any:
        """How to make it again; NotImplemented: as usual."""
        if isinstance(held, Rows):
            return rows_of, (held.width, *_cells(held))
        if isinstance(held, World):
            return World, ()
        if type(held) in _DERIVED:
            derived = {name: getattr(held, name) for name in _DERIVED[type(held)]}
            emptied = {name: self._empty.setdefault(id(value), type(value)()) for name, value in derived.items()}
            return __newobj__, (type(held),), held.__dict__ | emptied
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    """Reads an index into a world."""

    def __init__(self, kept: IO[bytes], world: World) -> None:
        super().__init__(kept)
        self._world = world

    def find_class(self, module: str, name: str) -> Any:
        """The few things that an index is made of. UnpicklingError: it is none of them."""
        if (module, name) == (World.__module__, World.__name__):
            return lambda: self._world
        if name not in _MADE_OF.get(module, ()):
            raise pickle.UnpicklingError(f"an index is not made of {module}.{name}")
        return super().find_class(module, name)


def _cells(rows: Rows) -> Iterator[Any]:
    """All cells, column by column, in parts."""
    columns = rows.columns()
    if columns.size <= _PART_CELLS:
        yield columns.tobytes()
        return
    for column in columns:
        for start in range(0, len(column), _PART_CELLS):
            yield pickle.PickleBuffer(column[start : start + _PART_CELLS])


def rows_of(width: int, *cells: bytes) -> Rows:
    """The table of these cells."""
    rows = Rows(width)
    rows.put(np.frombuffer(bytearray().join(cells), dtype=np.int64).reshape(width, -1))
    return rows


def kept(index: Index, pause: Callable[[], None]) -> list[bytes]:
    """An index as bytes, in parts; `pause` is called after each, so that others come to their turn. No change may be
    waiting for it to be built anew."""
    written = _Written(pause)
    _Pickler(written).dump(index)
    written.end_part()
    return written.parts


def again(kept: IO[bytes], world: World) -> Index:
    """The index that was `kept`, of its world, which stands as it stood then or has gone on since. ValueError: these
    bytes are damaged so that nothing can be made of them, or none that `kept` gave. That they are what it gave, to the
    last bit, is for a seal to say: with one bit another they may well make another index."""
    try:
        index = _Unpickler(kept, world).load()
        is_whole = not kept.read()  # to its end, which may be damaged, too
    except _DAMAGED as wrong:
        raise ValueError(f"it holds no index ({str(wrong) or type(wrong).__name__})") from None
    if not (is_whole and isinstance(index, Index)):
        raise ValueError("it holds no index")
    return index
