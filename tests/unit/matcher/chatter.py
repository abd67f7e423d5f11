"""Events of all kinds by dice, from so small a world that they collide: the same instants, the same (source, id) with
other content, members who leave and join again, blocks that come and go, meetings put right, late erasures."""

from collections.abc import Callable
from random import Random

from schemas.codec import Event, event_of
from tests import builders as b

MEMBERS = [f"m-{number}" for number in range(1, 7)]
GROUPS = ["g-1", "g-2", "g-3"]
SUBJECTS = ["Nachfolge", "nachfolge", "Export nach Polen", "Steuern", "hiring"]
NOTES = ["Suche einen Notar für die Übergabe", "looking for a lawyer, exports", ""]
DAYS = 21


def some_events(dice: Random, count: int, *, erasing: bool = True) -> list[Event]:
    """So many events, in no order."""
    kinds = [kind for kind in _SAID if erasing or kind is not _erased]
    events: list[Event] = []
    for _ in range(count):
        event = dice.choice(kinds)(dice)
        rival = next((told for told in reversed(events) if told.type == event.type), event)
        events.append(_disguised(dice, event, rival))
    return events


def folding_order(dice: Random, events: list[Event]) -> list[Event]:
    """The same set in another order, with repetitions."""
    told = events + [dice.choice(events) for _ in range(len(events) // 3)]
    dice.shuffle(told)
    return told


def _disguised(dice: Random, event: Event, rival: Event) -> Event:
    """One in three is a conflict, such as merged logs may have: under an id of a few, under the very stamp of one of
    its kind, or what that one said at another instant."""
    chance = dice.random()
    if chance < 0.1:
        return event_of(event.time, dice.choice(("/crm", "/app")), str(dice.randrange(9)), event.type, event.data)
    if chance < 0.2:
        return event_of(rival.time, rival.source, rival.id, event.type, event.data)
    if chance < 0.3:
        return event_of(event.time, rival.source, rival.id, rival.type, rival.data)
    return event


# --- what is drawn --------------------------------------------------------------------------------------------------


def _when(dice: Random) -> int:
    return b.day(dice.randrange(DAYS), hour=dice.choice((0, 9, 18)))


def _later(dice: Random) -> int | None:
    return dice.choice((None, b.day(dice.randrange(2 * DAYS))))


def _two(dice: Random) -> list[str]:
    return dice.sample(MEMBERS, 2)


def _joined(dice: Random) -> Event:
    more = dice.choice(({}, {"languages": None}, {"languages": ["de"]}, {"languages": ["en", "de"], "about": "Notar"}))
    profession = dice.choice((None, "Notarin", "Steuerberatung"))
    return b.joined(dice.choice(MEMBERS), dice.choice(GROUPS), at=_when(dice), profession=profession, **more)


def _described(dice: Random) -> Event:
    fields = {"stage": dice.choice((None, "founding", "succession")), "about": dice.choice(NOTES), "email": "a@b.de"}
    return b.described(dice.choice(MEMBERS), at=_when(dice), **dict(dice.sample(sorted(fields.items()), 2)))


def _prefers(dice: Random) -> Event:
    places = {"introductions_per_round": dice.choice((None, 0, 1, 3))}
    one = dice.choice((places, {"paused_until": _later(dice)}, {"languages": ["en"]}))
    return b.prefers(dice.choice(MEMBERS), at=_when(dice), **one)


def _seeks(dice: Random) -> Event:
    more = {"note": dice.choice(NOTES), "until": _later(dice), "confidential": dice.choice((None, False, True))}
    return b.seeks(dice.choice(MEMBERS), dice.choice(SUBJECTS), at=_when(dice), weight=dice.choice((1, 0.3)), **more)


def _gives(dice: Random) -> Event:
    level = dice.choice((None, 1, 5))
    return b.gives(dice.choice(MEMBERS), dice.choice(SUBJECTS), at=_when(dice), level=level, note=dice.choice(NOTES))


def _endorsed(dice: Random) -> Event:
    member_id, by_id = _two(dice)
    return b.endorsed(member_id, dice.choice(SUBJECTS), by_id, at=_when(dice))


def _met_up(dice: Random) -> Event:
    there = dice.sample(MEMBERS, dice.randrange(len(MEMBERS)))
    return b.met_up(dice.choice(("e-1", "e-2")), *there, at=_when(dice), held_at=b.day(dice.randrange(DAYS)))


def _suggested(dice: Random) -> Event:
    return b.suggested(_introduction(dice), *sorted(_two(dice)), dice.choice(("r-1", "r-2")), at=_when(dice))


def _introduction(dice: Random) -> str:
    return dice.choice(("i-1", "i-2", "i-3"))


def _opened(dice: Random) -> Event:
    slot, policy = dice.choice(("2026-01-12", "2026-01-19")), {"close_after_days": dice.choice((3, 14))}
    return b.opened(dice.choice(("r-1", "r-2")), slot, at=_when(dice), policy=policy)


def _passed(dice: Random) -> Event:
    return b.passed(dice.choice(("f-1", "f-2")), *_two(dice), at=_when(dice))


def _erased(dice: Random) -> Event:
    return b.erased(dice.choice(MEMBERS), at=_when(dice))


def _organiser(build: Callable[..., Event]) -> Callable[[Random], Event]:
    def event(dice: Random) -> Event:
        more = dice.choice(({}, {"group_id": None}, {"group_id": "g-1"}))
        return build(dice.choice(MEMBERS), at=_when(dice), **more)

    return event


_SAID: list[Callable[[Random], Event]] = [
    lambda dice: b.founded(dice.choice(GROUPS), at=_when(dice), name=dice.choice(("Elbe", "Oder"))),
    lambda dice: b.group_closed(dice.choice(GROUPS), at=_when(dice)),
    _joined,
    _joined,
    _described,
    lambda dice: b.left(dice.choice(MEMBERS), dice.choice(GROUPS), at=_when(dice)),
    _prefers,
    lambda dice: b.blocked(*_two(dice), at=_when(dice)),
    lambda dice: b.unblocked(*_two(dice), at=_when(dice)),
    _erased,
    _organiser(b.appointed),
    _organiser(b.dismissed),
    _seeks,
    _seeks,
    lambda dice: b.seeks_no_more(dice.choice(MEMBERS), dice.choice(SUBJECTS), at=_when(dice)),
    _gives,
    _gives,
    lambda dice: b.gives_no_more(dice.choice(MEMBERS), dice.choice(SUBJECTS), at=_when(dice)),
    _endorsed,
    lambda dice: b.planned(dice.choice(("e-1", "e-2")), at=_when(dice), place=dice.choice(("Hafen", None))),
    _met_up,
    lambda dice: b.talked(*_two(dice), at=_when(dice), minutes=dice.choice((None, 30))),
    _suggested,
    _suggested,
    lambda dice: b.accepted(_introduction(dice), dice.choice(MEMBERS), at=_when(dice)),
    lambda dice: b.declined(_introduction(dice), dice.choice(MEMBERS), at=_when(dice), reason="no_time"),
    lambda dice: b.made(_introduction(dice), at=_when(dice)),
    lambda dice: b.closed(_introduction(dice), at=_when(dice)),
    lambda dice: b.met(_introduction(dice), dice.choice(MEMBERS), at=_when(dice), minutes=30),
    lambda dice: b.rated(_introduction(dice), dice.choice(MEMBERS), dice.randint(1, 5), at=_when(dice)),
    lambda dice: b.vetoed(*_two(dice), at=_when(dice), until=_later(dice)),
    _passed,
    lambda dice: b.deal(dice.choice(("f-1", "f-2")), dice.choice(("10", "20")), at=_when(dice)),
    _opened,
    lambda dice: b.held(dice.choice(("r-1", "r-2")), at=_when(dice), unmatched={"paused": dice.randrange(3)}),
    lambda dice: b.fitted(dice.choice(("w-1", "w-2")), at=_when(dice)),
]
