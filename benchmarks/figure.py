"""What a measurement says: a number, what it must at least be, and what a user would pick instead."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One line of the table. `floor` is what must hold, `goal` what is wished for (DESIGN.md section 7); `peer` says
    what `peer_value` was measured of, in the same run and the same unit."""

    name: str
    value: float
    unit: str
    members: int | None = None
    floor: float | None = None
    goal: float | None = None
    less_is_better: bool = False
    peer: str | None = None
    peer_value: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value / peer value."""
        return self.value / self.peer_value if self.peer_value else None

    @property
    def holds(self) -> bool | None:
        """Whether the floor holds; None where there is none."""
        if self.floor is None:
            return None
        return self.value <= self.floor if self.less_is_better else self.value >= self.floor

    def as_json(self) -> dict[str, Any]:
        """As results.json has it (EVENTS.md), with floor, goal and whether the floor holds."""
        numbers = {name: _rounded(getattr(self, name)) for name in ("value", "peer_value", "ratio", "floor", "goal")}
        said = {"name": self.name, "members": self.members, "unit": self.unit, "peer": self.peer, "holds": self.holds}
        names = ("name", "members", "value", "unit", "peer", "peer_value", "ratio", "floor", "goal", "holds")
        return {name: (said | numbers)[name] for name in names}


def _rounded(value: float | None) -> float | None:
    """To four digits: what is finer is noise."""
    return None if value is None else float(f"{value:.4g}")


# --- measuring --------------------------------------------------------------------------------------------------------


def cpu_s(work: Callable[[], Any]) -> float:
    """The CPU seconds of this process for some work: on a machine that others use as well, the steadier number."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def wall_s(work: Callable[[], Any]) -> float:
    """The seconds that some work took."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def median_of(runs: int, measured: Callable[[], float]) -> float:
    """The middle one of some runs."""
    return median(measured() for _ in range(runs))


def percentile(values: list[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]
