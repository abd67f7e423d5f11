"""`python -m deploy.broker`, as a developer starts it."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.processes import ENVIRONMENT, ROOT

pytestmark = pytest.mark.broker


@pytest.mark.usefixtures("broker")  # where no broker can be had, this is skipped as well
def test_a_broker_that_is_asked_to_end_leaves_nothing_running(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.broker", str(tmp_path / "kafka")]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout
        host, _, port = started.stdout.readline().strip().rpartition(":")
        socket.create_connection((host, int(port)), 5).close()
        started.terminate()
        assert started.wait(30) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), 5)
