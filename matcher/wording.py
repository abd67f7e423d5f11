"""Reasons in words, German and English: about the other, or about what the other gains from the reader."""

from collections.abc import Callable
from typing import Any

from matcher.unnamed import UNNAMED

Reason = dict[str, Any]
LANGUAGES = ("de", "en")
YOU, THEM = "you", "them"  # whose reason it is: why the other for you, or why you for the other
LATELY_DAYS = 21  # the card's turning point: heard of since then speaks for somebody
LONGEST_DAYS = 999  # nothing is counted beyond (presence.LONG_AGO_DAYS)


def say(reason: Reason, language: str, whose: str = YOU) -> str:
    """One sentence, without its full stop.

    >>> say({"code": "gives_what_you_seek", "subject": "Nachfolge", "points": 120}, "de")
    'Kann bei „Nachfolge“ helfen – das suchen Sie'
    >>> say({"code": "gives_what_you_seek", "subject": "exports"}, "en", THEM)
    'You can help with “exports”, which they are looking for'
    """
    if reason.get("points", 0) > 0 and speaks_against(reason):
        of_other, of_reader = UNNAMED[language][reason["code"]]
        return (of_reader if whose == THEM else of_other).format(**reason)
    sentence = _SENTENCES[language].get(reason["code"], _UNKNOWN[language])[whose]
    return sentence(reason, _what(reason, language))


def speaks_against(reason: Reason) -> bool:
    """Whether what the reason tells of, points aside, is that something is missing.

    >>> speaks_against({"code": "speaks_of_what_you_seek", "words": []})
    True
    """
    told = _SPEAKS_FOR.get(reason["code"])
    return told is not None and not told(reason)


def tells_nothing(reason: Reason) -> bool:
    """Whether it is the same of everybody, as nobody's presence is told: people need not read it.

    >>> tells_nothing({"code": "active", "points": 30}), tells_nothing({"code": "active", "points": 30, "days": 2})
    (True, False)
    """
    return reason["code"] == "active" and "days" not in reason


_SPEAKS_FOR: dict[str, Callable[[Reason], bool]] = {
    **dict.fromkeys(
        ("gives_what_you_seek", "seeks_what_you_give", "gives_what_goes_with_it"), lambda reason: "subject" in reason
    ),
    **dict.fromkeys(("speaks_of_what_you_seek", "speaks_of_what_you_give"), lambda reason: bool(reason.get("words"))),
    "answered_the_like": lambda reason: bool(reason.get("alike")),
    "helps_well": lambda reason: bool(reason.get("well")),
    "answers_introductions": lambda reason: bool(reason.get("well")),
    "active": lambda reason: reason.get("days", 0) <= LATELY_DAYS,
    "same_profession": lambda reason: not reason.get("same"),
}


def shares(reasons: list[Reason]) -> list[int]:
    """Each reason's share of the positive points, in percent, by largest remainder: they add up to 100. What speaks
    against has none.

    >>> shares([{"points": 2}, {"points": 1}, {"points": -5}])
    [67, 33, 0]
    """
    points = [max(0, reason["points"]) for reason in reasons]
    whole = sum(points)
    if not whole:
        return [0] * len(points)
    percents = [100 * each // whole for each in points]
    by_remainder = sorted(range(len(points)), key=lambda place: (-(100 * points[place] % whole), place))
    for place in by_remainder[: 100 - sum(percents)]:
        percents[place] += 1
    return percents


def _what(reason: Reason, language: str) -> str:
    """The subjects in quotation marks, or the words as they stand, as a list in the language."""
    opening, closing = {"de": ("„", "“"), "en": ("“", "”")}[language]
    subjects = reason.get("subjects") or ([reason["subject"]] if "subject" in reason else [])
    named = [f"{opening}{subject}{closing}" for subject in subjects] or list(reason.get("words", ()))
    last = {"de": " und ", "en": " and "}[language]
    return last.join([", ".join(named[:-1]), named[-1]]) if len(named) > 1 else "".join(named)


# --- sentences with a choice: a fitted card may give points to what is not there, too --------------------------------

_Sentence = Callable[[Reason, str], str]


def _naming(some: str, none: str) -> _Sentence:
    return lambda reason, what: some.format(what=what) if what else none


def _naming_kin(some: str, close: str, none: str) -> _Sentence:
    """`close` where what is given has another name than what is sought."""

    def sentence(reason: Reason, what: str) -> str:
        if what and "given" in reason:
            return close.format(what=what, given=reason["given"])
        return some.format(what=what) if what else none

    return sentence


def _since(recent: str, once: str, ago: str, long: str, very_long: str, untold: str) -> _Sentence:
    """What is said of presence: `recent` today, `once` yesterday, then with the days, `long` after three weeks;
    `untold` where a network does not tell who was there."""

    def sentence(reason: Reason, what: str) -> str:
        days = reason.get("days")
        if days is None:
            return untold
        if days >= LONGEST_DAYS:
            return very_long
        if days <= 1:
            return once if days else recent
        return (ago if days <= LATELY_DAYS else long).format(days=days)

    return sentence


def _counting(none: str, one: str, more: str) -> _Sentence:
    return lambda reason, what: (none, one, more.format(count=reason["count"]))[min(reason["count"], 2)]


def _comparing(argument: str, none: str, some: str, untold: str) -> _Sentence:
    """`none` where the argument is 0, `some` where it is more, `untold` where it is not there."""
    return lambda reason, what: untold if argument not in reason else some if reason[argument] else none


def _whether(argument: str, some: str, none: str) -> _Sentence:
    return lambda reason, what: some if reason.get(argument) else none


def _either_way(sentence: _Sentence) -> dict[str, _Sentence]:
    return {YOU: sentence, THEM: sentence}


_GERMAN: dict[str, dict[str, _Sentence]] = {
    "gives_what_you_seek": {
        YOU: _naming_kin(
            "Kann bei {what} helfen – das suchen Sie",
            "Kann bei „{given}“ helfen – das kommt dem nahe, was Sie suchen: {what}",
            "Hat zu dem, was Sie suchen, nichts angegeben",
        ),
        THEM: _naming_kin(
            "Sie können bei {what} helfen – das sucht die andere Seite",
            "Sie können bei „{given}“ helfen – das kommt dem nahe, was die andere Seite sucht: {what}",
            "Sie haben nichts von dem angegeben, was die andere Seite sucht",
        ),
    },
    "speaks_of_what_you_seek": {
        YOU: _naming("Spricht an, was Sie beschäftigt: {what}", "Spricht nichts an, was Sie beschäftigt"),
        THEM: _naming(
            "Sie sprechen an, was die andere Seite beschäftigt: {what}",
            "Sie sprechen nichts an, was die andere Seite beschäftigt",
        ),
    },
    "seeks_what_you_give": {
        YOU: _naming_kin(
            "Sucht {what} – damit kennen Sie sich aus",
            "Sucht {what} – Sie kennen sich mit „{given}“ aus, das kommt dem nahe",
            "Sucht nichts, womit Sie sich auskennen",
        ),
        THEM: _naming_kin(
            "Sie suchen {what} – damit kennt sich die andere Seite aus",
            "Sie suchen {what} – die andere Seite kennt sich mit „{given}“ aus, das kommt dem nahe",
            "Sie suchen nichts, womit sich die andere Seite auskennt",
        ),
    },
    "speaks_of_what_you_give": {
        YOU: _naming(
            "Beschreibt etwas, das zu Ihrem Können passt: {what}", "Beschreibt nichts, das zu Ihrem Können passt"
        ),
        THEM: _naming(
            "Sie beschreiben etwas, womit sich die andere Seite auskennt: {what}",
            "Sie beschreiben nichts, womit sich die andere Seite auskennt",
        ),
    },
    "gives_what_goes_with_it": {
        YOU: _naming("Kennt sich mit Verwandtem aus: {what}", "Hat auch zu Verwandtem nichts angegeben"),
        THEM: _naming("Sie kennen sich mit Verwandtem aus: {what}", "Sie haben auch zu Verwandtem nichts angegeben"),
    },
    "answered_the_like": {
        YOU: _whether(
            "alike", "Hat schon bei ähnlichen Anliegen geholfen", "Hat bei ähnlichen Anliegen noch nicht geholfen"
        ),
        THEM: _whether(
            "alike",
            "Sie haben schon bei ähnlichen Anliegen geholfen",
            "Sie haben bei ähnlichen Anliegen noch nicht geholfen",
        ),
    },
    "helps_well": {
        YOU: _whether("well", "Hat anderen schon gut weitergeholfen", "Wie gut die Hilfe ist, ist noch wenig bekannt"),
        THEM: _whether("well", "Sie haben anderen schon gut weitergeholfen", "Über Ihre Hilfe ist noch wenig bekannt"),
    },
    "active": {
        YOU: _since(
            "Ist gerade aktiv",
            "Ist aktiv, zuletzt gestern",
            "Ist aktiv, zuletzt vor {days} Tagen",
            "War länger nicht zu sehen, zuletzt vor {days} Tagen",
            "War noch nie oder seit über zwei Jahren nicht zu sehen",
            "Wie oft jemand da ist, erfährt Weft hier nicht",
        ),
        THEM: _since(
            "Sie sind gerade aktiv",
            "Sie sind aktiv, zuletzt gestern",
            "Sie sind aktiv, zuletzt vor {days} Tagen",
            "Sie waren länger nicht zu sehen, zuletzt vor {days} Tagen",
            "Sie waren noch nie oder seit über zwei Jahren nicht zu sehen",
            "Wie oft jemand da ist, erfährt Weft hier nicht",
        ),
    },
    "answers_introductions": {
        YOU: _whether(
            "well",
            "Antwortet zuverlässig, wenn jemand vorgestellt wird",
            "Lässt Vorstellungen eher unbeantwortet",
        ),
        THEM: _whether(
            "well",
            "Sie antworten zuverlässig, wenn Ihnen jemand vorgestellt wird",
            "Sie lassen Vorstellungen eher unbeantwortet",
        ),
    },
    "introduced_of_late": {
        YOU: _counting(
            "Wurde in letzter Zeit niemandem vorgestellt",
            "Wurde in letzter Zeit einem Mitglied vorgestellt",
            "Wurde in letzter Zeit schon {count} Mitgliedern vorgestellt",
        ),
        THEM: _counting(
            "Sie wurden in letzter Zeit niemandem vorgestellt",
            "Sie wurden in letzter Zeit einem Mitglied vorgestellt",
            "Sie wurden in letzter Zeit schon {count} Mitgliedern vorgestellt",
        ),
    },
    "common_acquaintances": _either_way(
        _counting(
            "Sie haben keine gemeinsamen Bekannten",
            "Sie haben einen gemeinsamen Bekannten",
            "Sie haben {count} gemeinsame Bekannte",
        )
    ),
    "same_profession": _either_way(
        _comparing(
            "same",
            "Sie haben verschiedene Berufe",
            "Sie haben denselben Beruf – da hilft man einander seltener",
            "Nicht beide haben ihren Beruf angegeben",
        )
    ),
    "stages_apart": _either_way(
        _comparing(
            "steps",
            "Ihre Unternehmen sind gleich weit",
            "Ihre Unternehmen stehen an verschiedenen Punkten – davon können beide lernen",
            "Nicht beide haben angegeben, wie weit ihr Unternehmen ist",
        )
    ),
}
_ENGLISH: dict[str, dict[str, _Sentence]] = {
    "gives_what_you_seek": {
        YOU: _naming_kin(
            "Can help with {what}, which you are looking for",
            "Can help with “{given}”, which is close to the {what} you are looking for",
            "Has named nothing that you are looking for",
        ),
        THEM: _naming_kin(
            "You can help with {what}, which they are looking for",
            "You can help with “{given}”, which is close to the {what} they are looking for",
            "You have named nothing that they are looking for",
        ),
    },
    "speaks_of_what_you_seek": {
        YOU: _naming("Touches on what is on your mind: {what}", "Touches on nothing that is on your mind"),
        THEM: _naming("You touch on what is on their mind: {what}", "You touch on nothing that is on their mind"),
    },
    "seeks_what_you_give": {
        YOU: _naming_kin(
            "Is looking for {what}, which you know about",
            "Is looking for {what}; you know about “{given}”, which is close to it",
            "Is looking for nothing that you know about",
        ),
        THEM: _naming_kin(
            "You are looking for {what}, which they know about",
            "You are looking for {what}; they know about “{given}”, which is close to it",
            "You are looking for nothing that they know about",
        ),
    },
    "speaks_of_what_you_give": {
        YOU: _naming("Describes something close to what you do: {what}", "Describes nothing close to what you do"),
        THEM: _naming(
            "You describe something close to what they do: {what}", "You describe nothing close to what they do"
        ),
    },
    "gives_what_goes_with_it": {
        YOU: _naming("Knows about something close to it: {what}", "Has named nothing close to it either"),
        THEM: _naming("You know about something close to it: {what}", "You have named nothing close to it either"),
    },
    "answered_the_like": {
        YOU: _whether("alike", "Has helped with similar questions before", "Has not helped with similar questions yet"),
        THEM: _whether(
            "alike", "You have helped with similar questions before", "You have not helped with similar questions yet"
        ),
    },
    "helps_well": {
        YOU: _whether("well", "Has helped others well before", "Little is known of how they help"),
        THEM: _whether("well", "You have helped others well before", "Little is known of how you help"),
    },
    "active": {
        YOU: _since(
            "Is around at the moment",
            "Is around, last seen yesterday",
            "Is around, last seen {days} days ago",
            "Has not been seen for a while, last {days} days ago",
            "Has never been seen, or not for more than two years",
            "How often anybody is around, Weft is not told here",
        ),
        THEM: _since(
            "You are around at the moment",
            "You are around, last seen yesterday",
            "You are around, last seen {days} days ago",
            "You have not been seen for a while, last {days} days ago",
            "You have never been seen, or not for more than two years",
            "How often anybody is around, Weft is not told here",
        ),
    },
    "answers_introductions": {
        YOU: _whether("well", "Reliably answers when introduced", "Tends to leave introductions unanswered"),
        THEM: _whether("well", "You reliably answer when introduced", "You tend to leave introductions unanswered"),
    },
    "introduced_of_late": {
        YOU: _counting(
            "Has not been introduced to anybody of late",
            "Has been introduced to one member of late",
            "Has been introduced to {count} members of late",
        ),
        THEM: _counting(
            "You have not been introduced to anybody of late",
            "You have been introduced to one member of late",
            "You have been introduced to {count} members of late",
        ),
    },
    "common_acquaintances": _either_way(
        _counting(
            "You have no acquaintances in common",
            "You have one acquaintance in common",
            "You have {count} acquaintances in common",
        )
    ),
    "same_profession": _either_way(
        _comparing(
            "same",
            "You have different professions",
            "You share a profession; those who do help each other less often",
            "At least one of you has stated no profession",
        )
    ),
    "stages_apart": _either_way(
        _comparing(
            "steps",
            "Your businesses are at the same stage",
            "Your businesses are at different stages, and both can learn from that",
            "At least one of you has not said what stage their business is at",
        )
    ),
}
_SENTENCES = {"de": _GERMAN, "en": _ENGLISH}
_UNKNOWN = {  # a newer Weft, whose rounds are in the log as well, may know reasons that this one does not
    "de": _either_way(lambda reason, what: "Aus einem Grund, den diese Version noch nicht in Worte fasst"),
    "en": _either_way(lambda reason, what: "For a reason that this version has no words for"),
}
