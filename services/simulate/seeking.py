"""Members say what they look for, and take it back: most of the true needs, some that are none, some left standing."""

import numpy as np

from services.simulate import notes
from services.simulate.dice import die
from services.simulate.joining import offer
from services.simulate.life import Life
from services.simulate.page import PROFILES
from services.simulate.people import ENGLISH, GIVES, NEEDS, NONE
from services.simulate.subjects import STAGES, SUBJECTS

SILENT_PER_CENT = 15  # of true needs are never said
COURTESY_PER_CENT = 30  # of members without a need in a place name one nevertheless
WITHDRAWN_PER_CENT = 65  # of needs that are over are taken back; the others stay standing


def needs_change(life: Life) -> None:
    """`interest.declared` and `interest.withdrawn` as needs come and go."""
    for seat in np.flatnonzero(life.seated & (life.opened == life.day)).tolist():
        epochs = life.people.at(np.array([seat])).need_epoch(life.day)[0]
        for place in range(NEEDS):
            _seek(life, seat, place, int(epochs[place]), life.second(11 * 60) + 90 * place)
    rows, places = life.people.fresh_needs(life.day)
    known = life.seated[rows] & (life.opened[rows] < life.day)
    for seat, place in zip(rows[known].tolist(), places[known].tolist(), strict=True):
        epoch = int(life.people.at(np.array([seat])).need_epoch(life.day)[0, place])
        second = life.second(10 * 60) + die(life.plan.seed, "needs at", seat, place, life.day) % 40_000
        if die(life.plan.seed, "withdraws", seat, place, epoch) % 100 < WITHDRAWN_PER_CENT:
            _withdraw(life, seat, place, epoch - 1, second)
        _seek(life, seat, place, epoch, second + 30)


def _said(life: Life, seat: int, place: int, epoch: int) -> tuple[int, int, notes.Words] | None:
    """What the member says of a place's need: subject, strength (0: out of courtesy), words; None: nothing."""
    people = life.people.at(np.array([seat]))
    subjects, strengths = people.need_of(place, np.array([epoch]))
    subject, strength = int(subjects[0]), int(strengths[0])
    throw = die(life.plan.seed, "says", int(people.number[0]), place, epoch)
    if subject == NONE:
        if throw % 100 >= COURTESY_PER_CENT:
            return None
        subject, strength = (throw >> 8) % len(SUBJECTS), 0
    elif throw % 100 < SILENT_PER_CENT:
        return None
    return subject, strength, notes.need(subject, throw >> 16, people.writes[0] == ENGLISH)


def _seek(life: Life, seat: int, place: int, epoch: int, second: int) -> None:
    said = _said(life, seat, place, epoch)
    if said is None:
        return
    subject, strength, words = said
    throw = die(life.plan.seed, "seeks", seat, place, epoch)
    parts = [f'"member_id":"{life.id(seat)}","subject":"{words.subject}"']
    if throw % 10 < 6:
        tenths = min(10, max(1, strength // 10 + (throw >> 8) % 3 - 1)) if strength else 3
        parts.append(f'"weight":{"1" if tenths == 10 else f"0.{tenths}"}')
    if words.note and strength:
        parts.append(f'"note":"{words.note}"')
    if (throw >> 16) % 10 == 0:
        parts.append(f'"until":"{life.page.instant(life.day + 60 + (throw >> 24) % 60, 0)}"')
    if SUBJECTS[subject].delicate and (throw >> 32) % 4 == 0:
        parts.append('"confidential":true')
    life.page.add(second, "interest.declared", PROFILES, ",".join(parts))


def _withdraw(life: Life, seat: int, place: int, epoch: int, second: int) -> None:
    said = _said(life, seat, place, epoch)
    if said:
        data = f'"member_id":"{life.id(seat)}","subject":"{said[2].subject}"'
        life.page.add(second, "interest.withdrawn", PROFILES, data)


def profiles_change(life: Life) -> None:
    """Firms grow into the next stage; now and then a member repeats or takes back what they can give."""
    grown = np.flatnonzero(life.seated & (life.people.next_stage_day == life.day) & (life.seats.joins < life.day))
    for seat in grown.tolist():
        stage = STAGES[min(int(life.people.first_stage[seat]) + 1, 3)]
        life.page.add(
            life.second(14 * 60), "member.described", PROFILES, f'"member_id":"{life.id(seat)}","stage":"{stage}"'
        )
    for seat in life.chosen("repeats", 1_500):
        throw = die(life.plan.seed, "repeats what", seat, life.day)
        claimed = [place for place in range(GIVES) if life.people.claims[seat, place]]
        if not claimed or life.opened[seat] >= life.day:
            continue
        place, second = claimed[throw % len(claimed)], life.second(13 * 60) + (throw >> 8) % 20_000
        if (throw >> 32) % 12 or life.people.ability[seat, place] >= 40:
            offer(life, seat, place, second)
        else:
            _no_longer_offers(life, seat, place, second)


def _no_longer_offers(life: Life, seat: int, place: int, second: int) -> None:
    """Who claimed what they hardly can sometimes thinks better of it."""
    people = life.people
    throw = die(life.plan.seed, "offer", int(people.number[seat]), place)
    words = notes.offer(int(people.gives[seat, place]), throw, people.writes[seat] == ENGLISH)
    data = f'"member_id":"{life.id(seat)}","subject":"{words.subject}"'
    life.page.add(second, "expertise.withdrawn", PROFILES, data)
