"""Simulated networks for the tests of this folder, each told once."""

from functools import cache
from typing import Any

import orjson

from services.simulate import history


@cache
def lines(members: int = 60, weeks: int = 4, seed: int = 7) -> tuple[bytes, ...]:
    """The lines of a small network."""
    return tuple(history(members, weeks, seed))


@cache
def events(members: int = 60, weeks: int = 4, seed: int = 7) -> tuple[dict[str, Any], ...]:
    """Its events as envelopes."""
    return tuple(orjson.loads(line) for line in lines(members, weeks, seed))


def said(kind: str, *network: int) -> list[dict[str, Any]]:
    """The data of all its events of one kind."""
    return [event["data"] for event in events(*network) if event["type"] == kind]
