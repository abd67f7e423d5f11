"""A card in a file: the tables of points that somebody wants to try, as a `weights.fitted` says them."""

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from matcher.card import BY_HAND, DEFAULT_CALIBRATION
from matcher.features import FEATURES
from matcher.scorecard import Card
from matcher.tables import MILLION
from schemas import strict_json
from schemas.errors import Refused
from schemas.fields import Whole, refuse
from services.amiss import plainly, wrong_with
from services.trouble import Trouble

MOST_POINTS = 10_000  # e^100 times likelier: a chance is 0 from e^-22 on (tables.py), so that nothing else would count
LONGEST_SHOWN = 40  # characters of a value that is wrong
NAMES = [feature.name for feature in FEATURES]
EXAMPLE = json.dumps({"weights": {"profession": BY_HAND["profession"]}})

Points = Annotated[int, Field(ge=-MOST_POINTS, le=MOST_POINTS)]
Millionths = Annotated[int, Field(ge=0, le=MILLION)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Table(_Strict):
    edges: list[Whole]
    points: list[Points]

    @model_validator(mode="after")
    def _is_one(self) -> "_Table":
        if any(one >= other for one, other in zip(self.edges, self.edges[1:], strict=False)):
            raise refuse("its edges do not rise")
        if len(self.points) != len(self.edges) + 1:
            raise refuse(f"{len(self.edges)} edges need {len(self.edges) + 1} points, and there are {len(self.points)}")
        return self


class _Calibration(_Table):
    points: list[Millionths]


class _File(_Strict):
    """What ranks; the rest of a `weights.fitted` may stand beside it."""

    weights: dict[str, _Table]
    calibration: _Calibration = _Calibration(**DEFAULT_CALIBRATION)
    even: Points | None = None
    weights_id: Any = None
    fitted_on: Any = None
    as_of: Any = None
    serves: Any = None


def read_card(file: str) -> Card:
    """The card in a file. Trouble: it cannot be read, or is none; in one line, with where."""
    if not file.strip():
        raise Trouble("--card names no file: it takes default, fitted, or a file of weights")
    try:
        said = strict_json.read(Path(file).read_bytes())
    except OSError as wrong:
        raise Trouble(f"{file}: {wrong.strerror}; --card takes default, fitted, or a file of weights") from None
    except Refused as wrong:
        raise Trouble(f"{file}: {plainly(wrong.refusal)}") from None
    if not isinstance(said, dict):
        raise Trouble(f"{file} is no object with weights, such as {EXAMPLE}")
    try:
        told = _File.model_validate(said)
    except ValidationError as wrong:
        raise Trouble(f"{file}: {_say(wrong.errors(include_url=False)[0])}") from None
    _check_names(file, told.weights)
    tables = {name: table.model_dump() for name, table in told.weights.items()}
    return Card.of(file, tables, told.calibration.model_dump(), told.even)


def _check_names(file: str, names: dict[str, Any]) -> None:
    for name in names:
        if name not in NAMES:
            close = get_close_matches(name, NAMES, n=1, cutoff=0.5)
            there_is = f"perhaps {close[0]}" if close else f"there are {', '.join(NAMES)}"
            raise Trouble(f"{file}: {_shown(name)} is no feature: {there_is}")


def _say(found: Any) -> str:
    """Where and what is wrong.

    >>> _say({"type": "int_type", "loc": ("weights", "act7", "edges", 0), "input": "a"})
    'act7, edges 0: "a" is not a whole number'
    """
    kind, told = found["type"], found.get("input")
    place = [each for each in found["loc"] if each != "weights"] if len(found["loc"]) > 1 else list(found["loc"])
    *around, last = place or ["the whole"]
    if kind in ("missing", "extra_forbidden"):
        wrong = f"{_place(around)}{': ' if around else ''}{_plain(last)} {wrong_with(found)}"
        return wrong if around else f"{wrong}; a file of weights is such as {EXAMPLE}"
    if kind == "refused":
        return f"{_place(place)}: {wrong_with(found)}"
    return f"{_place(place)}: {_shown(told)} {_is_not(found)}"


def _is_not(found: Any) -> str:
    known = found.get("ctx", {})
    if found["type"] == "int_type":
        return "is not a whole number"
    if "ge" in known:
        return f"is less than {known['ge']:,}, the least there can be"
    if "le" in known:
        return f"is more than {known['le']:,}, the most there can be"
    return "is not a list" if found["type"] == "list_type" else "is not an object"


def _place(steps: list[str | int]) -> str:
    """`act7, edges 0`."""
    named = ""
    for step in steps:
        named += f" {step}" if isinstance(step, int) else f"{', ' if named else ''}{_plain(step)}"
    return named


def _plain(step: str | int) -> str:
    return str(step) if isinstance(step, int) or step.isidentifier() else _shown(step)


def _shown(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=True)
    return written if len(written) <= LONGEST_SHOWN else f"{written[:LONGEST_SHOWN]}…"
