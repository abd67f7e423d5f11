"""The log of a folder that another process writes, read as it grows."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from services.log import Positions, Record
from services.log.reader import LogReader

LOOK_EVERY_S = 0.05


class FollowedLog:
    """As `LogReader`, but its end is where the log ends now; for one thread. LogDamaged; Trouble: there is none.

    It opens the log anew whenever its head was written: what is read then is compared with the head like at any start,
    and nobody is remembered here whose key another process has destroyed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._head = folder, folder / "head"
        self._seen = b""
        self._reader = LogReader(folder)
        self.log_id, self.sealing = self._reader.log_id, self._reader.sealing

    def read(
        self, after: Positions | None = None, to: Positions | None = None, *, remains: bool = False
    ) -> Iterator[Record]:
        """As `ReadableLog.read`."""
        self._look()
        return self._reader.read(after, to, remains=remains)

    def end(self) -> Positions:
        """As `ReadableLog.end`."""
        self._look()
        return self._reader.end()

    def within(self, patience_s: float) -> AbstractContextManager[None]:
        """As `ReadableLog.within`."""
        return self._reader.within(patience_s)

    def before(self, record: Record) -> Positions:
        """As `ReadableLog.before`."""
        return self._reader.before(record)

    def wait(self, after: Positions, timeout_s: float) -> bool:
        """As `ReadableLog.wait`; it looks every LOOK_EVERY_S."""
        give_up = time.monotonic() + timeout_s
        while not self._goes_beyond(after):
            left = give_up - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, LOOK_EVERY_S))
        return True

    def fingerprint(self, at: Positions) -> str | None:
        """As `LogReader.fingerprint`."""
        return self._reader.fingerprint(at)

    def close(self) -> None:
        """As `ReadableLog.close`."""
        self._reader.close()

    def _goes_beyond(self, after: Positions) -> bool:
        return any(position > after.get(partition, 0) for partition, position in self.end().items())

    def _look(self) -> None:
        head = self._head.read_bytes()
        if head != self._seen:
            before, self._reader = self._reader, LogReader(self._folder)
            self.sealing = self._reader.sealing
            before.close()
            self._seen = head  # of before the opening: what is written in between is looked at again
