"""Members say what they look for, and take it back: most of the true needs, some that are none, some left standing."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from services.simulate import notes
from services.simulate.dice import Numbers, dice, die, pick
from services.simulate.joining import offer, offer_words
from services.simulate.life import Life
from services.simulate.page import PROFILES
from services.simulate.people import ABLE, ENGLISH, GIVES, NEEDS, NONE
from services.simulate.subjects import STAGES, SUBJECTS

FIRST_OPENED = -42  # the day from which members fill in what they look for
SILENT_PER_CENT = 10  # of true needs are never said
COURTESY_PER_CENT = 30  # of members without a need in a place name one nevertheless
WITHDRAWN_PER_CENT = 65  # of needs that are over are taken back; the others stay standing
REPEATS = 1_500  # millionths a member and day


class Said(NamedTuple):
    """What a member says of a need: its strength in percent (0: out of courtesy) and the throw for its details."""

    seat: int
    place: int
    strength: int
    subject: int
    words: notes.Words
    throw: int


def needs_change(life: Life) -> None:
    """`interest.declared` and `interest.withdrawn` as needs come and go."""
    if life.day < FIRST_OPENED:
        return
    newcomers = np.flatnonzero(life.seated & (life.opened == life.day))
    seats, places = np.repeat(newcomers, NEEDS), np.tile(np.arange(NEEDS), len(newcomers))
    for said in _said(life, seats, places, before=False):
        _seek(life, said, life.second(11 * 60) + 90 * said.place)
    rows, places = life.people.fresh_needs(life.day)
    known = life.seated[rows] & (life.opened[rows] < life.day)
    rows, places = rows[known], places[known]
    for said in _said(life, rows, places, before=True):
        if (said.throw >> 48) % 100 < WITHDRAWN_PER_CENT:
            _withdraw(life, said)
    for said in _said(life, rows, places, before=False):
        _seek(life, said, life.second(11 * 60) + said.throw % 36_000)


def _said(life: Life, seats: Numbers, places: Numbers, before: bool) -> Iterator[Said]:
    """What these seats say, each of one place's need of today, or of the one `before`."""
    people = life.people.at(seats)
    epochs = people.need_epoch(life.day)[np.arange(len(seats)), places] - before
    subjects, strengths = people.need_of(places, epochs)
    throws = dice(life.plan.seed, "says", people.number, places, epochs)
    courtesy = (subjects == NONE) & (pick(throws, 100) < COURTESY_PER_CENT)
    subjects = np.where(courtesy, pick(throws, len(SUBJECTS), 8), subjects)
    strengths = np.where(courtesy, 0, strengths)
    spoken = courtesy | ((subjects != NONE) & (pick(throws, 100) >= SILENT_PER_CENT))
    columns = (seats, places, strengths, subjects, people.writes == ENGLISH, throws)
    for seat, place, strength, subject, english, throw in zip(*(c[spoken].tolist() for c in columns), strict=True):
        yield Said(seat, place, strength, subject, notes.need(subject, throw >> 16, english), throw)


def _seek(life: Life, said: Said, second: int) -> None:
    throw, words = said.throw, said.words
    data = f'"member_id":"{life.ids[said.seat]}","subject":"{words.subject}"'
    if throw % 10 < 6:
        tenths = min(10, max(1, said.strength // 10 + (throw >> 8) % 3 - 1)) if said.strength else 3
        data += f',"weight":{"1" if tenths == 10 else f"0.{tenths}"}'
    if words.note and said.strength:
        data += f',"note":"{words.note}"'
    if (throw >> 20) % 10 == 0:
        data += f',"until":"{life.page.instant(life.day + 60 + (throw >> 24) % 60, 0)}"'
    if SUBJECTS[said.subject].delicate and (throw >> 32) % 4 == 0:
        data += ',"confidential":true'
    life.page.add(second, "interest.declared", PROFILES, data)


def _withdraw(life: Life, said: Said) -> None:
    data = f'"member_id":"{life.ids[said.seat]}","subject":"{said.words.subject}"'
    life.page.add(life.second(10 * 60) + said.throw % 3_600, "interest.withdrawn", PROFILES, data)


def profiles_change(life: Life) -> None:
    """Firms grow into the next stage; now and then a member repeats what they can give, or thinks better of it."""
    grown = (life.people.next_stage_day == life.day) & (life.people.first_stage < 3)
    for seat in np.flatnonzero(life.seated & grown & (life.seats.joins < life.day)).tolist():
        stage = STAGES[int(life.people.first_stage[seat]) + 1]
        data = f'"member_id":"{life.ids[seat]}","stage":"{stage}"'
        life.page.add(life.second(14 * 60), "member.described", PROFILES, data)
    for seat in life.chosen("repeats", REPEATS):
        throw = die(life.plan.seed, "repeats what", seat, life.day)
        claimed = [place for place in range(GIVES) if life.people.claims[seat, place]]
        if claimed and life.opened[seat] < life.day:
            place, second = claimed[throw % len(claimed)], life.second(13 * 60) + (throw >> 8) % 20_000
            if life.people.ability[seat, place] >= ABLE or (throw >> 32) % 6:
                offer(life, seat, place, second)
            else:
                _no_longer_offers(life, seat, place, second)


def _no_longer_offers(life: Life, seat: int, place: int, second: int) -> None:
    data = f'"member_id":"{life.ids[seat]}","subject":"{offer_words(life, seat, place).subject}"'
    life.page.add(second, "expertise.withdrawn", PROFILES, data)
