"""README's section for more than one machine, run as it stands where there is no Docker: on real parts."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.test_readme import ROOT, blocks, free_port

pytestmark = [pytest.mark.broker, pytest.mark.postgres]
PORTS = ("8400", "8401", "8402", "8410")


def test_what_the_readme_says_of_more_machines_runs(tmp_path: Path, broker: str, postgres_url: str) -> None:
    commands = "\n".join(block for block in blocks("bash") if "docker compose up" not in block)
    composed = (ROOT / "docker-compose.yml").read_text()
    for port in PORTS:
        free = free_port()
        commands, composed = re.sub(rf"\b{port}\b", free, commands), re.sub(rf"\b{port}\b", free, composed)
    (tmp_path / "docker-compose.yml").write_text(composed)
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    commands = commands.replace("127.0.0.1:9092", broker).replace(
        "postgresql+psycopg://weft@127.0.0.1/weft", f"'{postgres_url}'"
    )
    environment = {**os.environ, "WEFT_NAMESPACE": f"n-{uuid4().hex[:8]}", "WEFT_PARTITIONS": "2", "COLUMNS": "100"}
    environment["PATH"] = f"{ROOT / '.venv' / 'bin'}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=480,
    )
    up = (tmp_path / "up.log").read_text() if (tmp_path / "up.log").exists() else ""
    assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}\n{up[-1500:]}"
    assert '"introductions"' in done.stdout and '"ranked"' in done.stdout
    assert "verified" in done.stdout and "equal" in done.stdout and "new network key" in done.stdout
