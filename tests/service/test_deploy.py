"""docker-compose.yml and deploy/Dockerfile, as far as they can be judged without Docker."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.settings import Settings
from services.up.composed import services_of
from tests.service.processes import ROOT

FILE = ROOT / "docker-compose.yml"
SAID = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = SAID["services"]
OWN = {name: each for name, each in SERVICES.items() if "build" in each}
OTHERS = {name: each for name, each in SERVICES.items() if name not in OWN}
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()


def test_it_is_what_the_compose_specification_allows() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    checked = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", FILE], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_nothing_can_be_reached_from_another_machine() -> None:
    assert {name for name, each in OWN.items() if each["network_mode"] != "host" or each.get("ports")} == set()
    assert not any("WEFT_HOST" in each["environment"] for each in OWN.values()), "all of Weft insists on loopback"
    published = [port for each in OTHERS.values() for port in each.get("ports", [])]
    assert published == ["127.0.0.1:9092:9092"]
    assert "network_mode: none" in FILE.read_text() and OTHERS["postgres"]["command"][-1] == "listen_addresses="


def test_every_image_has_a_version() -> None:
    images = [each["image"] for each in SERVICES.values()] + re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [image for image in images if not re.search(r":\d+(\.\d+)+[-a-z]*$", image)] == []
    assert len({each["image"] for each in OWN.values()}) == 1, "one image of all of Weft"


def test_every_service_says_how_it_is_but_the_one_that_ends() -> None:
    for group in services_of(FILE):
        for service in group:
            assert service.healthcheck.disable == (service.name == "topics") == (service.restart == "no")
    assert all("healthcheck" in each for each in OTHERS.values())


def test_no_two_listen_on_one_port_or_share_a_data_folder() -> None:
    ports = [each["environment"]["WEFT_PORT"] for name, each in OWN.items() if name != "topics"]
    assert len(ports) == len(set(ports)) == 4
    data = [volume for each in OWN.values() for volume in each["volumes"] if volume.endswith(":/var/lib/weft")]
    assert len(data) == len(set(data)) == 3
    named = {volume.split(":")[0] for each in SERVICES.values() for volume in each["volumes"]}
    assert named == set(SAID["volumes"]), "what is to stay is in a volume with a name"


def test_only_who_makes_the_network_key_may_write_it() -> None:
    keys = {
        name: volume for name, each in OWN.items() for volume in each["volumes"] if volume.startswith("network-key")
    }
    assert keys.pop("topics") == "network-key:/etc/weft"
    assert set(keys.values()) == {"network-key:/etc/weft:ro"} and keys.keys() == OWN.keys() - {"topics"}


def test_workers_cannot_hold_rounds_by_different_settings() -> None:
    decide = ("timezone", "round_weekday", "round_time", "introductions_per_round", "close_after_days")
    wanted = {f"WEFT_{name.upper()}": str(Settings.model_fields[name].default) for name in decide}
    for service in (service for group in services_of(FILE) for service in group):
        assert {name: service.environment.get(name) for name in wanted} == wanted, service.name


def test_no_lines_fill_the_disk() -> None:
    assert {name for name, each in SERVICES.items() if "max-size" not in each["logging"]["options"]} == set()


def test_postgres_is_well_only_once_its_own_process_answers() -> None:
    [shell, asked] = OTHERS["postgres"]["healthcheck"]["test"]
    assert shell == "CMD-SHELL" and asked.startswith("grep -qx postgres /proc/1/comm && pg_isready ")


def test_what_is_run_has_the_versions_that_the_tests_run_with() -> None:
    tested = re.search(
        r"<artifactId>kafka_2.13</artifactId>\s*<version>([\d.]+)<", (ROOT / "deploy/broker/pom.xml").read_text()
    )
    assert tested and OTHERS["kafka"]["image"] == f"apache/kafka:{tested[1]}"
    assert f'"{OTHERS["kafka"]["image"]}"' in (ROOT / "tests/parts.py").read_text()
    [oldest] = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert f"FROM python:{oldest}." in DOCKERFILE, "what all is checked and tested with"


def test_the_image_runs_as_nobody_special_and_holds_no_secret() -> None:
    lines = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if re.match(r"[A-Z]+ ", line)]
    order = [word for word, _ in lines]
    assert dict(lines)["USER"] == "weft" and dict(lines)["ENTRYPOINT"] == '["weft"]'
    assert [did for word, did in lines[order.index("USER") :] if word == "RUN"] == ["weft warmup"], "it makes no code"
    assert "WEFT_" not in DOCKERFILE and not re.search("password|secret|key", dict(lines)["ENV"], re.IGNORECASE)
    copied = {each for word, told in lines if word == "COPY" for each in told.split()[:-1]}
    taken = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == taken, "nothing else that lies in the checkout goes to Docker"


def test_the_image_has_the_very_packages_that_the_tests_run_with() -> None:
    tested, installed = packages("constraints.txt"), packages("deploy/requirements.txt")
    assert installed.items() <= tested.items()
    assert {"aiokafka", "faust-streaming", "psycopg", "pyyaml", "hatchling"} <= {
        name.split("==")[0] for name in installed
    }
    assert not {"pytest", "mypy"} & {name.split("==")[0] for name in installed}


def packages(file: str) -> dict[str, set[str]]:
    """The hashes of each package in the version that is pinned."""
    found: dict[str, set[str]] = {}
    pinned = ""
    for line in (ROOT / file).read_text().splitlines():
        if one := re.match(r"([a-z0-9][^ ]*==[^ ;]+)", line):
            pinned = one[1]
            found[pinned] = set()
        elif one := re.match(r" +--hash=(\S+)", line):
            found[pinned].add(one[1])
    return found


def test_kernels_are_compiled_in_the_image_by_who_runs_them_into_a_folder_that_is_theirs() -> None:
    lines = DOCKERFILE.splitlines()
    folder = next(line for line in lines if line.startswith("ENV NUMBA_CACHE_DIR=")).partition("=")[2]
    theirs = lines.index(f"RUN install --directory --owner weft --group weft {folder}")
    assert theirs < lines.index("USER weft") < lines.index("RUN weft warmup"), (
        "numba passes over what it cannot write to"
    )
    mounted = [volume for each in OWN.values() for volume in each["volumes"] if folder.startswith(volume.split(":")[1])]
    assert mounted == [], "a volume would hide it"


@pytest.mark.parametrize("changed", ["kernels", "pairing", "workspace", "field", "crossing"])
def test_what_make_runs_is_never_cold_after_a_pull(changed: str) -> None:
    told = ["make", "--dry-run", "--old-file=.venv/.ready", f"--what-if=matcher/{changed}.py", "demo"]
    planned = subprocess.run(told, capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
    warmup, demo = (planned.index(f".venv/bin/weft {command}") for command in ("warmup", "demo"))
    assert warmup < demo and not any("pip install" in line for line in planned)
