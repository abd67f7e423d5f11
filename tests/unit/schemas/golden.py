"""The golden lines: one event of every kind with every field, as it was stored when the kind was new."""

from pathlib import Path

import orjson

FOLDER = Path(__file__).parents[2] / "golden"
LINES = (FOLDER / "events.jsonl").read_bytes().splitlines()
GOLDEN: dict[str, bytes] = {orjson.loads(line)["type"]: line for line in LINES}
HASHES: dict[str, str] = dict(line.split()[::-1] for line in (FOLDER / "hashes.txt").read_text().splitlines())
