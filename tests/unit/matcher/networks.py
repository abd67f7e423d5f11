"""Small networks by dice, in which every rule of a round finds something to forbid; and who may meet whom in them, read
off the events by somebody who has not read the judgement."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

from schemas.codec import Event
from schemas.instants import parse_instant
from tests import builders as b

AT = b.day(21)  # of the round that is planned
MEMBERS = [f"m-{number}" for number in (3, 1, 2, 6, 5, 4, 7)]
GROUPS = ["g-1", "g-2", "g-3", "g-4"]
SUBJECTS = ["Nachfolge", "Export", "Steuern", "Unternehmensnachfolge"]  # the last is kin to the first
FOR_EVER = 1 << 62


def small_network(dice: Random, *, boundless: bool = False) -> list[Event]:
    """Everything that happened in three weeks. `boundless`: every place is free, so that values can be seen."""
    return [
        *(event for member_id in MEMBERS for event in _a_life(dice, member_id, boundless)),
        *(event for two in combinations(MEMBERS, 2) for event in _between(dice, *two)),
        *(event for group_id in GROUPS for event in _of_group(dice, group_id)),
        *_a_round(dice, "r-1", "2026-01-12", held=True, boundless=boundless),
        *_a_round(dice, "r-2", "2026-01-13", held=False, boundless=boundless),
        b.met_up("e-1", *MEMBERS, at=b.day(5), type_of="open"),
    ]


def _a_life(dice: Random, member_id: str, boundless: bool) -> Iterator[Event]:
    for group_id in dice.choice((*([group_id] for group_id in GROUPS), GROUPS[:2])):
        yield b.joined(member_id, group_id, at=b.day(dice.randrange(4)), languages=dice.choice((None, ["de"], ["en"])))
        if dice.random() < 0.15:
            yield b.left(member_id, group_id, at=b.day(6))
    if dice.random() < 0.15:
        yield b.joined(member_id, dice.choice(GROUPS), at=b.day(9), profession=dice.choice((None, "Notarin")))
    if dice.random() < 0.7:
        yield b.seeks(member_id, dice.choice(SUBJECTS), at=b.day(dice.randrange(15)))
    if dice.random() < 0.7:
        yield b.gives(member_id, dice.choice(SUBJECTS), at=b.day(dice.randrange(15)), note="Verträge und Notare")
    if dice.random() < 0.2:
        yield b.prefers(member_id, at=b.day(4), paused_until=b.day(dice.choice((6, 21, 30))))
    if dice.random() < 0.2:
        yield b.prefers(member_id, at=b.day(4), introductions_per_round=0 if boundless else dice.randrange(3))


def _between(dice: Random, one: str, other: str) -> Iterator[Event]:
    chance = dice.random()
    if chance < 0.05:
        yield b.talked(one, other, at=b.day(dice.randrange(15)))
    elif chance < 0.15:
        yield b.blocked(*dice.sample((one, other), 2), at=b.day(8))
        if dice.random() < 0.5:
            yield b.unblocked(one, other, at=b.day(9))
    elif chance < 0.25:
        yield b.vetoed(one, other, at=b.day(8), until=dice.choice((None, b.day(20), AT, b.day(22))))


def _of_group(dice: Random, group_id: str) -> Iterator[Event]:
    yield b.founded(group_id)
    if dice.random() < 0.1:
        yield b.group_closed(group_id, at=b.day(7))


def _a_round(dice: Random, round_id: str, slot: str, *, held: bool, boundless: bool) -> Iterator[Event]:
    yield b.opened(round_id, slot, policy={"close_after_days": 1 if boundless else dice.choice((1, 30))})
    for one, other in combinations(sorted(MEMBERS), 2):
        if dice.random() < 0.1:
            name = f"{round_id}.{one}.{other}"
            yield b.suggested(name, one, other, round_id, at=b.NEXT_MONDAY)
            if dice.random() < 0.3:
                yield b.declined(name, one, at=b.day(8))
    if held:
        yield b.held(round_id, slot)


# --- who may meet whom ----------------------------------------------------------------------------------------------


class Told:
    """What the events say, one question at a time."""

    def __init__(self, events: list[Event], at: int = AT) -> None:
        self._at = at
        self._events: dict[str, list[Event]] = defaultdict(list)
        for event in sorted({event[:4]: event for event in events if event.time < at}.values(), key=lambda e: e[:3]):
            self._events[event.type].append(event)

    def may_meet(self, one: str, other: str) -> bool:
        return one != other and not (
            self.were_together(one, other)
            or self._said_of_both("conversation.held", one, other)
            or any({one, other} == set(said["member_ids"]) for said in self._suggestions())
            or self._blocks(one, other)
            or self._blocks(other, one)
            or self._vetoed(one, other)
            or self._without_a_common_language(one, other)
        )

    def can_take_part(self, member_id: str) -> bool:
        return self.is_here(member_id) and not self.is_pausing(member_id) and self.room(member_id) > 0

    def is_here(self, member_id: str) -> bool:
        return any(end == FOR_EVER for _, _, end in self.times_in_groups(member_id))

    def is_pausing(self, member_id: str) -> bool:
        until = self.last(member_id, "paused_until")
        return until is not None and parse_instant(until) > self._at

    def room(self, member_id: str, usually: int = 2) -> int:
        wanted = self.last(member_id, "introductions_per_round")
        return max(0, (usually if wanted is None else wanted) - sum(map(self._is_open, self._of_member(member_id))))

    def of(self, *kinds: str, **fields: Any) -> list[Event]:
        """The events of these kinds that say this, oldest first."""
        told = [event for kind in kinds for event in self._events[kind]]
        found = [event for event in told if all(event.data.get(field) == value for field, value in fields.items())]
        return sorted(found, key=lambda event: event[:3])

    def last(self, member_id: str, field: str) -> Any:
        about = self.of("member.joined", "member.preferences_set", member_id=member_id)
        return next((event.data[field] for event in reversed(about) if field in event.data), None)

    def were_together(self, one: str, other: str) -> bool:
        return any(
            group == elsewhere and max(start, begin) < min(end, stop)
            for group, start, end in self.times_in_groups(one)
            for elsewhere, begin, stop in self.times_in_groups(other)
        )

    def times_in_groups(self, member_id: str) -> list[tuple[str, int, int]]:
        found = []
        for group_id in GROUPS:
            since, closing = None, self._closing(group_id)
            for event in self.of("member.joined", "member.left", member_id=member_id, group_id=group_id):
                if event.type == "member.joined":
                    since = event.time if since is None else since
                elif since is not None:
                    found.append((group_id, since, min(event.time, closing)))
                    since = None
            if since is not None:
                found.append((group_id, since, closing))
        return [(group_id, start, end) for group_id, start, end in found if start < end]

    def _closing(self, group_id: str) -> int:
        last = self.of("group.founded", "group.closed", group_id=group_id)[-1]
        return last.time if last.type == "group.closed" else FOR_EVER

    def _suggestions(self) -> list[dict[str, Any]]:
        held = {event.data["round_id"] for event in self.of("round.held")}
        return [event.data for event in self.of("introduction.suggested") if event.data["round_id"] in held]

    def _of_member(self, member_id: str) -> list[dict[str, Any]]:
        return [said for said in self._suggestions() if member_id in said["member_ids"]]

    def _is_open(self, said: dict[str, Any]) -> bool:
        one, other = said["member_ids"]
        (opened,) = self.of("round.opened", round_id=said["round_id"])
        until = opened.time + opened.data["policy"]["close_after_days"] * (b.day(1) - b.day(0))
        return until > self._at and not (
            self.of("introduction.declined", introduction_id=said["introduction_id"])
            or self.of("member.blocked", member_id=one, other_id=other)  # what was ended stays so
            or self.of("member.blocked", member_id=other, other_id=one)
            or any(self._was_away(member_id, opened.time) for member_id in (one, other))
        )

    def _was_away(self, member_id: str, since: int) -> bool:
        until = self.last(member_id, "paused_until")
        times = self.times_in_groups(member_id)
        return not any(start <= since and end == FOR_EVER for _, start, end in times) or (
            until is not None and parse_instant(until) > since
        )

    def _said_of_both(self, kind: str, one: str, other: str) -> list[Event]:
        return [event for event in self.of(kind) if {one, other} == set(event.data["member_ids"])]

    def _blocks(self, one: str, other: str) -> bool:
        said = self.of("member.blocked", "member.unblocked", member_id=one, other_id=other)
        return bool(said) and said[-1].type == "member.blocked"

    def _vetoed(self, one: str, other: str) -> bool:
        said = self._said_of_both("pair.vetoed", one, other)
        until = said[-1].data.get("until") if said else None
        return bool(said) and (until is None or parse_instant(until) > self._at)

    def _without_a_common_language(self, one: str, other: str) -> bool:
        spoken = [set(self.last(member_id, "languages") or ()) for member_id in (one, other)]
        return all(spoken) and not spoken[0] & spoken[1]
