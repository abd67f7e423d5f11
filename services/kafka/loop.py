"""An event loop in a thread of its own, for clients that only know one, called from threads that do not."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import Any, TypeVar

LAST_ANSWER_S = 3  # so long a process that is to end waits for each answer of the brokers

Result = TypeVar("Result")


class Loop:
    """Runs coroutines for whoever calls from another thread."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()
        self._under_way: set[Future[Any]] = set()
        self._most_s: float | None = None
        self._of_thread = threading.local()

    def call(self, work: Coroutine[Any, Any, Result], timeout_s: float | None = None) -> Result:
        """What the coroutine returns or raises. TimeoutError: it took longer, and was cancelled; RuntimeError: the loop
        was closed."""
        if self._loop.is_closed():
            work.close()
            raise RuntimeError(f"the {self._thread.name} is closed")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._under_way.add(future)
        try:
            return future.result(self._patience_s(timeout_s))
        except (TimeoutError, CancelledError):
            future.cancel()
            raise TimeoutError from None
        finally:
            self._under_way.discard(future)

    @contextmanager
    def within(self, patience_s: float) -> Iterator[None]:
        """Inside, each call of this thread waits so long at most."""
        self._of_thread.patience_s = patience_s
        try:
            yield
        finally:
            del self._of_thread.patience_s

    def hurry(self, patience_s: float) -> None:
        """From now on every call waits so long at most; who waits already is among them."""
        self._most_s = patience_s
        for future in list(self._under_way):
            self._loop.call_soon_threadsafe(self._loop.call_later, patience_s, future.cancel)

    def _patience_s(self, timeout_s: float | None) -> float | None:
        told = (timeout_s, self._most_s, getattr(self._of_thread, "patience_s", None))
        return min((each for each in told if each is not None), default=None)

    def close(self) -> None:
        """Returns when the thread has ended; may be called twice."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
