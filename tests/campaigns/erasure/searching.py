"""Looking for somebody's words in files and in memory, however they are written there."""

import gzip
import os
import re
import zlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LONGEST_STREAM = 64 * 1024 * 1024  # of what a compressed stream may hold
SECTION = 16 * 1024 * 1024  # of memory, read at once
_GZIP, _ZLIB = b"\x1f\x8b\x08", (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


class Hit(NamedTuple):
    """Where a word was found, and how it was written."""

    place: str
    word: str
    how: str


def spellings(word: str) -> dict[str, bytes]:
    """A word of small letters in every way that it could be written."""
    raw = word.encode()
    found = {
        "utf-8": raw,
        "utf-8, capitals": word.upper().encode(),
        "utf-16 le": word.encode("utf-16-le"),
        "utf-16 be": word.encode("utf-16-be"),
        "hex": raw.hex().encode(),
        "hex, capitals": raw.hex().upper().encode(),
        "url": "".join(f"%{byte:02X}" for byte in raw).encode(),
        "url, small": "".join(f"%{byte:02x}" for byte in raw).encode(),
        "json": "".join(f"\\u{ord(letter):04x}" for letter in word).encode(),
    }
    for offset in range(3):
        whole = b64encode(bytes(offset) + raw)
        first, last = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
        found[f"base64 at {offset}"] = whole[first:last]
    return found


def hits(content: bytes, place: str, words: list[str], *, deep: bool = True) -> Iterator[Hit]:
    """Every word in these bytes, and in whatever is compressed within them."""
    for word in words:
        for how, spelled in spellings(word).items():
            if spelled in content:
                yield Hit(place, word, how)
    if deep:
        for start in _streams(content):
            inner = _inflated(content, start)
            if len(inner) > len(words[0]):
                yield from hits(inner, f"{place}, compressed at {start}", words, deep=False)


def in_files(folder: Path, words: list[str]) -> list[Hit]:
    """Every word in every file under a folder, names included."""
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            place = str(file.relative_to(folder))
            found += [*hits(place.encode(), f"the name {place}", words), *hits(file.read_bytes(), place, words)]
    return found


def in_memory(pid: int, words: list[str]) -> list[Hit]:
    """Every word in the memory of a process."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, name in _writable(pid):
            for place in range(start, end, SECTION):
                try:
                    memory.seek(place)
                    content = memory.read(min(SECTION + 4_096, end - place))
                except OSError:  # it was given back in between
                    continue
                found += hits(content, f"memory of {pid} at {place:x} {name}", words, deep=False)
    return found


def _writable(pid: int) -> Iterator[tuple[int, int, str]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, _, _, _, *name = line.split()
        if rights.startswith("rw"):
            start, end = (int(each, 16) for each in span.split("-"))
            yield start, end, " ".join(name)


def _streams(content: bytes) -> list[int]:
    marks = b"|".join(re.escape(mark) for mark in (_GZIP, *_ZLIB))
    return [found.start() for found in re.finditer(b"(?=" + marks + b")", content)]


def _inflated(content: bytes, start: int) -> bytes:
    """What a stream that begins here holds, as far as it is one."""
    bits = 31 if content[start : start + 3] == _GZIP else 15
    try:
        return zlib.decompressobj(bits).decompress(content[start:], LONGEST_STREAM)
    except zlib.error:
        return b""


def check_the_search() -> None:
    """AssertionError: there is a way of writing a word in which it would not be found."""
    word = "xkqzjvwbtplm"
    for how, spelled in spellings(word).items():
        plain = b"before " + spelled + b" after"
        for written in (plain, gzip.compress(plain), b"." + zlib.compress(plain)):
            assert how in [hit.how for hit in hits(written, "here", [word])], (how, written)
    for offset in range(3):
        written = b64encode(os.urandom(30 + offset) + word.encode() + os.urandom(7))
        assert list(hits(written, "here", [word])), offset
