"""A simulated network as files: `events.jsonl`, what happened, and `truth.jsonl`, what nobody in it could see."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import orjson

from services.simulate.life import Life, Stays
from services.simulate.network import OLDEST_DAYS
from services.simulate.people import NEEDS, NONE, PRESENCE, People
from services.simulate.seeking import FIRST_OPENED
from services.simulate.stream import FIRST_DAY, days
from services.simulate.subjects import PROFESSIONS, STAGES, SUBJECTS
from services.simulate.truth import WORTH_IT, Truth
from services.trouble import Trouble

EVENTS, TRUTH = "events.jsonl", "truth.jsonl"
CHUNK_MEMBERS = 4_096
LANGUAGES = [[], ["de"], ["en"], ["de", "en"]]


class Summary(NamedTuple):
    """What was written."""

    events: int
    members: int  # everybody who ever was one
    events_file: str
    truth_file: str


def write_files(
    out_dir: Path,
    members: int,
    weeks: int,
    seed: int,
    first: date = FIRST_DAY,
    advance: Callable[[int], None] = lambda done: None,
) -> Summary:
    """Writes a network of `members` members and its `weeks` weeks from the Monday `first` on into a folder.

    Equal arguments give equal bytes. Memory holds the members and one day, however many weeks. `advance` is told after
    each day, of `all_days(weeks)`. Trouble: too small a network, no Monday, or the folder cannot be written.
    """
    try:
        life = Life.begin(seed, members, first)
    except ValueError as wrong:
        raise Trouble(f"weft simulate: {wrong}") from None
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        with open(out_dir / EVENTS, "wb") as events, open(out_dir / TRUTH, "wb") as truth:
            return _write(life, weeks, events, truth, advance)
    except OSError as wrong:
        raise Trouble(f"{out_dir} cannot be written ({wrong.strerror}): choose another folder") from None


def all_days(weeks: int) -> int:
    """How many days such a simulation has, those before its first week included."""
    return OLDEST_DAYS + 7 * weeks


def truth_of(truth_file: Path) -> Truth:
    """The hidden truth that a `truth.jsonl` belongs to: its first line says all. Trouble: it is none."""
    try:
        with open(truth_file, "rb") as lines:
            told = orjson.loads(lines.readline())["simulation"]
        return Truth(told["seed"], told["members"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Trouble(f"{truth_file} is no truth.jsonl of `weft simulate`") from None


def _write(life: Life, weeks: int, events: BinaryIO, truth: BinaryIO, advance: Callable[[int], None]) -> Summary:
    told = {"seed": life.plan.seed, "members": life.plan.members, "weeks": weeks, "first": life.first.isoformat()}
    rule = {"rule": "services.simulate.truth.Moment.worth", "worth_it": WORTH_IT}
    truth.write(orjson.dumps({"simulation": {**told, **rule}}) + b"\n")
    written = people = 0
    for lines in islice(days(life), all_days(weeks)):
        if lines:
            events.write(("\n".join(lines) + "\n").encode())
            written += len(lines)
        people += _write_truth(life, 7 * weeks, life.gone, truth)
        life.gone.clear()
        advance(1)
    people += _write_truth(life, 7 * weeks, [life.stays(np.arange(life.plan.seats))], truth)
    return Summary(written, people, events.name, truth.name)


def _write_truth(life: Life, end: int, stays: Iterable[Stays], truth: BinaryIO) -> int:
    written = 0
    for stay in stays:
        were = np.flatnonzero(stay.joins < min(end, life.day + 1))
        for start in range(0, len(were), CHUNK_MEMBERS):
            rows = were[start : start + CHUNK_MEMBERS]
            chunk = Stays(*(column[rows] for column in stay))
            truth.writelines(orjson.dumps(line) + b"\n" for line in members_truth(life, chunk, end))
            written += len(rows)
    return written


# --- one line a member ------------------------------------------------------------------------------------------------


def members_truth(life: Life, stays: Stays, end: int) -> Iterator[dict[str, Any]]:
    """What each of these members truly is, needs and can, from the weeks before the first on until day `end`."""
    people = People.of(life.plan, stays.number)
    since, until = np.maximum(stays.joins, FIRST_OPENED), np.minimum(stays.leaves, end)
    needs, presence = _needs(life, people, since, until), _presence(life, people, since, until)
    for row, number in enumerate(stays.number.tolist()):
        yield {
            "member_id": f"m-{number + 1}",
            "group_id": f"g-{people.group[row] + 1}",
            "profession": PROFESSIONS[people.profession[row]].name,
            "joined": _date(life, stays.joins[row]),
            "left": _date(life, stays.leaves[row]) if stays.leaves[row] < end else None,
            "stage": STAGES[people.first_stage[row]],
            "languages": LANGUAGES[people.languages[row]],
            **{name: int(getattr(people, name)[row]) for name in ("sociable", "reliable", "lingers")},
            "gives": _gives(people, row),
            "needs": needs[row],
            "presence": presence[row],
        }


def _gives(people: People, row: int) -> list[dict[str, Any]]:
    columns = (people.gives[row].tolist(), people.ability[row].tolist(), people.claims[row].tolist())
    return [
        {"subject": SUBJECTS[subject].name, "ability": ability, "claimed_level": claim or None}
        for subject, ability, claim in zip(*columns, strict=True)
        if subject != NONE
    ]


def _needs(life: Life, people: People, since: np.ndarray, until: np.ndarray) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = [[] for _ in since]
    for place in range(NEEDS):
        places = np.full(len(since), place)
        epoch = people.epoch_of(place, since)
        while len(rows := np.flatnonzero(people.beginning(places, epoch) < until)):
            subjects, strengths = people.need_of(places, epoch)
            begins = np.maximum(people.beginning(places, epoch), since)
            ends = people.beginning(places, epoch + 1)
            for row in rows[subjects[rows] != NONE].tolist():
                found[row].append(
                    {
                        "subject": SUBJECTS[subjects[row]].name,
                        "strength": int(strengths[row]),
                        "from": _date(life, begins[row]),
                        "until": _date(life, ends[row]),
                    }
                )
            epoch = epoch + 1
    return found


def _presence(life: Life, people: People, since: np.ndarray, until: np.ndarray) -> list[list[dict[str, Any]]]:
    """Spells in which a member was not wholly there."""
    found: list[list[dict[str, Any]]] = [[] for _ in since]
    spell = people.spell(since)
    while len(rows := np.flatnonzero(people.spell_begins(spell) < until)):
        percent, begins, ends = people.presence_in(spell), people.spell_begins(spell), people.spell_begins(spell + 1)
        for row in rows[percent[rows] < PRESENCE.max()].tolist():
            begin, end = _date(life, max(begins[row], since[row])), _date(life, ends[row])
            found[row].append({"percent": int(percent[row]), "from": begin, "until": end})
        spell = spell + 1
    return found


def _date(life: Life, day: Any) -> str:
    return (life.first + timedelta(days=int(day))).isoformat()
