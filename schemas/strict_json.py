"""JSON as everybody reads it alike (RFC 8259, I-JSON), and nothing that merely resembles it.

Python's own scanner does the work in one pass; its hooks only notice what must not be. Where they noticed something,
the text is read again without them, to say at which path: refusing may be slow, admitting may not.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from schemas.errors import Refused

DEEPEST = 32  # objects and lists within each other; the deepest kind needs six
_BOM = b"\xef\xbb\xbf"
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)
_DEEP = ("is nested too deeply", f"at most {DEEPEST} objects and lists within each other")


class _Noticed(Exception):
    """Something is there that must not be."""


def read(raw: bytes) -> Any:
    """The value of a JSON text. Whole numbers come as int, however they are written (`1.0` is 1). Refused otherwise."""
    text = _text(raw)
    try:
        return _decoded(text)
    except json.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, column {wrong.colno}"
        raise Refused("", f"is not JSON: {wrong.msg} ({where})", "one JSON object", 400) from None
    except RecursionError:
        raise Refused("", *_DEEP, 400) from None
    except ValueError:  # of int(), which reads no more digits than Python's limit
        raise Refused("", "has a number with thousands of digits", "numbers of an ordinary size", 400) from None


def _decoded(text: str) -> Any:
    try:
        value = _STRICT.decode(text)
    except _Noticed:
        _find_offence(text)
        raise  # never reached: what the hooks notice, the second pass finds
    if text.count("{") + text.count("[") > DEEPEST or "\\ud" in text or "\\uD" in text:
        _find_offence(text)
    return value


def _text(raw: bytes) -> str:
    if raw.startswith(_BOM):
        raise Refused("", "starts with a byte order mark", "UTF-8 without one", 400)
    try:
        return raw.decode()
    except UnicodeDecodeError as wrong:
        raise Refused("", f"is not UTF-8 (byte {wrong.start})", "UTF-8", 400) from None


# --- the hooks of the one pass --------------------------------------------------------------------------------------


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Noticed
    return members


def _number(digits: str) -> int | float:
    number = float(digits)
    if number.is_integer():
        return int(number)
    if math.isinf(number):
        raise _Noticed
    return number


def _no_constant(name: str) -> NoReturn:
    raise _Noticed


_STRICT = json.JSONDecoder(object_pairs_hook=_each_key_once, parse_float=_number, parse_constant=_no_constant)

# --- the second pass: where is it? ----------------------------------------------------------------------------------


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written, with keys that are there twice."""


_LOOSE = json.JSONDecoder(object_pairs_hook=_Pairs)


def _find_offence(text: str) -> None:
    """Raises the refusal of the first thing that must not be; returns if there is none."""
    _look(_LOOSE.decode(text), "", 0)


def _look(value: Any, path: str, depth: int) -> None:
    if isinstance(value, str) and _SURROGATE.search(value):
        raise Refused(path, "has half a character (a lone surrogate)", "text of whole Unicode characters", 400)
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused(path, "is no finite number", "numbers that fit a double; not NaN, not Infinity", 400)
    if isinstance(value, list):
        if depth == DEEPEST:
            raise Refused(path, *_DEEP, 400)
        for inner_path, inner in _inner(value, path):
            _look(inner, inner_path, depth + 1)


def _inner(value: list[Any], path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, _Pairs):
        yield from ((f"{path}[{index}]", item) for index, item in enumerate(value))
        return
    seen: set[str] = set()
    for key, item in value:
        _look(key, path, 0)
        if key in seen:
            raise Refused(join(path, key), "is there twice", "each key once", 400)
        seen.add(key)
        yield join(path, key), item


def join(path: str, key: str | int) -> str:
    """The path of a member or an item. A key that is no plain word is quoted and cut: paths are written into logs.

    >>> join(join("data", "attendee_ids"), 3), join("data", "a\\n b")
    ('data.attendee_ids[3]', 'data["a\\\\n b"]')
    """
    if isinstance(key, int):
        return f"{path}[{key}]"
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    quoted = json.dumps(key[:64]).replace("\x7f", "\\u007f")  # the one control character that JSON does not escape
    return f"{path}[{quoted}]"
