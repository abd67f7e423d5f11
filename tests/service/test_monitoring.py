"""Health and metrics of a process that serves nothing else."""

import httpx
import pytest

from services.monitoring import serve
from services.trouble import Trouble


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False)


def test_a_process_says_that_it_lives_and_what_it_waits_for() -> None:
    waiting_for: list[str] = ["the log is being read"]
    with serve(0, lambda: waiting_for[0] if waiting_for else None) as url:
        assert get(f"{url}/healthz").json() == {"status": "alive"}
        waiting = get(f"{url}/readyz")
        assert (waiting.status_code, waiting.json()["why"]) == (503, "the log is being read")
        assert waiting.headers["Retry-After"]
        waiting_for.clear()
        assert get(f"{url}/readyz").status_code == 200


def test_metrics_are_told_as_prometheus_reads_them() -> None:
    with serve(0, lambda: None) as url:
        told = get(f"{url}/metrics")
    assert told.headers["Content-Type"].startswith("text/plain") and "# TYPE" in told.text


def test_nothing_else_is_there_and_nobody_elses_page_may_look() -> None:
    with serve(0, lambda: None) as url:
        assert get(f"{url}/").status_code == 404
        assert get(f"{url}/metrics", Host="weft.example.org").status_code == 421


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with serve(0, lambda: None) as url, pytest.raises(Trouble, match="set another"), serve(int(url[17:]), lambda: None):
        pass
