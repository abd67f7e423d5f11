"""Weft's own services as docker-compose.yml describes them: those that are built here. The others' are given."""

import os
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from services.trouble import Trouble

_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::-([^}]*))?\})")  # of Compose's, these two forms: $$ and ${NAME:-default}
_UNITS_S = {"h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(?:\d+(?:h|ms|m|s))+")


def _seconds(said: Any) -> float:
    if not (isinstance(said, str) and _DURATION.fullmatch(said)):
        raise ValueError("is no duration, such as 1m30s")
    return sum(int(count) * _UNITS_S[unit] for count, unit in re.findall(r"(\d+)(h|ms|m|s)", said))


def _by_target(said: Any) -> Any:
    parts = [str(each).split(":") for each in said]
    if any(len(each) < 2 for each in parts):
        raise ValueError("are to be name:target, or name:target:ro")
    return {each[1]: each[0] for each in parts}


def _in_text(said: Any) -> Any:
    return {name: str(value) for name, value in said.items()} if isinstance(said, dict) else said


Seconds = Annotated[float, BeforeValidator(_seconds)]


class Health(BaseModel):
    """How it is found out that a service is ready, and how often."""

    disable: bool = False
    test: list[str] = []
    interval: Seconds = 30.0
    timeout: Seconds = 30.0
    retries: int = 3
    start_period: Seconds = 0.0
    start_interval: Seconds = 5.0


class Dependency(BaseModel):
    """What is waited for of a service that comes before."""

    condition: Literal["service_completed_successfully", "service_healthy"]


class Service(BaseModel):
    """What Compose would run in a container."""

    name: str
    command: list[str]
    environment: Annotated[dict[str, str], BeforeValidator(_in_text)] = {}
    depends_on: dict[str, Dependency] = {}
    healthcheck: Health = Health(disable=True)
    restart: Literal["no", "unless-stopped"] = "no"
    stop_grace_period: Seconds = 10.0
    mounts: Annotated[dict[str, str], BeforeValidator(_by_target)] = Field({}, alias="volumes")


def services_of(file: Path) -> list[list[Service]]:
    """Weft's services in the order in which they start: each group after those before it. Trouble: the file cannot be
    read, or says of them what is not known here."""
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        own = {name: each for name, each in said["services"].items() if "build" in each}
        found = {name: Service(name=name, **_filled_in(each)) for name, each in own.items()}
        return _in_order(found)
    except ValidationError as wrong:
        error = wrong.errors()[0]
        where = ".".join(map(str, error["loc"]))
        raise Trouble(f"{file} says of {wrong.title.lower()} what is not known here: {where}: {error['msg']}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError, CycleError) as wrong:
        raise Trouble(f"{file} is no Compose file that can be read: {' '.join(str(wrong).split())}") from None


def _in_order(found: dict[str, Service]) -> list[list[Service]]:
    order = TopologicalSorter({name: found.keys() & each.depends_on.keys() for name, each in found.items()})
    order.prepare()
    groups: list[list[Service]] = []
    while order.is_active():
        ready = order.get_ready()
        groups.append([each for name, each in found.items() if name in ready])
        order.done(*ready)
    return groups


def _filled_in(said: Any) -> Any:
    """With the environment's values in place of variables, as Compose does it."""
    if isinstance(said, dict):
        return {name: _filled_in(value) for name, value in said.items()}
    if isinstance(said, list):
        return [_filled_in(each) for each in said]
    return _VARIABLE.sub(_value, said) if isinstance(said, str) else said


def _value(found: re.Match[str]) -> str:
    dollar, name, default = found.groups()
    return dollar or os.environ.get(name) or default or ""
