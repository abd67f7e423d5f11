"""The golden lines: one event of every kind with every field, as it was stored when the kind was new; and one
more where a kind has gained a field since."""

from pathlib import Path

import orjson

FOLDER = Path(__file__).parents[2] / "golden"
LINES = (FOLDER / "events.jsonl").read_bytes().splitlines()
HASHES = [line.split() for line in (FOLDER / "hashes.txt").read_text().splitlines()]  # of each line: hash and kind
GOLDEN: dict[str, bytes] = {orjson.loads(line)["type"]: line for line in LINES[::-1]}  # the first of each kind
