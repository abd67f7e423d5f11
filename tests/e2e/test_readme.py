"""README's commands and requests, run as they stand; only the port is another, so that a running Weft is left alone."""

import os
import re
import socket
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
NAMES_OF_THIS_RUN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")  # whatever is made from the log's own id
LEFT_OUT = "…"
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "benchmarks/README.md",
    "docs/EVENTS.md",
    "docs/FEATURES.md",
    "docs/PRIVACY.md",
    "docs/RELEVANCE.md",
    "docs/SCALE.md",
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run_as_written() -> subprocess.CompletedProcess[str]:
    """Everything in README's shell blocks but the two make commands, in one shell."""
    port = free_port()
    commands = "\n".join(block for block in blocks("sh") if not block.startswith("make")).replace("8400", port)
    environment = {**os.environ, "WEFT_PORT": port, "COLUMNS": "100", "LANG": "C.UTF-8"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_commands_of_the_readme_do_what_it_shows() -> None:
    done = run_as_written()
    assert done.returncode == 0, done.stderr
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    suggestion, explanation, _ = blocks("text")
    for line in (*suggestion.splitlines(), *explanation.splitlines()):
        assert line == LEFT_OUT or NAMES_OF_THIS_RUN.sub("", line) in [
            NAMES_OF_THIS_RUN.sub("", one) for one in printed
        ]
    assert "verified" in done.stdout


def test_the_two_make_commands_exist() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = set(re.findall(r"\bmake ([a-z]+)\b", README))
    assert {"demo", "test"} <= named <= set(targets)


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for name in DOCUMENTS:
        document = ROOT / name
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
            assert link.startswith("http") or (document.parent / link).exists(), f"{name}: {link}"
