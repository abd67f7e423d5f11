"""Groups are founded and close; members join, say what they can give, and leave."""

import numpy as np

from services.simulate import names, notes
from services.simulate.dice import die
from services.simulate.life import Life
from services.simulate.network import NEVER
from services.simulate.page import CALENDAR, MEMBERS, PROFILES
from services.simulate.people import BOTH, ENGLISH, GERMAN, GIVES
from services.simulate.subjects import PROFESSIONS, STAGES

LANGUAGES = {GERMAN: '["de"]', ENGLISH: '["en"]', BOTH: '["de","en"]'}
ERASED_PER_CENT = 3  # of those who leave ask for their data to be erased
TWO_GROUPS_PER_CENT = 1

ABOUT = (  # by stage
    (
        "Seit diesem Jahr selbständig, vorher {years} Jahre angestellt in {place}.",
        "Noch bin ich allein, aber die Ideen reichen für drei.",
        "Wir sind zu zweit und haben gerade die ersten Aufträge in {place}.",
    ),
    (
        "Vor zwei Jahren waren wir vier, heute sind wir {size}.",
        "{size} Leute und jeden Monat ein neues Gesicht. Wir arbeiten von {place} aus.",
        "Klein, aber gründlich. Die meisten Kunden kommen auf Empfehlung.",
    ),
    (
        "Inhabergeführt, {size} Leute, seit {years} Jahren in {place}.",
        "Familienbetrieb in dritter Generation.",
        "{size} Mitarbeiterinnen und Mitarbeiter, davon zwei in Ausbildung.",
        "Wir arbeiten für kleine und mittlere Betriebe im Umkreis von hundert Kilometern.",
    ),
    (
        "Seit {years} Jahren führe ich den Betrieb in {place}, irgendwann soll er in jüngere Hände.",
        "{size} Leute, viele davon seit der Lehre bei uns.",
    ),
)


def groups_come_and_go(life: Life) -> None:
    """`group.founded` and `group.closed`, and who organises the network."""
    for group in np.flatnonzero(life.plan.group_founded == life.day).tolist():
        _found(life, group)
    for group in np.flatnonzero(life.plan.group_closed == life.day).tolist():
        life.page.add(life.second(20 * 60), "group.closed", MEMBERS, f'"group_id":"g-{group + 1}"')
        life.organiser.pop(group, None)
    if life.day == 0:
        first = int(np.flatnonzero(life.seated)[0])
        life.page.add(life.second(9 * 60), "organiser.appointed", MEMBERS, f'"member_id":"{life.ids[first]}"')


def _found(life: Life, group: int) -> None:
    plan, seed = life.plan, life.plan.seed
    minute = int(plan.group_minute[group])
    meets = (
        f'{{"weekday":{plan.group_weekday[group] + 1},"time":"{minute // 60:02}:{minute % 60:02}",'
        f'"timezone":"Europe/Berlin"}}'
    )
    region = plan.region(group)
    life.page.add(
        life.second(8 * 60),
        "group.founded",
        CALENDAR,
        f'"group_id":"g-{group + 1}","name":"{names.group(seed, group, region)}",'
        f'"place":"{names.place(seed, region)}, {names.room(seed, group)}","meets":{meets}',
    )


def members_join(life: Life) -> None:
    """`member.joined` with the profile of the day, and what the member says they can give."""
    for seat in np.flatnonzero((life.seats.joins == life.day) & (life.seats.leaves > life.day)).tolist():
        group = int(life.plan.seat_group[seat])
        second = life.second(9 * 60) + die(life.plan.seed, "joined at", seat, life.day) % 30_000
        joined(life, seat, group, second)
        offers(life, seat, second + 60)
        _prefers(life, seat, second + 400)
        if group not in life.organiser:
            _appoint(life, group, seat, second + 500)
    for seat in _soon_in_two_groups(life):
        other = life.second_group[seat]
        joined(life, seat, other, life.second(12 * 60))


def joined(life: Life, seat: int, group: int, second: int) -> None:
    """One `member.joined`."""
    people, seed, number = life.people, life.plan.seed, int(life.people.number[seat])
    throw = die(seed, "profile", number)
    trade, tongue = PROFESSIONS[people.profession[seat]], int(people.languages[seat])
    first, last = names.person(seed, number, tongue == ENGLISH)
    company = names.firm(seed, number, int(people.profession[seat]), last)
    parts = [f'"member_id":"{life.ids[seat]}","group_id":"g-{group + 1}","name":"{first} {last}","company":"{company}"']
    parts.append(f'"profession":"{trade.en if people.writes[seat] == ENGLISH else trade.name}"')
    if throw % 10 < 7:
        parts.append(f'"email":"{names.email(first, last, company)}"')
    if (throw >> 8) % 20 < 17:
        parts.append(f'"stage":"{STAGES[_stage(life, seat)]}"')
    if (throw >> 16) % 20 < 18:
        parts.append(f'"languages":{LANGUAGES[tongue]}')
    if (throw >> 24) % 10 < 4 and people.writes[seat] == GERMAN:
        parts.append(f'"about":"{_about(life, seat, throw >> 32)}"')
    life.page.add(second, "member.joined", MEMBERS, ",".join(parts))


def _about(life: Life, seat: int, throw: int) -> str:
    texts = ABOUT[_stage(life, seat)]
    place = names.place(life.plan.seed, life.plan.region(int(life.people.group[seat])))
    return texts[throw % len(texts)].format(size=5 + (throw >> 8) % 40, years=8 + (throw >> 16) % 22, place=place)


def offers(life: Life, seat: int, second: int) -> None:
    """`expertise.declared` for all that the member claims."""
    for place in range(GIVES):
        if life.people.claims[seat, place]:
            offer(life, seat, place, second + 40 * place)


def offer(life: Life, seat: int, place: int, second: int) -> None:
    """One `expertise.declared`."""
    words = offer_words(life, seat, place)
    note = f',"note":"{words.note}"' if words.note else ""
    level = "" if (seat + place) % 5 == 0 else f',"level":{life.people.claims[seat, place]}'
    data = f'"member_id":"{life.ids[seat]}","subject":"{words.subject}"{level}{note}'
    life.page.add(second, "expertise.declared", PROFILES, data)


def offer_words(life: Life, seat: int, place: int) -> notes.Words:
    """How a member names what they can give: in the same words each time."""
    people = life.people
    throw = die(life.plan.seed, "offer", int(people.number[seat]), place)
    return notes.offer(int(people.gives[seat, place]), throw, people.writes[seat] == ENGLISH)


def members_leave(life: Life) -> None:
    """`member.left`; an organiser is followed by somebody of the group; a few want to be forgotten."""
    for seat in np.flatnonzero((life.seats.leaves == life.day) & (life.seats.joins < life.day)).tolist():
        group, second = int(life.plan.seat_group[seat]), life.second(17 * 60)
        throw = die(life.plan.seed, "left", seat, life.day)
        if life.organiser.get(group) == seat:
            _hand_over(life, group, seat, second - 60)
        for left in (group, life.second_group.pop(seat, None)):
            if left is not None:
                data = f'"member_id":"{life.ids[seat]}","group_id":"g-{left + 1}"'
                life.page.add(second, "member.left", MEMBERS, data)
        if throw % 100 < ERASED_PER_CENT:
            life.page.add(second + 3_600, "member.erased", MEMBERS, f'"member_id":"{life.ids[seat]}"')


def _stage(life: Life, seat: int) -> int:
    return min(int(life.people.first_stage[seat]) + int(life.day >= life.people.next_stage_day[seat]), 3)


def _prefers(life: Life, seat: int, second: int) -> None:
    room, throw = int(life.people.room[seat]), die(life.plan.seed, "prefers", seat, life.day)
    if room != 2 or throw % 10 == 0:
        digest = ("weekly", "weekly", "daily", "none")[(throw >> 8) % 4]
        data = f'"member_id":"{life.ids[seat]}","introductions_per_round":{room},"digest":"{digest}"'
        life.page.add(second, "member.preferences_set", PROFILES, data)


def _appoint(life: Life, group: int, seat: int, second: int) -> None:
    life.organiser[group] = seat
    data = f'"member_id":"{life.ids[seat]}","group_id":"g-{group + 1}"'
    life.page.add(second, "organiser.appointed", MEMBERS, data)


def _hand_over(life: Life, group: int, seat: int, second: int) -> None:
    del life.organiser[group]
    data = f'"member_id":"{life.ids[seat]}","group_id":"g-{group + 1}"'
    life.page.add(second, "organiser.dismissed", MEMBERS, data)
    others = [other for other in life.plan.seats_of(group) if other != seat and life.seats.leaves[other] > life.day]
    able = [other for other in others if life.seated[other]]
    if able and life.plan.group_closed[group] > life.day + 30:
        _appoint(life, group, able[0], second + 30)


def _soon_in_two_groups(life: Life) -> list[int]:
    """Members who, thirty days after joining, join a neighbouring group as well, if it lacks their trade."""
    found = []
    for seat in np.flatnonzero(life.seated & (life.seats.joins == life.day - 30)).tolist():
        throw, group = die(life.plan.seed, "two groups", seat, life.day), int(life.plan.seat_group[seat])
        other = group + 1
        if throw % 100 >= TWO_GROUPS_PER_CENT or other >= life.plan.groups:
            continue
        trades = life.plan.seat_profession[life.plan.first_seat[other] : life.plan.first_seat[other + 1]]
        running = life.plan.group_founded[other] < life.day and life.plan.group_closed[other] == NEVER
        if running and life.people.profession[seat] not in trades:
            life.second_group[seat] = other
            found.append(seat)
    return found
