"""What goes wrong with an event on its way: golden lines with bytes flipped, cut, doubled, and odd values put in."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tests.unit.schemas.golden import LINES

LONGEST = 70_000  # bytes; a little more than the door takes
ODD_VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 7.5, -0.0, 1e-7, 1e300, 10**25, -(2**53), "", " ", "x", "é" * 201, "x" * 5_001, "\0",
    "\ud83d", "2026-03-02T07:30:00Z", "2026-03-02", "1970-01-01T00:00:00Z", "2100-01-01T00:00:00+14:00", [], {}, [[]],
    ["a", "a"], ["a", 7, None], [{}], {"a": 1}, {"a": {"b": [1, 2]}}, {"": None}, float("nan"), float("inf"),
]  # fmt: skip
ODD_TEXTS = [
    "NaN", "-Infinity", "1e400", "-1e400", "9" * 5_000, "1" * 400 + ".5", "0e99999", "[" * 40 + "]" * 40, "[" * 2_000,
    '{"a":1,"a":2}', '"\\ud800"', '"\\u0000"', '"\\uDFFF\\uD800"', "01", "+1", ".5", "'x'", "undefined", "\ufeff", "",
]  # fmt: skip


def mutations(count: int, seed: int) -> Iterator[bytes]:
    """So many spoilt events, the same for the same seed."""
    dice = Random(seed)
    for _ in range(count):
        raw = dice.choice(LINES)
        for _ in range(dice.choice([1, 1, 1, 2, 4])):
            raw = dice.choice(_WAYS)(raw, dice)[:LONGEST]
        yield raw


def _flipped(raw: bytes, dice: Random) -> bytes:
    spoilt = bytearray(raw or b" ")
    spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
    return bytes(spoilt)


def _cut(raw: bytes, dice: Random) -> bytes:
    start, end = sorted((dice.randrange(len(raw) + 1), dice.randrange(len(raw) + 1)))
    return dice.choice([raw[:start], raw[end:], raw[:start] + raw[end:]])


def _doubled(raw: bytes, dice: Random) -> bytes:
    start, end = sorted((dice.randrange(len(raw) + 1), dice.randrange(len(raw) + 1)))
    return raw[:end] + raw[start:end] * dice.choice([1, 2, 300]) + raw[end:]


def _noise(raw: bytes, dice: Random) -> bytes:
    at = dice.randrange(len(raw) + 1)
    return raw[:at] + dice.randbytes(dice.randrange(1, 9)) + raw[at:]


def _odd_text(raw: bytes, dice: Random) -> bytes:
    """One value replaced by text that Python's json.dumps would never write."""
    marked = _swapped(raw, dice, "@@")
    return marked.replace(b'"@@"', dice.choice(ODD_TEXTS).encode())


def _odd_value(raw: bytes, dice: Random) -> bytes:
    return _swapped(raw, dice, dice.choice(ODD_VALUES))


def _swapped(raw: bytes, dice: Random, value: Any) -> bytes:
    """One value, anywhere in the event, replaced, taken out, or moved under another key."""
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    places = list(_places(line))
    if not places:
        return raw
    holder, key = dice.choice(places)
    if isinstance(holder, dict) and dice.random() < 0.2:
        holder[dice.choice(["subject", "member_id", "name", "é\n", "data"])] = holder.pop(key)
    else:
        holder[key] = value
    return json.dumps(line).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield value, key
        yield from _places(item)


_WAYS: list[Callable[[bytes, Random], bytes]] = [_flipped, _cut, _doubled, _noise, _odd_text, _odd_value, _odd_value]
