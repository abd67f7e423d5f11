"""The file with the network's own key, which the keys of the members are wrapped with; a rotation replaces it."""

import os
from errno import ENOSPC
from pathlib import Path
from typing import NamedTuple

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.durable import remove, sync_file, sync_folder

KEY_BYTES, NONCE_BYTES = 32, 12


class NetworkKey(NamedTuple):
    """What the keys of the members are wrapped with; `id` tells one from the next."""

    id: str
    key: bytes
    cipher: AESGCM

    @classmethod
    def new(cls) -> "NetworkKey":
        return cls.of(os.urandom(8).hex(), os.urandom(KEY_BYTES))

    @classmethod
    def of(cls, id: str, key: bytes) -> "NetworkKey":
        return cls(id, key, AESGCM(key))

    def wrap(self, name: str, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, key, name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        return self.cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], name.encode())


class NetworkKeyFile:
    """The file, and the one beside it that a rotation writes first; the path may be a link to somewhere safer."""

    def __init__(self, path: Path) -> None:
        self._named = path

    @property
    def path(self) -> Path:
        """Where the key really lies."""
        return Path(os.path.realpath(self._named))

    @property
    def _beside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.new")

    def found(self) -> list[NetworkKey]:
        """The keys that are there: two where a rotation was cut short."""
        return [key for file in (self.path, self._beside) if (key := _read(file))]

    def made(self) -> NetworkKey:
        """The key of a new store: the one that is there already, as of who was killed while making it, or a new one."""
        key = _read(self._named)
        if key is None:
            key = NetworkKey.new()
            _write(self._named, key)
        else:
            sync_file(self.path)
        return key

    def put_beside(self, key: NetworkKey) -> None:
        """Writes the next key beside the one in use. OSError: there is no room for it."""
        _write(self._beside, key)

    def replace(self) -> None:
        """The next key is in its place before the old one is destroyed."""
        file = self.path
        old = os.open(file, os.O_WRONLY) if file.exists() else None
        try:
            os.replace(self._beside, file)
            sync_folder(file.parent)
            if old is not None:
                _overwrite(old)
        finally:
            if old is not None:
                os.close(old)

    def settle(self, used: str) -> None:
        """Finishes a rotation to the key of this id that was cut short, or takes back what one had begun."""
        beside = _read(self._beside)
        if beside and beside.id == used:
            self.replace()
        else:
            remove(self._beside)


def _read(file: Path) -> NetworkKey | None:
    """None: there is none, or it is not whole."""
    try:
        said = orjson.loads(file.read_bytes())
        return NetworkKey.of(said["id"], bytes.fromhex(said["key"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _write(file: Path, network: NetworkKey) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        line = orjson.dumps({"id": network.id, "key": network.key.hex()}) + b"\n"
        if os.write(descriptor, line) < len(line):
            raise OSError(ENOSPC, "the network key was written in part only")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(file.parent)


def _overwrite(descriptor: int) -> None:
    """Zeros where the old key was. (A disk that never writes twice in one place keeps it until it is reused.)"""
    os.write(descriptor, bytes(os.fstat(descriptor).st_size))
    os.fsync(descriptor)
