"""The main job on a real Kafka: events come in, a round is held, two members accept, and are introduced."""

from collections.abc import Callable

import httpx
import pytest

from schemas.codec import Event
from tests import builders as b
from tests.service.kafka.processes import Distributed, leader_of, publish, running, until

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

MEMBERS = 12


def network_of_two_needs() -> list[Event]:
    """Three groups, in which everybody can give what others look for."""
    members = range(MEMBERS)
    return [
        *(b.joined(f"m-{n}", f"g-{n % 3}", email=f"m{n}@example.org") for n in members),
        *(b.seeks(f"m-{n}", ("Nachfolge", "Export")[n % 2], at=b.day(6)) for n in members),
        *(b.gives(f"m-{n}", ("Export", "Nachfolge")[n % 2], at=b.day(6)) for n in members),
        *(b.talked(f"m-{n}", f"m-{(n + 3) % MEMBERS}", at=b.day(6)) for n in members),
    ]


def test_two_members_are_introduced(distributed: Callable[..., Distributed]) -> None:
    network = distributed()
    with running(network, "gateway", "worker-1", "worker-2") as (gateway, one, other):
        events = network_of_two_needs()
        assert publish(gateway.url, events)["accepted"] == len(events)
        publish(gateway.url, events)  # again: nothing changes
        until(lambda: [each.figure("weft_log_read") for each in (one, other)] == [len(events)] * 2)
        leader = leader_of([one, other])
        [follower] = {one, other} - {leader}
        at = {"at": "2026-01-19T06:00:00Z"}
        refused = httpx.post(f"{follower.url}/rounds", json=at, timeout=60)
        assert refused.status_code == 503 and "weft_leads_rounds" in refused.json()["detail"]
        planned = httpx.post(f"{follower.url}/rounds", json=at | {"dry_run": True}, timeout=60).json()
        held = httpx.post(f"{leader.url}/rounds", json=at, timeout=60).json()
        assert held["introductions"] == planned["introductions"], "to look ends nobody's term"
        [first, *_] = held["introductions"]
        a, z = first["member_ids"]
        seen = until(lambda: _seen(one.url, a))
        introduction_id = seen[0]["introduction_id"]
        for member_id in (a, z):
            accepted = b.accepted(introduction_id, member_id, at=b.day(15))
            assert publish(gateway.url, [accepted], f"member:{member_id}")["accepted"] == 1
        made = until(lambda: [each for each in _seen(one.url, a) if each["state"] == "made"])
        assert made[0]["with"]["email"].endswith("@example.org")
        assert _seen(other.url, z, state="made")[0]["introduction_id"] == introduction_id
    assert [process.popen.returncode for process in network.started] == [0, 0, 0]


def _seen(url: str, member_id: str, state: str | None = None) -> list[dict[str, object]]:
    seen = httpx.get(f"{url}/members/{member_id}/introductions", params={"at": "2026-01-25T06:00:00Z"}, timeout=60)
    return [each for each in seen.json()["introductions"] if state in (None, each["state"])]
