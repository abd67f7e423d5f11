"""Who was in which group, and when, as arrays: read once, and of whoever comes or goes again."""

import numpy as np

from matcher.roster import Roster
from matcher.rows import Rows
from matcher.standing import spells
from matcher.tables import Ints
from matcher.world import World


class Company:
    """The times in groups that a world tells of, by slot of the roster; it must hear of all that changes them."""

    def __init__(self, world: World, roster: Roster) -> None:
        self._world, self._roster = world, roster
        self._known: dict[str, Ints] = {}

    # --- following the world ----------------------------------------------------------------------------------------

    def read_again(self, group_id: str, member_id: str, slot: int) -> None:
        """This member came or went, or is forgotten."""
        known = self._known.get(group_id)
        if known is not None:
            others = np.delete(known, np.flatnonzero(known[0] == slot), axis=1)
            self._known[group_id] = np.concatenate((others, self._read(group_id, {member_id: slot})), axis=1)

    def forget(self, group_id: str) -> None:
        """The group began or ended, and with it perhaps everybody's time in it."""
        self._known.pop(group_id, None)

    # --- reading ----------------------------------------------------------------------------------------------------

    def spells_in(self, group_id: str) -> Ints:
        """Slots of a group, and from when until when each was in it (µs); (3, spells)."""
        known = self._known.get(group_id)
        if known is None:
            members = {each: self._roster.slots[each] for each in self._world.ever_in.get(group_id, ())}
            known = self._known[group_id] = self._read(group_id, members)
        return known

    def _read(self, group_id: str, members: dict[str, int]) -> Ints:
        rows = Rows(3)
        for member_id, slot in members.items():
            for one in spells(self._world, member_id):
                if one.group_id == group_id:
                    rows.add(slot, one.start, one.end)
        return rows.columns()
