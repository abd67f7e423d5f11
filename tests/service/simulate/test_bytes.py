"""The same network in every process."""

import os
import subprocess
import sys

HASHED = """
from hashlib import sha256
from services.simulate import history
print(sha256(b"".join(history(60, 3, 7))).hexdigest())
"""


def test_no_byte_depends_on_the_hash_seed_of_the_process() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", HASHED],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }

    assert len(digests) == 1
