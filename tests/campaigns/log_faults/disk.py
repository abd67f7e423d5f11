"""A disk whose power can be cut: what was not synced is then lost, kept or torn, as it falls.

It watches real files: SQLite's through an apsw VFS, those of the head and of the network's key in place of the `os`
module. Whatever is written goes to the real file too, so that the log works as ever; in memory is kept, beside what
each file holds for sure, all that was written to it since it was last synced. The same for the names in each folder.
"""

import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, NamedTuple

import apsw

from services import durable
from services.log import head, keys, network_key

Image = dict[str, bytes]  # what a power cut left: folder/name -> content


class Write(NamedTuple):
    """Bytes at an offset, or (None) the file's end put there."""

    offset: int
    data: bytes | None


class File:
    def __init__(self, synced: bytes = b"", pending: tuple[Write, ...] = ()) -> None:
        self.synced, self.pending = synced, list(pending)

    def after(self, writes: list[Write]) -> bytes:
        content = bytearray(self.synced)
        for offset, data in writes:
            if data is None:
                del content[offset:]
            content.extend(b"\0" * (offset - len(content)))
            if data is not None:
                content[offset : offset + len(data)] = data
        return bytes(content)

    def sync(self) -> None:
        self.synced, self.pending = self.after(self.pending), []

    def survives(self, dice: Random) -> bytes:
        mood = dice.choice(("none", "all", "some", "torn"))
        if mood in ("none", "all"):
            return self.after(self.pending if mood == "all" else [])
        kept = []
        for offset, data in self.pending:
            if dice.random() < 0.5:
                kept.append(Write(offset, data))
            elif mood == "torn" and data is not None:
                torn_at = dice.randrange(dice.choice((len(data), min(len(data), 200))))  # a head's slot is mostly empty
                kept.append(Write(offset, data[:torn_at]))
        return self.after(kept)


class Names:
    """The files of one folder by their names, as they are and as they may be after a power cut."""

    def __init__(self) -> None:
        self.now: dict[str, File] = {}
        self.durable = [self.now]  # the last of them that is certain, and all that may have become so

    def rename(self, names: dict[str, File]) -> None:
        self.now = names
        self.durable.append(names)

    def sync(self) -> None:
        self.durable = [self.now]


class Disk:
    """The folders within one folder. `before_each` is called before each thing that is done to it: the moments to cut
    the power."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: defaultdict[str, Names] = defaultdict(Names)
        self.before_each: Callable[[], None] = lambda: None

    def file(self, path: Path) -> File:
        names = self._beside(path)
        if path.name not in names.now:
            self.before_each()
            names.rename({**names.now, path.name: File()})
        return names.now[path.name]

    def write(self, file: File, offset: int, data: bytes | None) -> None:
        self.before_each()
        file.pending.append(Write(offset, data))

    def sync(self, file: File) -> None:
        self.before_each()
        file.sync()

    def replace(self, old: Path, new: Path) -> None:
        self.before_each()
        names = dict(self._beside(old).now)
        names[new.name] = names.pop(old.name)
        self._beside(old).rename(names)

    def remove(self, path: Path) -> None:
        self.before_each()
        names = self._beside(path)
        names.rename({other: file for other, file in names.now.items() if other != path.name})

    def sync_names(self, folder: Path) -> None:
        self.before_each()
        self.names[folder.name].sync()

    def power_cut(self, dice: Random) -> Image:
        """What is found when the power is back."""
        return {
            f"{folder}/{name}": file.survives(dice)
            for folder, names in self.names.items()
            for name, file in dice.choice(names.durable).items()
        }

    def killed(self, folder: Path) -> "Disk":
        """The disk as a killed process leaves it, in another folder: all is there, and as little of it synced."""
        disk = Disk(folder)
        for within, names in self.names.items():
            files = {id(file): file for durable in names.durable for file in durable.values()}
            copies = {key: File(file.synced, tuple(file.pending)) for key, file in files.items()}
            copy = disk.names[within]
            copy.durable = [{n: copies[id(file)] for n, file in durable.items()} for durable in names.durable]
            copy.now = copy.durable[-1]
            (folder / within).mkdir(exist_ok=True)
            for name, file in copy.now.items():
                (folder / within / name).write_bytes(file.after(file.pending))
        return disk

    def _beside(self, path: Path) -> Names:
        return self.names[path.parent.name]

    # --- how the log comes to write to it ---------------------------------------------------------------------------

    def __enter__(self) -> "Disk":
        self._vfs = _Vfs(self)
        head.os = keys.os = network_key.os = durable.os = watched = _Os(self)
        head._fdatasync = watched.fsync
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        head.os, keys.os, network_key.os, durable.os, head._fdatasync = os, os, os, os, os.fsync
        self._vfs.unregister()

    def connect(self, path: Path) -> Any:
        """A connection whose files are on this disk; its write-ahead log is moved to the database often."""
        connection = apsw.Connection(str(path), vfs=_Vfs.NAME)
        connection.execute("PRAGMA wal_autocheckpoint = 24")
        return connection


class _Vfs(apsw.VFS):
    NAME = "power-cut"

    def __init__(self, disk: Disk) -> None:
        super().__init__(self.NAME, "")
        self._disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> "_VfsFile":
        return _VfsFile(self._disk, name, flags)

    def xDelete(self, name: str, sync_folder: bool) -> None:
        super().xDelete(name, sync_folder)
        self._disk.remove(Path(name))
        if sync_folder:
            self._disk.sync_names(Path(name).parent)


class _VfsFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
        self._file = disk.file(self._path)
        # SQLite syncs the folder with the first sync of a journal.
        self._name_synced = not self._path.name.endswith(("-wal", "-journal"))

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.write(self._file, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self._disk.write(self._file, size, None)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self._disk.sync(self._file)
        if not self._name_synced:
            self._disk.sync_names(self._path.parent)
            self._name_synced = True
        super().xSync(flags)


class _Os:
    """The `os` module as services/log/ and services/durable.py use it."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._open: dict[int, File | Path] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Path, flags: int, *mode: int) -> int:
        descriptor = os.open(path, flags, *mode)
        self._open[descriptor] = path if path.is_dir() else self._disk.file(path)
        if flags & os.O_TRUNC:
            self._disk.write(self._open[descriptor], 0, None)
        return descriptor

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        self._disk.write(self._open[descriptor], offset, data)
        return os.pwrite(descriptor, data, offset)

    def write(self, descriptor: int, data: bytes) -> int:
        return self.pwrite(descriptor, data, 0)  # nobody writes twice

    def fsync(self, descriptor: int) -> None:
        opened = self._open[descriptor]
        self._disk.sync(opened) if isinstance(opened, File) else self._disk.sync_names(opened)

    def replace(self, old: Path, new: Path) -> None:
        self._disk.replace(old, new)
        os.replace(old, new)

    def unlink(self, path: Path) -> None:
        os.unlink(path)
        self._disk.remove(path)
