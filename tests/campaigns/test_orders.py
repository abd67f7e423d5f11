"""Shuffled, repeated, late events: the same state, and the same round, byte for byte."""

from pathlib import Path

import pytest

from tests.campaigns.builds import LONG, Break, broken_tree, run

pytestmark = pytest.mark.campaign

WORLD, HORIZON = "matcher/world.py", "matcher/horizon.py"
INDEX, ROSTER, READING = "matcher/index.py", "matcher/roster.py", "matcher/reading.py"
INTRODUCTIONS = "matcher/introductions.py"


def _shuffle(cases: int, tree: Path | None = None) -> str | None:
    return run("shuffling", cases, package="orders", **({"tree": tree} if tree else {}))


def test_no_order_makes_another_world_or_another_round() -> None:
    assert _shuffle(100_000 if LONG else 500) is None


def test_nor_does_the_seed_of_hashes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        assert _shuffle(1_000 if LONG else 50) is None
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "mistake",
    [
        Break(WORLD, "register[:4] > held[:4]", "register[0] >= held[0]"),
        Break(WORLD, "register[:4] > held[:4]", "register[:3] > held[:3]"),
        Break(WORLD, "self.erased and not self.erased.isdisjoint(named_in(known))", "False"),
        Break(WORLD, "value = [member for member in value if member not in self.erased]", "pass"),
        Break(WORLD, "min(rank, first.get(opened[\"slot\"], rank))", "first.get(opened[\"slot\"], rank)"),
        Break(HORIZON, "if event.time < self.as_of or", "if event.time <= self.as_of + 86_400_000_000 or"),
        Break(INTRODUCTIONS, "max(told, key=lambda register: register[:4])[4]", "told[0][4]"),
        Break(INDEX, "(before and table in _COUNTED)", "False"),
        Break(INDEX, "self._read_again(withdrawn_ones | self._praise_to_read)", "pass"),
        Break(READING, "(joined < self.today)", "True"),
        Break(ROSTER, "int.from_bytes(blake2b(member_id.encode(), digest_size=8).digest(), \"big\")", "len(self.ids)"),
    ],
    ids=[
        "a fold that keeps what came last of one instant",
        "a fold that forgets the hash",
        "a fold that lets the erased speak",
        "meetings that let the erased in",
        "of two rounds for a date the one that came first",
        "a horizon of tomorrow",
        "of two suggestions the one that came first",
        "an index that counts what was overwritten",
        "an index that hears no withdrawal",
        "lists of a day that know who joins in it",
        "ties that go to whoever came first",
    ],
)  # fmt: skip
def test_it_would_notice(mistake: Break, tmp_path: Path) -> None:
    assert _shuffle(400, broken_tree(tmp_path, mistake))
