"""What can be wrong with the log of a folder, as people are told it: what, where, and what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path

from cryptography.exceptions import InvalidTag

from services.log import LogDamaged, LogFull
from services.log.records import Broken
from services.trouble import Trouble

NO_ROOM = {ENOSPC, EDQUOT, EFBIG}  # as the system says it; SQLite counts otherwise (its FULL is the system's EACCES)
SQLITE_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
NOT_THE_CONTENT = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}


class Complaints:
    """The troubles of the log in one folder."""

    _damage = "is damaged"

    def __init__(self, folder: Path) -> None:
        self._folder, self._database = folder, folder / "events.db"

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turns what SQLite, the disk and the records say into LogDamaged or LogFull."""
        try:
            yield
        except Broken as broken:
            raise self.damaged(f"has lost or changed record {broken.position}") from None
        except sqlite3.Error as error:
            raise self._said_by_sqlite(error) from None
        except OSError as error:
            raise self._full() if error.errno in NO_ROOM else self._unusable(str(error.strerror)) from None

    def damaged(self, wrong: str, advice: str | None = None) -> LogDamaged:
        """The log is not what was acknowledged; unless there is better advice, a backup takes its place."""
        backup = f"replace the whole folder {self._folder} by its newest backup, or by an empty one"
        return LogDamaged(f"{self._database} {wrong}: {advice or backup + ', and publish again what is missing'}")

    def headless(self, wrong: str) -> LogDamaged:
        """The records may well be there, but how many there must be is not known."""
        return self.damaged(wrong, f"put back a copy of {self._folder / 'head'}, however old, and start again")

    def nothing_there(self) -> Trouble:
        """The folder has no log yet."""
        return Trouble(f"there is no log in {self._folder}: `weft publish FILE` begins one")

    def _said_by_sqlite(self, error: sqlite3.Error) -> Trouble:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # Python's own complaints have none
        if code in SQLITE_NO_ROOM:
            return self._full()
        if code & 0xFF in NOT_THE_CONTENT:
            return self._unusable(str(error))
        return self.damaged(f"{self._damage} (SQLite: {error})")

    def _unusable(self, wrong: str) -> LogDamaged:
        return self.damaged(f"cannot be used ({wrong})", "see to the disk and to who may write there, then start again")

    def _full(self) -> LogFull:
        return LogFull(f"the disk of {self._folder} is full: make room, then send the events again")


class KeyComplaints(Complaints):
    """The troubles of the keys of a log, in their folder."""

    _damage = "are damaged"

    @contextmanager
    def explained(self) -> Iterator[None]:
        """As `Complaints.explained`, and what does not open or is no key."""
        with super().explained():
            try:
                yield
            except (InvalidTag, TypeError, ValueError):
                raise self.damaged("are damaged, or wrapped with another network key") from None

    def damaged(self, wrong: str, advice: str | None = None) -> LogDamaged:
        """The keys are not those that the log needs; unless there is better advice, a copy takes their place."""
        backup = advice or f"put back the newest copy of {self._folder}"
        return LogDamaged(
            f"the keys in {self._folder} {wrong}: {backup}; without them nothing personal in the log can be read"
        )

    def _full(self) -> LogFull:
        return LogFull(f"the disk of {self._folder} is full: make room, then try again")
