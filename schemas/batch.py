"""A batch: a JSON array of events, cut into the very bytes of each, so that one bad event harms no other."""

import re

from schemas.errors import Refusal

# Everything up to the next byte that counts: strings are skipped whole, brackets in them do not count. Possessive
# (`++`, `*+`): what was read is never read again, so cutting takes time in proportion to the bytes.
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_TO_COMMA_OR_BRACKET = re.compile(rb'(?:[^"\[\]{},]++|' + _STRING + rb")*+([\[\]{},])", re.DOTALL)
_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING + rb")*+([\[\]{}])", re.DOTALL)
_OPENING = re.compile(rb"[ \t\r\n]*\[")
_BLANK = b" \t\r\n"
_NO_ARRAY = Refusal("", "cannot be found: the batch is no JSON array", "a JSON array of CloudEvents, from [ to ]", 400)


def split_batch(body: bytes) -> list[bytes] | Refusal:
    """The bytes of each item of a JSON array, for `admit` to judge; a refusal if this is no array from [ to ].

    >>> split_batch(b'[{"id": "1"}, nonsense, [2]]')
    [b'{"id": "1"}', b'nonsense', b'[2]']
    """
    opening = _OPENING.match(body)
    if not opening:
        return _NO_ARRAY
    items: list[bytes] = []
    start = position = opening.end()
    mark = b","
    while mark != b"]":
        found = _TO_COMMA_OR_BRACKET.match(body, position)
        if not found or found[1] == b"}":
            return _NO_ARRAY
        mark, position = found[1], found.end()
        if mark in b"[{":
            position, mark = _after_nested(body, position), b""
        else:
            items.append(body[start : position - 1].strip(_BLANK))
            start = position
    if body[position:].strip(_BLANK):
        return _NO_ARRAY
    return [] if items == [b""] else items


def _after_nested(body: bytes, position: int) -> int:
    """Where the object or list ends that opened just before `position`; the end of the body if it never does."""
    depth = 1
    while depth:
        found = _TO_BRACKET.match(body, position)
        if not found:
            return len(body)
        depth += 1 if found[1] in b"[{" else -1
        position = found.end()
    return position
