"""Confirming for a database of views that it has forgotten whoever was erased: by looking, in all that is there.

A generation that is made anew beside the one that is read is there for others only once it has taken its place, and has
then read every erasure that the one before it had (`building`). Tables of another version nobody keeps up: while there
are any, nothing is confirmed.
"""

from services.erasing import VIEWS, Confirming, parts_of
from services.log.keyring import Keeper
from services.views.database import Database, of_other_shapes
from services.views.generations import current
from services.views.projection import Projection
from services.views.writing import are_left


class Forgetting:
    """One database of views as a keeper; to be made before any row is written. Unavailable, LogAway."""

    def __init__(self, database: Database, projection: Projection) -> None:
        self._database, self._projection = database, projection
        keeper = Keeper(f"{VIEWS}-{database.id}", VIEWS, database.name)
        projection.log.sealing.keys.wait_for([keeper])
        [self._part] = parts_of(keeper)

    def confirm(self) -> bool:
        """Confirms of whom nothing is left; returns whether that is everybody. Unavailable, LogAway."""
        keys, clock = self._projection.log.sealing.keys, self._projection.follower.clock
        return Confirming(keys, clock, {self._part: self._is_nothing_left}).confirm()

    def _is_nothing_left(self, who: set[str]) -> bool:
        if not (who <= self._projection.world.erased and self._database.overwrite_deleted()):
            return False
        with self._database.reading() as connection:
            found = current(connection)
            return not of_other_shapes(connection) and not (found and are_left(connection, found.number, who))
