"""Subjects and words: what makes two texts speak of the same thing. German and English."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import snowballstemmer

_WORD = re.compile(r"[^\W\d_]{3,}")
_STOP = frozenset(
    """ich ihn mal seit jahr jahre jahren kennt kennen kenne weiß wissen leute leuten jemand jemanden jemandem gerade immer
    schon bald viel viele vielen wenig beim dafür dabei daran darin darüber davon dazu damit deshalb eben eher einmal erst
    erste ersten fast gibt geben geht gehen ganz genau gut gute guten guter helfen hilft hilfe brauche brauchen braucht möchte
    möchten könnte würde würden hätte wäre machen macht gemacht kommt kommen steht stehen finden findet lassen lässt sowas
    neu neue neuen neuer zurzeit hinter neben weiter weitere weiteren zwei drei etwa rund bisher
    aber alle allem allen aller alles als also ander andere anderen auch auf aus bei beim bin bis bist damit dann das dass
    dein deine dem den denn der des dich die dies diese diesem diesen dieser dieses doch dort durch ein eine einem einen einer
    eines etwas euch für gegen gern habe haben hat hatte hier ihm ihn ihnen ihr ihre ihren ihrer ist jede jeder jedes jetzt
    kann kein keine können man mehr mein meine mich mir mit muss nach nicht noch nun nur oder ohne sehr sein seine sich sie
    sind soll sollte sowie suche suchen über und uns unser unsere unseren unter vom von vor wann war warum was weil welche
    wenn wer werden wie wieder will wir wird wird wohl wurde zum zur zwischen
    about above after all also and any are because been being both but can could did does doing don for from get had has have
    having her here his how into its just like looking more most need needs not now off one our out over should some such
    than that the their them then there these they this those through too under until use very want was were what when where
    which while who why will with would you your know knows anyone someone help please looking year years good great new make
    made get getting got give given also well way much many best better""".split()
)
_german, _english = snowballstemmer.stemmer("german"), snowballstemmer.stemmer("english")


def subject_key(subject: str) -> str:
    """What two spellings of one subject share: case, accents' encoding, and runs of spaces do not matter.

    >>> subject_key("  Business   Succession ")
    'business succession'
    """
    return " ".join(unicodedata.normalize("NFKC", subject).casefold().split())


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of a word of either language: the German stemmer first, then the English one on what is left. A word
    need not be known to be of one language, and both sides of a comparison are stemmed alike.

    >>> stem("beratungen") == stem("beratung"), stem("lawyers") == stem("lawyer")
    (True, True)
    """
    return _english.stemWord(_german.stemWord(word))


@lru_cache(maxsize=50_000)
def words(text: str) -> Mapping[str, str]:
    """The stems of a text's words in the order they first appear, each with the word as it was written; without stop
    words and numbers.

    >>> dict(words("Suche eine Steuerberatung für die Nachfolge"))
    {'steuerberat': 'Steuerberatung', 'nachfolg': 'Nachfolge'}
    """
    found: dict[str, str] = {}
    for word in _WORD.findall(unicodedata.normalize("NFKC", text)):
        if word.casefold() not in _STOP:
            found.setdefault(stem(word.casefold()), word)
    return MappingProxyType(found)
