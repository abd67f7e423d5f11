"""A network of 50 members, each of whom says one word of their own in every field; and all that happens to it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson

from schemas.codec import Event, encode, envelope
from services.clock import now_us
from tests.builders import (
    HOUR_US,
    described,
    endorsed,
    founded,
    gives,
    gives_no_more,
    joined,
    met_up,
    seeks,
    seeks_no_more,
    talked,
)
from tests.campaigns.builds import SEED
from tests.service.processes import Process, weft
from tests.service.served import CLOUDEVENT, eventually

MEMBERS = 50
ERASED = ("m-1", "m-2", "m-3")
START = now_us() - 20 * 24 * HOUR_US
_LETTERS = "bcdfghjklmnpqrstvwxz"  # no word of any language, and no stemmer changes it


def _words() -> dict[str, str]:
    dice = Random(SEED)
    return {f"m-{number}": "".join(dice.choices(_LETTERS, k=14)) for number in range(1, MEMBERS + 1)}


WORDS = _words()


def said_by(member_id: str, word: str, *, day: int = 0) -> Iterator[Event]:
    """An event of each kind with something personal in it, all of it the member's word."""
    at, number = START + day * 24 * HOUR_US, int(member_id.removeprefix("m-"))
    other = f"m-{number % MEMBERS + 1}"
    profile = {"company": f"{word} GmbH", "profession": f"{word}er", "about": f"Wir machen {word} seit 1999."}
    yield joined(member_id, f"g-{number % 4}", name=f"{word} Müller", email=f"{word}@example.org", at=at, **profile)
    yield described(member_id, about=f"Jetzt machen wir {word} anders.", languages=["de"], at=at + 1)
    yield seeks(member_id, f"Hilfe mit {word}", note=f"ein {word} für die Halle", at=at + 2)
    yield seeks(member_id, f"Heimlich {word}", note=f"{word} leise", confidential=True, at=at + 3)
    yield seeks(member_id, f"Thema {number % 5}", note=f"wie bei {word}", at=at + 4)
    yield seeks_no_more(member_id, f"Nicht mehr {word}", at=at + 5)
    yield gives(member_id, f"Thema {(number + 1) % 5}", note=f"habe {word} übergeben", at=at + 6)
    yield gives(member_id, f"Alles über {word}", at=at + 7)
    yield gives_no_more(member_id, f"Kein {word} mehr", at=at + 8)
    yield endorsed(member_id, f"Gut in {word}", other, at=at + 9)
    yield endorsed(other, f"Gelobt von {word}", member_id, at=at + 9)
    yield talked(member_id, other, at=at + 10)


def history() -> list[Event]:
    """What the network's services publish before Weft runs."""
    events = [founded(f"g-{number}", at=START) for number in range(4)]
    events += [event for member_id, word in WORDS.items() for event in said_by(member_id, word)]
    return [*events, met_up("t-1", *WORDS, at=START + HOUR_US)]


class Network:
    """Everything that is kept lies under `root`; what publishers have of their own lies elsewhere."""

    def __init__(self, root: Path, own: Path, tree: Path) -> None:
        self.data, self.backup, self.logs = root / "data", root / "backup", root / "logs"
        self._own, self._tree = own, tree
        self._number = 0
        self.logs.mkdir(parents=True)
        own.mkdir()

    # --- the process --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.process = Process(self.data, self._tree)
        self.process.wait_until_ready()
        self.http = httpx.Client(base_url=self.process.url, trust_env=False)

    def stop(self) -> None:
        assert self.process.stop() == 0
        self._keep_lines()

    def crash(self) -> None:
        self.process.kill()
        self._keep_lines()

    def _keep_lines(self) -> None:
        self._number += 1
        (self.logs / f"run-{self._number}").write_text(self.process.stderr())

    # --- what happens -------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """Publishes, refusals, a round, answers, a snapshot, a backup, a crash, a restored backup."""
        self.publish()
        self.start()
        self.post(self._spoilt())
        self.http.post("/rounds", json={})  # refused where the weekly one of today was held at the start
        eventually(lambda: sum(bool(self.seen_by(member_id)) for member_id in ERASED) >= 2)
        self.answer()
        for member_id in ERASED:
            self.http.post(f"/members/{member_id}/ask", json={"subjects": [WORDS[member_id]], "note": WORDS[member_id]})
        self.stop()
        for part in ("log", "snapshots"):
            shutil.copytree(self.data / part, self.backup / part)
        shutil.copy(self.data / "log.keys" / "keys.db", self.backup / "keys.db")  # the network's key has no copy
        self.start()
        self.post([seeks(member_id, f"Nach der Sicherung {WORDS[member_id]}", at=now_us()) for member_id in WORDS])
        self.crash()
        shutil.rmtree(self.data / "log")
        shutil.copytree(self.backup / "log", self.data / "log")
        self.start()
        self.post([seeks(member_id, f"Noch einmal {WORDS[member_id]}", at=now_us()) for member_id in WORDS])

    def publish(self) -> None:
        """From a file, some lines of which are refused."""
        lines = [*map(encode, history()), *(orjson.dumps(each) for each in self._spoilt())]
        lines += [f'{{"torn": "{WORDS[member_id]}'.encode() for member_id in ERASED]  # names nobody, and stays
        lines += [encode(event)[:-30] for event in said_by("m-1", WORDS["m-1"], day=1)]
        (self._own / "events.jsonl").write_bytes(b"\n".join(lines))
        published = weft(self.data, "publish", str(self._own / "events.jsonl"), "--json", PYTHONPATH=str(self._tree))
        assert published.json["refused"] == len(lines) - len(history())

    def _spoilt(self) -> list[dict[str, Any]]:
        events = [event for member_id in ERASED for event in said_by(member_id, WORDS[member_id], day=2)]
        return [{**envelope(event), "data": event.data | {"unknown": WORDS["m-1"]}} for event in events]

    def post(self, events: list[Any]) -> None:
        for event in events:
            line = envelope(event) if isinstance(event, Event) else event
            self.http.post("/events", content=orjson.dumps(line), headers=CLOUDEVENT)

    def seen_by(self, member_id: str) -> list[dict[str, Any]]:
        return list(self.http.get(f"/members/{member_id}/introductions").json()["introductions"])

    def answer(self) -> None:
        """One pair of each accepts, and each declines another, with a reason."""
        for member_id in ERASED:
            seen = self.seen_by(member_id)
            for one in seen[:1]:
                for side in (member_id, one["with"]["member_id"]):
                    self.http.post(f"/members/{side}/introductions/{one['introduction_id']}/accept")
                    self.http.post(f"/members/{side}/introductions/{one['introduction_id']}/rate", json={"rating": 4})
            for one in seen[1:]:
                self.http.post(
                    f"/members/{member_id}/introductions/{one['introduction_id']}/decline", json={"reason": "known"}
                )

    # --- forgetting ---------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """One by the endpoint, one by an event, one by the command; then the network's key is another."""
        endpoint, event, command = ERASED
        assert self.http.post(f"/members/{endpoint}/erase").status_code == 202
        said = {"specversion": "1.0", "id": "erase-2", "source": "/crm", "type": "member.erased"}
        line = {**said, "time": "2026-01-01T00:00:00Z", "data": {"member_id": event}}
        assert self.http.post("/events", content=json.dumps(line), headers=CLOUDEVENT).json()["status"] == "accepted"
        assert weft(self.data, "erase", command, "--yes", PYTHONPATH=str(self._tree)).code == 0
        eventually(lambda: not any(each["waiting"] for each in self.http.get("/erasures").json()["erasures"]))
        assert self.http.post("/keys/rotate").status_code == 200
        late = [event for member_id in ERASED for event in said_by(member_id, WORDS[member_id], day=3)]
        self.post(late)
        self.stop()
        self.start()
        self.http.get("/members/m-4/introductions")
        self.http.post("/members/m-4/ask", json={})
