"""Compiling: how far the kernels have come, and whether a machine keeps what was compiled before."""

from collections.abc import Callable
from typing import Any

from numba.core import event
from numba.core.dispatcher import Dispatcher

from matcher import kernels, workspace

_COMPILES = "numba:compile"  # numba tells it of each kernel that it does not find where it keeps them
KERNELS = [each for each in vars(kernels).values() if isinstance(each, Dispatcher)]

NO_PLACE = "numba finds no folder to keep compiled kernels in, so that each process of Weft compiles them anew"
NAME_A_PLACE = "set NUMBA_CACHE_DIR to a folder that can be written"


def place() -> str | None:
    """The folder where numba keeps what it compiles; None: it finds none that can be written."""
    found: str | None = kernels.choose.stats.cache_path
    return found


def are_kept() -> bool:
    """Whether nothing is left to compile. Loads what is kept, and compiles nothing."""
    try:
        with event.install_listener(_COMPILES, _Refusal()):
            workspace.warm_up()
    except _NotKept:
        return False
    return True


def compile_all(advance: Callable[[int], None]) -> bool:
    """Compiles every kernel that is not kept; whether there was one. `advance` is told how many more of KERNELS are
    ready: not all where some are kept, since whoever calls a kept kernel has those that it calls, too."""
    progress = _Progress(advance)
    with event.install_listener(_COMPILES, progress):
        workspace.warm_up()
    progress.look()
    return progress.has_begun


class _NotKept(Exception):
    """A kernel would have to be compiled."""


class _Refusal(event.Listener):
    def on_start(self, compiled: Any) -> None:
        raise _NotKept

    def on_end(self, compiled: Any) -> None:
        """Nothing was begun."""


class _Progress(event.Listener):
    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance, self._ready, self.has_begun = advance, 0, False

    def on_start(self, compiled: Any) -> None:
        self.has_begun = True
        self.look()

    def on_end(self, compiled: Any) -> None:
        self.look()

    def look(self) -> None:
        """Tells how many more are ready since the last look."""
        ready = sum(bool(kernel.signatures) for kernel in KERNELS)
        self._advance(ready - self._ready)
        self._ready = ready
