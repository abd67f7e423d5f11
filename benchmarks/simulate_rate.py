"""How fast `weft simulate` tells a network: events a second of one core's time, to nowhere and to a file.

    python -m benchmarks.simulate_rate [MEMBERS [WEEKS]]

The profile is that of services/simulate: groups of 20 to 40, the three years in which they came together told first.
There is no peer: nothing else tells such networks.
"""

import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from services.simulate import FIRST_DAY, all_days, write_files
from services.simulate.life import Life
from services.simulate.stream import days

SEED = 7
FLOOR = 50_000  # events a second


def measure(members: int = 20_000, weeks: int = 8) -> Iterator[dict[str, Any]]:
    """One row a way of writing, as benchmarks/results.json has them."""
    yield _row("simulate to nowhere", members, _to_nowhere(members, weeks))
    with TemporaryDirectory() as folder:
        yield _row("simulate to files, with the truth", members, _to_files(Path(folder), members, weeks))


def _to_nowhere(members: int, weeks: int) -> float:
    began, written = time.process_time(), 0
    with open("/dev/null", "wb") as nowhere:
        for lines in islice(days(Life.begin(SEED, members, FIRST_DAY)), all_days(weeks)):
            nowhere.write("\n".join(lines).encode())
            written += len(lines)
    return written / (time.process_time() - began)


def _to_files(folder: Path, members: int, weeks: int) -> float:
    began = time.process_time()
    summary = write_files(folder, members, weeks, SEED)
    return summary.events / (time.process_time() - began)


def _row(name: str, members: int, rate: float) -> dict[str, Any]:
    unit = "events/s of one core"
    return {"name": name, "members": members, "value": round(rate), "unit": unit, "peer": "floor", "peer_value": FLOOR}


if __name__ == "__main__":
    for row in measure(*map(int, sys.argv[1:3])):
        print(f"{row['name']:<36} {row['members']:>9,} members  {row['value']:>9,} {row['unit']} (floor {FLOOR:,})")
