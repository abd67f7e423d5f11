"""Whose rows a change of the world may have changed."""

from matcher.world import ERASED, Change, Register, World


class Touched:
    """What is to be written again, by id. It may hold more than has changed, never less."""

    def __init__(self) -> None:
        self.members: set[str] = set()
        self.groups: set[str] = set()
        self.introductions: set[str] = set()
        self.rounds: set[str] = set()
        self.erased: set[str] = set()

    def __bool__(self) -> bool:
        return any((self.members, self.groups, self.introductions, self.rounds, self.erased))

    def clear(self) -> None:
        """All of it has been written."""
        for ids in (self.members, self.groups, self.introductions, self.rounds, self.erased):
            ids.clear()

    def note(self, world: World, change: Change) -> None:
        """A change that the world has taken in."""
        for table, owner, key, before in change:
            if table == ERASED:
                self.erased.add(owner)
                for of_table, of_owner, of_key, taken_out in before or ():
                    self._note(world, of_table, of_owner, of_key, taken_out)
            else:
                self._note(world, table, owner, key, before)

    def _note(self, world: World, table: str, owner: str, key: str, before: Register | None) -> None:
        if table in ("members", "memberships", "pauses", "blocks"):
            self._member(world, owner)
        elif table == "groups":
            self._group(world, owner, key)
        elif table == "introductions":
            self.introductions.add(owner)
        elif table == "rounds":
            self._round(world, owner, key, before)
        elif table == "weights":  # they say whether the scores by them are provisional
            introductions = world.tables["introductions"]
            self.introductions.update(each for each in introductions if owner in _weights_of(world, each))

    def _member(self, world: World, member_id: str) -> None:
        self.members.add(member_id)
        self.introductions.update(world.suggested.get(member_id, ()))

    def _group(self, world: World, group_id: str, key: str) -> None:
        self.groups.add(group_id)
        if key.startswith("exists "):
            for member_id in world.ever_in.get(group_id, ()):
                self._member(world, member_id)

    def _round(self, world: World, round_id: str, key: str, before: Register | None) -> None:
        """There is one a slot: whichever it is now, and whichever it was."""
        slots = {before[4]["slot"]} if key == "opened" and before else set()
        slots |= {opened["slot"] for opened in (world.value("rounds", round_id, "opened"),) if opened}
        for each, cells in world.tables["rounds"].items():
            if each == round_id or ("opened" in cells and cells["opened"][4]["slot"] in slots):
                self.rounds.add(each)
                self.introductions.update(world.suggested_in.get(each, ()))


def everything(world: World) -> Touched:
    """All that a world has."""
    touched = Touched()
    touched.members.update(world.tables["memberships"])
    touched.groups.update(world.tables["groups"])
    touched.introductions.update(world.tables["introductions"])
    touched.rounds.update(world.tables["rounds"])
    return touched


def _weights_of(world: World, introduction_id: str) -> set[str]:
    cells = world.tables["introductions"][introduction_id]
    return {register[4]["weights_id"] for key, register in cells.items() if key.startswith("suggested ")}
