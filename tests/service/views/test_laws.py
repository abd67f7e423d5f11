"""Whatever happens, and whoever writes: the rows are those of views that are built from nothing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings

from matcher.horizon import state_at
from matcher.seen import seen_by
from services.answering import NotYours
from services.log.sqlite import SqliteLog
from services.views.database import Database
from services.views.projecting import Projector
from tests.builders import day
from tests.dice import THROWN
from tests.service.views.parts import Kept, all_rows
from tests.unit.matcher.chatter import DAYS, MEMBERS, folding_order, some_events

SAMPLED = 6  # on Postgres, where a network of its own takes longer


def live(dice: Random, kept: Kept) -> None:
    """Events come in any order, by parts; of two who write, each looks now and then, is killed, or saves a snapshot
    and is killed; somebody builds the views anew; scores come and go; the clock goes on, and is set back."""
    events = folding_order(dice, some_events(dice, 120, erasing=dice.random() < 0.4))
    writers: list[Projector | None] = [None, None]
    while events:
        some = dice.randrange(1, 25)
        kept.log.append(events[:some])
        del events[:some]
        _publish(dice, kept)
        kept.clock.now = max(day(0), kept.clock.now + dice.choice((0, 1, 1, -1)) * (day(3) - day(0)))
        place = dice.randrange(2)
        writers[place] = _step(dice, kept, writers[place])
    kept.clock.now = day(2 * DAYS)
    last = next(filter(None, writers), None) or kept.started()
    last.project_once()


def _publish(dice: Random, kept: Kept) -> None:
    who = dice.choice(MEMBERS)
    if dice.random() < 0.2:
        kept.scores.withdraw(who)
    else:
        kept.scores.publish(who, *dice.sample([each for each in MEMBERS if each != who], 3))
    if dice.random() < 0.1:
        kept.scores.compact()


def _step(dice: Random, kept: Kept, writer: Projector | None) -> Projector | None:
    chance = dice.random()
    if writer is None:
        return kept.started() if chance < 0.8 else None
    if chance < 0.1:
        kept.rebuild()
    elif chance < 0.15:
        return None  # it has read, perhaps, and was killed
    elif chance < 0.8:
        writer.project_once()
        if chance < 0.3:
            writer._projection.follower.save()
    return writer


@contextmanager
def kept_in(database: Database, now: int = day(5)) -> Iterator[Kept]:
    with TemporaryDirectory() as folder, closing(SqliteLog(Path(folder) / "log")) as log:
        yield Kept(database, log, Path(folder), now)


def check(kept: Kept, beside: Path) -> None:
    """The rows are those of a rebuild, and what members see is what the world says."""
    with closing(Database(f"sqlite:///{beside / 'again.db'}")) as again:
        kept.rebuild(into=again)
        assert all_rows(kept.database) == all_rows(again)
    at = kept.clock.now + 1
    for ahead in (at, at + day(30) - day(0)):
        world = state_at((record.event for record in kept.log.read()), at).world
        with kept.views.standing() as standing:
            assert standing.positions == kept.log.end()
            assert standing.score_positions == kept.scores.end()
            for member_id in MEMBERS:
                if member_id in world.tables["memberships"]:
                    assert standing.introductions_of(member_id, ahead) == seen_by(world, member_id, ahead)
                else:
                    with pytest.raises(NotYours):
                        standing.introductions_of(member_id, ahead)
            assert not any(standing.names(member_id) for member_id in world.erased)


def with_life(dice: Random, database: Database, beside: Path) -> None:
    with kept_in(database) as kept:
        live(dice, kept)
        check(kept, beside)


@settings(max_examples=25, phases=[Phase.generate])  # to shrink dice takes minutes and tells little
@given(THROWN)
def test_after_any_life_the_rows_are_those_of_a_rebuild(dice: Random) -> None:
    with TemporaryDirectory() as folder, closing(Database(f"sqlite:///{folder}/views.db")) as database:
        with_life(dice, database, Path(folder))


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(SAMPLED))
def test_the_same_holds_in_postgres(seed: int, postgres_url: str, tmp_path: Path) -> None:
    with closing(Database(postgres_url)) as database:
        with_life(Random(seed), database, tmp_path)
