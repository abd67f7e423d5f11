"""1-to-1 conversations in the group, and what comes of them: endorsements, referrals, deals."""

from services.simulate.dice import die
from services.simulate.joining import offer_words
from services.simulate.life import Life
from services.simulate.page import CHECKIN, PROFILES, REFERRALS
from services.simulate.people import ABLE, GIVES

TALKS_A_DAY = 1_100  # millionths, per percent of being sociable: about one 1-to-1 in two weeks each
ENDORSES, REFERS = 25, 9  # of 100 conversations
DEALS = 35  # of 100 referrals


def one_to_ones(life: Life) -> None:
    """`conversation.held` between two of a group, on working days."""
    if life.weekday > 4:
        return
    inclined = life.people.sociable * life.presence // 100 * TALKS_A_DAY
    for seat in life.chosen("talks", inclined):
        throw = die(life.plan.seed, "talks with", seat, life.day)
        around = life.plan.seats_of(int(life.plan.seat_group[seat]))
        other = around[throw % len(around)]
        if other == seat or not life.presence[other]:
            continue
        minutes = 20 + (throw >> 16) % 20 + int(life.people.lingers[seat]) // 3
        talked(life, seat, other, life.second(9 * 60 + (throw >> 24) % 480), minutes, throw >> 40)
        _follows(life, seat, other, throw >> 8)


def talked(life: Life, one: int, other: int, second: int, minutes: int, throw: int, meeting: str = "") -> None:
    """One `conversation.held`; told at once, or, one time in ten, later that day."""
    ids = f'"member_ids":["{life.ids[one]}","{life.ids[other]}"],"minutes":{minutes}'
    where = f',"meeting_id":"{meeting}"' if meeting else ""
    if throw % 10 or meeting:
        life.page.add(second, "conversation.held", CHECKIN, ids + where)
    else:
        held_at = life.page.instant(life.day, second)
        life.page.add(min(second + 7_200, 86_399), "conversation.held", CHECKIN, f'{ids},"held_at":"{held_at}"')


def _follows(life: Life, one: int, other: int, throw: int) -> None:
    if throw % 100 < ENDORSES:
        endorse(life, other, one, throw >> 8)
    if (throw >> 24) % 100 < REFERS:
        refer(life, one, other, throw >> 32)


def endorse(life: Life, seat: int, by: int, throw: int) -> None:
    """`expertise.endorsed` by somebody who has seen it: mostly where there is ability, seldom out of politeness."""
    people, place = life.people, throw % GIVES
    able = people.ability[seat, place] >= ABLE
    if people.gives[seat, place] < 0 or not (able or (throw >> 8) % 10 == 0):
        return
    subject = offer_words(life, seat, place).subject
    data = f'"member_id":"{life.ids[seat]}","subject":"{subject}","by_id":"{life.ids[by]}"'
    life.page.add(life.second(18 * 60) + (throw >> 16) % 10_000, "expertise.endorsed", PROFILES, data)


def refer(life: Life, giver: int, taker: int, throw: int) -> None:
    """`referral.passed`, and for some of them a deal on a later day."""
    second = life.second(15 * 60) + throw % 14_000
    referral = f"r-{giver + 1}-{taker + 1}-{life.day}"
    data = f'"referral_id":"{referral}","from_id":"{life.ids[giver]}","to_id":"{life.ids[taker]}"'
    life.page.add(second, "referral.passed", REFERRALS, data)
    if (throw >> 8) % 100 < DEALS:
        euros = (5 + (throw >> 16) % 40) * (10, 20, 50, 100, 400)[(throw >> 24) % 5]
        life.deals[life.day + 10 + (throw >> 28) % 70].append((referral, euros))


def deals_close(life: Life) -> None:
    """`deal.closed` for the referrals that became business today."""
    for number, (referral, euros) in enumerate(life.deals.pop(life.day, [])):
        data = f'"referral_id":"{referral}","amount":"{euros}.00","currency":"EUR"'
        life.page.add(life.second(16 * 60) + number % 7_200, "deal.closed", REFERRALS, data)
