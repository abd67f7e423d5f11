"""Reasons in words, German and English: about the other, or about what the other gains from the reader."""

from collections.abc import Callable
from typing import Any

Reason = dict[str, Any]
LANGUAGES = ("de", "en")
YOU, THEM = "you", "them"  # whose reason it is: why the other for you, or why you for the other
LATELY_DAYS = 21  # the card's turning point: heard of since then speaks for somebody
NEVER_DAYS = 999


def say(reason: Reason, language: str, whose: str = YOU) -> str:
    """One sentence, without its full stop.

    >>> say({"code": "gives_what_you_seek", "subject": "Nachfolge", "points": 120}, "de")
    'Kann bei „Nachfolge“ helfen – das suchen Sie'
    >>> say({"code": "gives_what_you_seek", "subject": "exports"}, "en", THEM)
    'You can help with “exports”, which they are looking for'
    """
    sentence = _SENTENCES[language][reason["code"]][whose]
    return sentence(reason) if callable(sentence) else sentence.format(what=_what(reason, language), **reason)


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
    subjects = reason.get("subjects") or [reason[key] for key in ("subject",) if key in reason]
    opening, closing = ("„", "“") if language == "de" else ("“", "”")
    named = [f"{opening}{subject}{closing}" for subject in subjects] or list(reason.get("words", ()))
    last = {"de": " und ", "en": " and "}[language]
    return last.join([", ".join(named[:-1]), named[-1]]) if len(named) > 1 else "".join(named)


def _since(recent: str, ago: str, long: str, never: str, once: str) -> Callable[[Reason], str]:
    """What is said of presence: `recent` today, then with the days, `long` after three weeks."""

    def sentence(reason: Reason) -> str:
        days = reason["days"]
        if days >= NEVER_DAYS:
            return never
        if days == 0:
            return recent
        if days == 1:
            return once
        return (ago if days <= LATELY_DAYS else long).format(days=days)

    return sentence


def _acquaintances(one: str, more: str) -> Callable[[Reason], str]:
    return lambda reason: one if reason["count"] == 1 else more.format(**reason)


_Sentence = str | Callable[[Reason], str]
_GERMAN: dict[str, dict[str, _Sentence]] = {
    "gives_what_you_seek": {
        YOU: "Kann bei {what} helfen – das suchen Sie",
        THEM: "Sie können bei {what} helfen – das wird dort gesucht",
    },
    "speaks_of_what_you_seek": {
        YOU: "Spricht an, was Sie beschäftigt: {what}",
        THEM: "Sie sprechen an, was dort beschäftigt: {what}",
    },
    "seeks_what_you_give": {
        YOU: "Sucht {what} – damit kennen Sie sich aus",
        THEM: "Sie suchen {what} – damit kennt man sich dort aus",
    },
    "speaks_of_what_you_give": {
        YOU: "Beschreibt etwas, das zu Ihrem Können passt: {what}",
        THEM: "Sie beschreiben etwas, das zum Können dort passt: {what}",
    },
    "active": {
        YOU: _since(
            "Ist gerade aktiv",
            "Ist aktiv, zuletzt vor {days} Tagen",
            "War länger nicht zu sehen, zuletzt vor {days} Tagen",
            "Ist noch ganz neu",
            "Ist aktiv, zuletzt gestern",
        ),
        THEM: _since(
            "Sie sind gerade aktiv",
            "Sie sind aktiv, zuletzt vor {days} Tagen",
            "Sie waren länger nicht zu sehen, zuletzt vor {days} Tagen",
            "Sie sind noch ganz neu",
            "Sie sind aktiv, zuletzt gestern",
        ),
    },
    "common_acquaintances": dict.fromkeys(
        (YOU, THEM), _acquaintances("Sie haben eine gemeinsame Bekanntschaft", "Sie haben {count} gemeinsame Bekannte")
    ),
    "same_profession": dict.fromkeys((YOU, THEM), "Sie haben denselben Beruf – da hilft man einander seltener"),
    "stages_apart": dict.fromkeys((YOU, THEM), "Ihre Unternehmen stehen an verschiedenen Punkten – davon lernen beide"),
}
_ENGLISH: dict[str, dict[str, _Sentence]] = {
    "gives_what_you_seek": {
        YOU: "Can help with {what}, which you are looking for",
        THEM: "You can help with {what}, which they are looking for",
    },
    "speaks_of_what_you_seek": {
        YOU: "Touches on what is on your mind: {what}",
        THEM: "You touch on what is on their mind: {what}",
    },
    "seeks_what_you_give": {
        YOU: "Is looking for {what}, which you know about",
        THEM: "You are looking for {what}, which they know about",
    },
    "speaks_of_what_you_give": {
        YOU: "Describes something close to what you do: {what}",
        THEM: "You describe something close to what they do: {what}",
    },
    "active": {
        YOU: _since(
            "Is around at the moment",
            "Is around, last seen {days} days ago",
            "Has not been seen for a while, last {days} days ago",
            "Is quite new",
            "Is around, last seen yesterday",
        ),
        THEM: _since(
            "You are around at the moment",
            "You are around, last seen {days} days ago",
            "You have not been seen for a while, last {days} days ago",
            "You are quite new",
            "You are around, last seen yesterday",
        ),
    },
    "common_acquaintances": dict.fromkeys(
        (YOU, THEM), _acquaintances("You have one acquaintance in common", "You have {count} acquaintances in common")
    ),
    "same_profession": dict.fromkeys((YOU, THEM), "You share a profession; those who do help each other less often"),
    "stages_apart": dict.fromkeys((YOU, THEM), "Your businesses are at different stages, and both can learn from that"),
}
_SENTENCES = {"de": _GERMAN, "en": _ENGLISH}
