"""What log and scores say, read up to a mark, and what of it changed since another: all that a writer of views knows.

What time alone changes is not waited for: a row says until when it is shown, and whoever reads compares. So rows change
only where an event, or a score, says something new, or where one that was dated ahead comes of age.
"""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from matcher.world import World
from services.clock import Clock
from services.collecting import uncollected
from services.follower import Follower
from services.log import Positions
from services.snapshot import ProvenLog
from services.trouble import Trouble
from services.views.generations import Mark
from services.views.scores import ScoreRecord, ScoreSource
from services.views.touching import Touched, everything
from services.views.writing import AT_ONCE, replace_scores, replace_touched


class Projection:
    """For one thread."""

    def __init__(self, log: ProvenLog, scores: ScoreSource, snapshot_file: Path, clock: Clock) -> None:
        self.log, self.scores = log, scores
        self._clock, self._not_before = clock, 0
        self.follower: Follower[ProvenLog] = Follower(log, snapshot_file, self._now)
        self.since = self.mark = Mark({}, {}, 0)
        self.world = World()
        self._touched, self._scored = Touched(), dict[str, bytes | None]()
        self._scores_at: Positions = {}

    def start(self, found: Mark | None) -> str | None:
        """Reads the log, from the snapshot if there is one, and what scores are new to views that stand at `found`;
        returns why the snapshot was in doubt, if it was. LogDamaged."""
        if found:  # a clock that was set back does not take the views back
            self._not_before, self._scores_at = found.as_of, dict(found.scores)
        self.follower.told.append(self._touched.note)
        with uncollected():
            doubt = self.follower.start()
        positions, as_of = self.follower.began
        self.since = Mark(positions, dict(self._scores_at), as_of)
        self.read()
        return doubt

    def read(self) -> None:
        """Reads log and scores to their ends, and moves on to now. LogDamaged."""
        with self.follower.standing() as standing:
            self.world, as_of = standing.world, standing.at
        for record in self._new_scores():
            self._scored[record.member_id] = record.value
        self.mark = Mark(dict(self.follower.positions), dict(self._scores_at), as_of)

    @property
    def is_written(self) -> bool:
        """Whether nothing was read since the last writing, but that time went on."""
        return not self._touched and self.since[:2] == self.mark[:2]

    def lag(self) -> int:
        """How many events and score records are not written yet."""
        ends = self.log.end() | self.scores.end()
        written = self.since.log | self.since.scores
        return sum(end - written.get(partition, 0) for partition, end in ends.items())

    def write(self, connection: Connection, generation: int) -> bool:
        """Writes what changed between `since` and `mark`; returns whether somebody was forgotten with it."""
        replace_touched(connection, generation, self.world, self._touched)
        replace_scores(connection, generation, self.world, self._scored)
        return bool(self._touched.erased)

    def written(self) -> None:
        """What was written is durable."""
        self.since = self.mark
        self._touched.clear()
        self._scored.clear()

    def write_all(self, connection: Connection, generation: int) -> None:
        """Writes everything up to `mark`, and all scores; it counts as written, although that is not durable yet: if it
        never is, `since` is too late for what is there, which calls for this again."""
        replace_touched(connection, generation, self.world, everything(self.world))
        self._scores_at = {}
        self._scored.clear()
        for record in self._new_scores():
            self._scored[record.member_id] = record.value
            if len(self._scored) >= AT_ONCE:
                replace_scores(connection, generation, self.world, self._scored)
                self._scored.clear()
        replace_scores(connection, generation, self.world, self._scored)
        self.mark = self.mark._replace(scores=dict(self._scores_at))
        self.written()

    def keep_to(self, mark: Mark) -> None:
        """Reads on, if views that stand at `mark` are further. A clock that is behind theirs does not take them back.
        Trouble: the log does not go so far."""
        if self.mark.reaches(mark):
            return
        self._not_before = max(self._not_before, mark.as_of)
        self.read()
        if not self.mark.reaches(mark):
            raise Trouble(
                "the views have read more than the log, or the scores, hold: put back what is missing, or empty the "
                "database of the views"
            )

    def _new_scores(self) -> Iterator[ScoreRecord]:
        end = self.scores.end()
        for record in self.scores.read(self._scores_at):
            self._scores_at[record.partition] = record.position + 1
            yield record
        for partition, position in end.items():  # what nobody can read any more is passed over
            self._scores_at[partition] = max(position, self._scores_at.get(partition, 0))

    def _now(self) -> int:
        return max(self._clock(), self._not_before)
